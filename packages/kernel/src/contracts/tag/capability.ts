import { defineCapability, of } from '../../plugin/capability.ts'
import type { Tagger } from './contract.ts'
import { guardTagger } from './guard.ts'

export const tagger = defineCapability({ id: 'tenon.tag/1', arity: 'many', type: of<Tagger>(), guard: guardTagger })
