import { type Health, perWorkspace } from '@tenon/kernel'
import type { Channel } from '@tenon/kernel/contracts'
import type { SmtpConfig } from './config.ts'
import { createSmtpChannel, type SmtpChannel } from './smtp-channel.ts'

/** A pool of connections for each configuration: a workspace with a server or sender of its own never shares one. */
export function createSmtpChannels(config: SmtpConfig, configFor: (workspace: string) => SmtpConfig): SmtpChannel {
  const open: SmtpChannel[] = []
  const create = (given: SmtpConfig): SmtpChannel => {
    const channel = createSmtpChannel(given)
    open.push(channel)
    return channel
  }
  const common = create(config)
  const channelOf = perWorkspace(configFor, (given) => (given === config ? common : create(given)))
  return {
    // Address and limits belong to the channel, whoever sends.
    channel: Object.freeze<Channel>({
      ...common.channel,
      send: (request, context) => channelOf(context.workspace).channel.send(request, context),
    }),
    async health() {
      const all = await Promise.all(open.map((channel) => channel.health()))
      return all.find(({ status }) => status !== 'ok') ?? ({ status: 'ok' } satisfies Health)
    },
    close() {
      for (const channel of open) channel.close()
    },
  }
}
