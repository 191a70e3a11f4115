import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
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
  /** The first keys; random ones are made where they are absent. */
  readonly writeKey: string | undefined
  readonly apiKey: string | undefined
  readonly sample: boolean
  readonly logLevel: string
  /** Where links in messages lead; the address that is listened on where absent. */
  readonly publicUrl: string | undefined
  /** How long a merge of people can be taken back. */
  readonly undoDays: number
}

/** The event log of this process. */
export const logFolderOf = ({ dataDir }: Pick<Settings, 'dataDir'>): string => join(dataDir, 'log')

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const minKeyLength = 16

/** Throws `TENON_SETTING_INVALID`, naming the setting. */
export function readSettings(env: Readonly<Record<string, string | undefined>>, args: readonly string[], cwd: string): Settings {
  const options = readOptions(args)
  const logLevel = env.TENON_LOG_LEVEL ?? 'warn'
  if (!levels.includes(logLevel))
    throw SettingInvalid.create({ setting: 'TENON_LOG_LEVEL', problem: `must be one of ${levels.join(', ')}` })
  return {
    dataDir: resolve(cwd, env.TENON_DATA || '.tenon'),
    edition: env.TENON_EDITION || 'retail',
    host: env.HOST || '127.0.0.1',
    port: readPort(env.PORT),
    databaseUrl: readUrl('TENON_DATABASE_URL', env.TENON_DATABASE_URL, ['postgres:', 'postgresql:']),
    clickhouseUrl: readUrl('TENON_CLICKHOUSE_URL', env.TENON_CLICKHOUSE_URL, ['http:', 'https:']),
    writeKey: readKey('TENON_WRITE_KEY', env.TENON_WRITE_KEY),
    apiKey: readKey('TENON_API_KEY', env.TENON_API_KEY),
    sample: !options['no-sample'],
    logLevel,
    undoDays: readUndoDays(env.TENON_UNDO_DAYS),
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

function readUndoDays(given: string | undefined): number {
  if (given === undefined || given === '') return 30
  const days = Number(given)
  if (!Number.isInteger(days) || days < 1 || days > 3_650)
    throw SettingInvalid.create({ setting: 'TENON_UNDO_DAYS', problem: 'must be a whole number of days from 1 to 3650' })
  return days
}

function readUrl(setting: string, given: string | undefined, protocols: readonly string[]): string | undefined {
  if (given === undefined || given === '') return undefined
  // The value may hold a password: it is never repeated.
  if (!protocols.some((protocol) => given.startsWith(`${protocol}//`)))
    throw SettingInvalid.create({ setting, problem: `must begin with ${protocols.join('// or ')}//` })
  return given
}

function readKey(setting: string, given: string | undefined): string | undefined {
  if (given === undefined || given === '') return undefined
  if (!/^[\x21-\x7e]+$/.test(given) || given.includes(':') || given.length < minKeyLength || given.length > 200) {
    throw SettingInvalid.create({ setting, problem: `must have ${minKeyLength} to 200 printable characters without spaces and colons` })
  }
  return given
}
