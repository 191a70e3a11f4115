import { localLog, type OpenLogs, type StreamRestorer } from '@tenon/ingest'
import type { JetStreamOptions } from '@tenon/ingest/jetstream'
import type { Logger } from '@tenon/kernel/contracts'
import { logFolderOf, type NatsSettings, type Settings } from './settings.ts'

/** The event log that the settings name. The client of NATS is loaded only where it is used. */
export async function openLogsOf({ nats, logBytes, ...settings }: Settings, logger: Logger): Promise<OpenLogs> {
  if (nats === undefined) return localLog({ folder: logFolderOf(settings), budgetBytes: logBytes, logger })
  const { jetStreamLogs } = await import('@tenon/ingest/jetstream')
  return jetStreamLogs(optionsOf(nats, logBytes, logger))
}

/** Where a restore brings the logs of a fleet; undefined where the settings name no NATS. */
export async function openRestorerOf({ nats, logBytes }: Settings, logger: Logger): Promise<StreamRestorer | undefined> {
  if (nats === undefined) return undefined
  const { openStreamRestorer } = await import('@tenon/ingest/jetstream')
  return openStreamRestorer(optionsOf(nats, logBytes, logger))
}

const optionsOf = ({ url, credentials, partitions, replicas }: NatsSettings, budgetBytes: number, logger: Logger): JetStreamOptions => ({
  ...{ url, partitions, replicas, budgetBytes, logger },
  ...(credentials === undefined ? {} : { credentials }),
})
