import { defineCapability, of } from '../../plugin/capability.ts'
import type { Tagger } from './contract.ts'

export const tagger = defineCapability({ id: 'tenon.tag/1', arity: 'many', type: of<Tagger>() })
