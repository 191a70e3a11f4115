import { defineCapability, of } from '../../plugin/capability.ts'
import type { Channel } from './contract.ts'
import { guardChannel } from './guard.ts'

export const channel = defineCapability({ id: 'tenon.channel/1', arity: 'many', type: of<Channel>(), guard: guardChannel })
