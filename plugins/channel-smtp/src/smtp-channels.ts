import { type Configurations, type Health, perWorkspace } from '@tenon/kernel'
import type { Channel } from '@tenon/kernel/contracts'
import type { SmtpConfig } from './config.ts'
import { createSmtpChannel, type SmtpChannel } from './smtp-channel.ts'

/** A pool of connections for each configuration: a workspace with a server or sender of its own never shares one. */
export function createSmtpChannels(configurations: Configurations<SmtpConfig>): SmtpChannel {
  const { common, of, all } = perWorkspace(configurations, createSmtpChannel)
  return {
    // Address and limits belong to the channel, whoever sends.
    channel: Object.freeze<Channel>({
      ...common.channel,
      send: (request, context) => of(context.workspace).channel.send(request, context),
    }),
    async health() {
      const found = await Promise.all(all().map((channel) => channel.health()))
      return found.find(({ status }) => status !== 'ok') ?? ({ status: 'ok' } satisfies Health)
    },
    close() {
      for (const channel of all()) channel.close()
    },
  }
}
