import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Connections, readConnections } from '@tenon/import'
import { defineError } from '@tenon/kernel'

export const SettingInvalid = defineError({
  code: 'TENON_SETTING_INVALID',
  title: 'An environment variable or option can not be used.',
  help: "The message names it. All settings are listed in the operators' guide.",
  message: (details: { readonly setting: string; readonly problem: string }) => `${details.setting}: ${details.problem}`,
})

/** What `npm start` can be told, by environment variables and options. */
export interface Settings {
  /** Where embedded stores, the event log and secrets are kept. */
  readonly dataDir: string
  /** A built-in edition, or the path of an edition file. */
  readonly edition: string
  readonly host: string
  readonly port: number
  readonly databaseUrl: string | undefined
  readonly clickhouseUrl: string | undefined
  /** The event log of a fleet; a local one in `dataDir` where absent. */
  readonly nats: NatsSettings | undefined
  /** Bytes that may wait in the event log. */
  readonly logBytes: number
  /** What this process of a fleet does: everything, or all but storing events. */
  readonly role: 'all' | 'api'
  /** The first keys; random ones are made where they are absent. */
  readonly writeKey: string | undefined
  readonly apiKey: string | undefined
  readonly sample: boolean
  readonly logLevel: string
  /** For how long a message is remembered after it was seen: what comes again within that time is a duplicate. */
  readonly dedupDays: number
  /** How long failed events keep their content, and settled ones are listed. */
  readonly failedEventDays: number
  /** Where links in messages lead; the address that is listened on where absent. */
  readonly publicUrl: string | undefined
  /** The folder that files are imported from. */
  readonly importsDir: string
  /** Hosts whose addresses may be imported. */
  readonly importHosts: readonly string[]
  /** Servers that may be imported from, by name. Their passwords are in it: never printed, never stored. */
  readonly importConnections: Connections
  /** How long a merge of people can be taken back. */
  readonly undoDays: number
}

/** Every variable below that begins with our name. */
export const settingNames: readonly string[] = [
  'TENON_API_KEY',
  'TENON_CLICKHOUSE_URL',
  'TENON_DATA',
  'TENON_DATABASE_URL',
  'TENON_DEDUP_DAYS',
  'TENON_EDITION',
  'TENON_FAILED_EVENT_DAYS',
  'TENON_IMPORTS',
  'TENON_IMPORT_HOSTS',
  'TENON_LOG_BYTES',
  'TENON_LOG_LEVEL',
  'TENON_NATS_CREDS',
  'TENON_NATS_PARTITIONS',
  'TENON_NATS_REPLICAS',
  'TENON_NATS_URL',
  'TENON_PUBLIC_URL',
  'TENON_ROLE',
  'TENON_UNDO_DAYS',
  'TENON_WRITE_KEY',
]

/** The event log of this process. */
export const logFolderOf = ({ dataDir }: Pick<Settings, 'dataDir'>): string => join(dataDir, 'log')

export interface NatsSettings {
  readonly url: string
  /** Path of a credentials file. */
  readonly credentials: string | undefined
  readonly partitions: number
  readonly replicas: number
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const minKeyLength = 16
/** Each message costs its place in an index that wants to be in memory. */
const longestDedupDays = 365
const longestDays = 3_650

/** Throws `TENON_SETTING_INVALID`, naming the setting. */
export function readSettings(env: Readonly<Record<string, string | undefined>>, args: readonly string[], cwd: string): Settings {
  const options = readOptions(args)
  const logLevel = env.TENON_LOG_LEVEL ?? 'warn'
  if (!levels.includes(logLevel))
    throw SettingInvalid.create({ setting: 'TENON_LOG_LEVEL', problem: `must be one of ${levels.join(', ')}` })
  const dataDir = resolve(cwd, env.TENON_DATA || '.tenon')
  return {
    dataDir,
    edition: env.TENON_EDITION || 'retail',
    host: env.HOST || '127.0.0.1',
    port: readPort(env.PORT),
    databaseUrl: readUrl('TENON_DATABASE_URL', env.TENON_DATABASE_URL, ['postgres:', 'postgresql:']),
    clickhouseUrl: readUrl('TENON_CLICKHOUSE_URL', env.TENON_CLICKHOUSE_URL, ['http:', 'https:']),
    nats: readNats(env, cwd),
    logBytes: readBytes('TENON_LOG_BYTES', env.TENON_LOG_BYTES || '4GiB'),
    role: readRole(env.TENON_ROLE || 'all', env.TENON_NATS_URL),
    writeKey: readKey('TENON_WRITE_KEY', env.TENON_WRITE_KEY),
    apiKey: readKey('TENON_API_KEY', env.TENON_API_KEY),
    sample: !options['no-sample'],
    logLevel,
    dedupDays: readDays('TENON_DEDUP_DAYS', env.TENON_DEDUP_DAYS || '7', longestDedupDays),
    undoDays: readDays('TENON_UNDO_DAYS', env.TENON_UNDO_DAYS || '30', longestDays),
    failedEventDays: readDays('TENON_FAILED_EVENT_DAYS', env.TENON_FAILED_EVENT_DAYS || '30', longestDays),
    importsDir: resolve(cwd, env.TENON_IMPORTS || join(dataDir, 'imports')),
    importHosts: (env.TENON_IMPORT_HOSTS ?? '').split(',').flatMap((host) => host.trim().toLowerCase() || []),
    importConnections: readConnections(env, (setting, problem) => {
      throw SettingInvalid.create({ setting, problem })
    }),
    publicUrl: readUrl('TENON_PUBLIC_URL', env.TENON_PUBLIC_URL, ['http:', 'https:']),
  }
}

function readOptions(args: readonly string[]): { readonly 'no-sample': boolean } {
  try {
    const { values } = parseArgs({ args: [...args], options: { 'no-sample': { type: 'boolean', default: false } } })
    return { 'no-sample': values['no-sample'] }
  } catch (cause) {
    throw SettingInvalid.create({ setting: 'options', problem: cause instanceof Error ? cause.message : String(cause) }, cause)
  }
}

function readPort(given: string | undefined): number {
  if (given === undefined || given === '') return 4321
  const port = Number(given)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw SettingInvalid.create({ setting: 'PORT', problem: `'${given}' is not a port` })
  return port
}

function readDays(setting: string, given: string, most: number): number {
  const days = Number(given)
  if (!Number.isInteger(days) || days < 1 || days > most)
    throw SettingInvalid.create({ setting, problem: `must be a whole number of days from 1 to ${most}` })
  return days
}

function readUrl(setting: string, given: string | undefined, protocols: readonly string[]): string | undefined {
  if (given === undefined || given === '') return undefined
  // The value may hold a password: it is never repeated.
  if (!protocols.some((protocol) => given.startsWith(`${protocol}//`)))
    throw SettingInvalid.create({ setting, problem: `must begin with ${protocols.join('// or ')}//` })
  return given
}

function readNats(env: Readonly<Record<string, string | undefined>>, cwd: string): NatsSettings | undefined {
  const addresses = (env.TENON_NATS_URL ?? '').split(',').map((address) => readUrl('TENON_NATS_URL', address.trim(), ['nats:', 'tls:']))
  if (addresses.every((address) => address === undefined)) return undefined
  if (addresses.some((address) => address === undefined || !URL.canParse(address)))
    throw SettingInvalid.create({ setting: 'TENON_NATS_URL', problem: 'must be addresses like nats://host:4222, with commas between' })
  return {
    url: addresses.join(','),
    credentials: env.TENON_NATS_CREDS ? resolve(cwd, env.TENON_NATS_CREDS) : undefined,
    partitions: readNumber('TENON_NATS_PARTITIONS', env.TENON_NATS_PARTITIONS || '4', 256),
    replicas: readNumber('TENON_NATS_REPLICAS', env.TENON_NATS_REPLICAS || '1', 5),
  }
}

function readNumber(setting: string, given: string, most: number): number {
  const number = Number(given)
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw SettingInvalid.create({ setting, problem: `'${given}' is not a whole number from 1 to ${most}` })
  return number
}

const units: Readonly<Record<string, number>> = { MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

function readBytes(setting: string, given: string): number {
  const [, number = '', unit = ''] = /^(\d{1,6})(MiB|GiB|TiB)$/.exec(given) ?? []
  const bytes = Number(number) * (units[unit] ?? 0)
  if (bytes < 64 * 1024 ** 2) throw SettingInvalid.create({ setting, problem: `'${given}' is not a size like 4GiB, of 64MiB or more` })
  return bytes
}

function readRole(given: string, nats: string | undefined): 'all' | 'api' {
  if (given !== 'all' && given !== 'api') throw SettingInvalid.create({ setting: 'TENON_ROLE', problem: 'must be all or api' })
  if (given === 'api' && !nats)
    throw SettingInvalid.create({ setting: 'TENON_ROLE', problem: 'api needs TENON_NATS_URL: nobody else stores a local log' })
  return given
}

function readKey(setting: string, given: string | undefined): string | undefined {
  if (given === undefined || given === '') return undefined
  if (!/^[\x21-\x7e]+$/.test(given) || given.includes(':') || given.length < minKeyLength || given.length > 200) {
    throw SettingInvalid.create({ setting, problem: `must have ${minKeyLength} to 200 printable characters without spaces and colons` })
  }
  return given
}
