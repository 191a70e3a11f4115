import { defineCapability, of } from '../../plugin/capability.ts'
import type { Transformation } from './contract.ts'
import { guardTransformation } from './guard.ts'

export const transformation = defineCapability({
  id: 'tenon.transformation/1',
  arity: 'many',
  type: of<Transformation>(),
  guard: guardTransformation,
})
