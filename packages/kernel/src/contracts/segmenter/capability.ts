import { defineCapability, of } from '../../plugin/capability.ts'
import type { Segmenter } from './contract.ts'
import { guardSegmenter } from './guard.ts'

export const segmenter = defineCapability({ id: 'tenon.segmenter/1', arity: 'many', type: of<Segmenter>(), guard: guardSegmenter })
