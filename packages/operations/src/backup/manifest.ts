import { createHash } from 'node:crypto'
import { z } from 'zod'
import { BackupCorrupt, BackupFormatUnknown } from '../errors.ts'

/** What a change of what is below means: another number. */
export const FORMAT = 'tenon-backup/2'
/** What is read as well. The first one knew no logs of a fleet. */
const OLDER = ['tenon-backup/1']

const count = z.number().int().nonnegative()
const file = z.object({ path: z.string(), bytes: count, sha256: z.string() })
const steps = z.array(z.object({ step: z.string(), checksum: z.string() }))
const digest = z.object({ rows: count, digest: z.string() })

const contents = z.object({
  id: z.string(),
  /** Of Tenon. */
  version: z.string(),
  startedAt: z.string(),
  /** When the instant was taken that the backup is of. */
  instant: z.string(),
  finishedAt: z.string(),
  postgres: z.object({
    migrations: z.array(z.object({ scope: z.string(), step: z.string(), checksum: z.string() })),
    sequences: z.array(z.object({ schema: z.string(), name: z.string(), last: count })),
    tables: z.array(z.object({ schema: z.string(), name: z.string(), columns: z.array(z.string()), expected: digest, file })),
  }),
  clickhouse: z.object({
    migrations: steps,
    tables: z.array(
      z.object({
        name: z.string(),
        columns: z.array(z.string()),
        rows: count,
        /** Absent where later rows may have replaced earlier ones: such a table is told again from Postgres. */
        expected: digest.optional(),
        files: z.array(file),
      }),
    ),
  }),
  /** What was acknowledged and not stored at the instant, and a little more. */
  log: z.object({ id: z.string(), from: count, until: count, files: z.array(file.extend({ base: count })) }).optional(),
  /** The same of the logs of a fleet. Positions are messages; `events` is what their writers said. */
  streams: z
    .array(z.object({ name: z.string(), id: z.string(), from: count, until: count, events: count, files: z.array(file) }))
    .optional(),
  /** Streams with open batches whose logs are not part of this backup. */
  openElsewhere: z.array(z.string()),
})

export type Manifest = z.infer<typeof contents>
export type BackupFile = z.infer<typeof file>

const envelope = z.object({ format: z.string(), sha256: z.string(), contents: z.unknown() })

/** The manifest carries a checksum of itself: one wrong digit in it would make another backup of it. */
export const printManifest = (manifest: Manifest): string =>
  `${JSON.stringify({ format: FORMAT, sha256: checksum(manifest), contents: manifest }, undefined, 1)}\n`

export function parseManifest(text: string, path: string): Manifest {
  const { format, sha256, contents: found } = read(text, path)
  if (format !== FORMAT && !OLDER.includes(format)) throw BackupFormatUnknown.create({ format })
  if (checksum(found) !== sha256) throw BackupCorrupt.create({ file: path, problem: 'its checksum does not match' })
  const parsed = contents.safeParse(found)
  if (!parsed.success) throw BackupCorrupt.create({ file: path, problem: parsed.error.issues[0]?.message ?? 'it is no manifest' })
  return parsed.data
}

function read(text: string, path: string): z.infer<typeof envelope> {
  try {
    return envelope.parse(JSON.parse(text))
  } catch (cause) {
    throw BackupCorrupt.create({ file: path, problem: 'it is no manifest' }, cause)
  }
}

const checksum = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** Every file that the manifest names, in the order in which a restore reads them. */
export const filesOf = ({ postgres, clickhouse, log, streams = [] }: Manifest): readonly BackupFile[] => [
  ...postgres.tables.map((table) => table.file),
  ...clickhouse.tables.flatMap((table) => table.files),
  ...(log?.files ?? []),
  ...streams.flatMap((stream) => stream.files),
]

/** The logs of a fleet of which something waits to be stored. */
export const waitingStreams = ({ streams = [] }: Manifest): NonNullable<Manifest['streams']> =>
  streams.filter(({ from, until }) => until > from)
