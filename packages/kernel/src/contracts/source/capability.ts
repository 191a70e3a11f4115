import { defineCapability, of } from '../../plugin/capability.ts'
import type { PushSource } from './contract.ts'
import { guardPushSource } from './guard.ts'

export const pushSource = defineCapability({ id: 'tenon.push-source/1', arity: 'many', type: of<PushSource>(), guard: guardPushSource })
