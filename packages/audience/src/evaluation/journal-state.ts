import type { Json, ProfileId } from '@tenon/kernel/contracts'
import { JournalInvalid } from '../errors.ts'

/** Who evaluates a workspace, and how far its times are. Milliseconds. */
export interface TurnState {
  readonly epoch: string
  readonly asOf: number
  /** The position of the last record in the log of transitions. */
  readonly recorded: number
}

/** A record of transitions that is being written to the log. */
export interface PendingRecord {
  readonly segment: string
  readonly enter: readonly ProfileId[]
  readonly exit: readonly ProfileId[]
  readonly at: number
  readonly recordedAt: number
  readonly evaluation: string
}

export const writeTurn = ({ epoch, asOf, recorded }: TurnState): Json => ({ epoch, asOf, recorded })

export const writePending = (records: readonly PendingRecord[]): Json =>
  records.map(({ segment, enter, exit, at, recordedAt, evaluation }) => ({
    segment,
    enter: [...enter],
    exit: [...exit],
    at,
    recordedAt,
    evaluation,
  }))

export function readTurn(json: Json): TurnState {
  const fields = fieldsOf(json)
  return { epoch: text(fields.epoch), asOf: number(fields.asOf), recorded: number(fields.recorded) }
}

export function readPending(json: Json): readonly PendingRecord[] {
  return listOf(json).map((entry) => {
    const { segment, enter, exit, at, recordedAt, evaluation } = fieldsOf(entry)
    return {
      segment: text(segment),
      enter: listOf(enter).map(number),
      exit: listOf(exit).map(number),
      at: number(at),
      recordedAt: number(recordedAt),
      evaluation: text(evaluation),
    }
  })
}

type Part = Json | undefined

function fieldsOf(part: Part): Readonly<Record<string, Json>> {
  if (typeof part !== 'object' || part === null || isList(part)) throw JournalInvalid.create({ found: describe(part) })
  return part
}

function listOf(part: Part): readonly Json[] {
  if (part === undefined || !isList(part)) throw JournalInvalid.create({ found: describe(part) })
  return part
}

function text(part: Part): string {
  if (typeof part !== 'string') throw JournalInvalid.create({ found: describe(part) })
  return part
}

function number(part: Part): number {
  if (typeof part !== 'number') throw JournalInvalid.create({ found: describe(part) })
  return part
}

const isList = (part: Json): part is readonly Json[] => Array.isArray(part)
const describe = (part: Part): string => (JSON.stringify(part) ?? 'nothing').slice(0, 200)
