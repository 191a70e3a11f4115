import { localLog, type OpenLogs } from '@tenon/ingest'
import type { Logger } from '@tenon/kernel/contracts'
import { logFolderOf, type Settings } from './settings.ts'

/** The event log that the settings name. The client of NATS is loaded only where it is used. */
export async function openLogsOf({ nats, logBytes, ...settings }: Settings, logger: Logger): Promise<OpenLogs> {
  if (nats === undefined) return localLog({ folder: logFolderOf(settings), budgetBytes: logBytes, logger })
  const { jetStreamLogs } = await import('@tenon/ingest/jetstream')
  const { url, credentials, partitions, replicas } = nats
  return jetStreamLogs({ url, partitions, replicas, budgetBytes: logBytes, logger, ...(credentials === undefined ? {} : { credentials }) })
}
