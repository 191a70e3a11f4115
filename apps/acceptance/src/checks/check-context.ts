import type { Figures } from '../figures/figures.ts'
import type { Member } from '../platform/answers.ts'
import type { Mailbox } from '../platform/open-mailbox.ts'
import type { TenonApi } from '../platform/tenon-api.ts'
import type { Reference } from '../reference/open-reference.ts'

/** What every check compares with what. */
export interface CheckContext {
  readonly api: TenonApi
  readonly reference: Reference
  readonly figures: Figures
  readonly mailbox: Mailbox
  readonly people: People
}

/** Customers of the file in the parts that the checks play. All but `outsider` are in the segment of regular buyers. */
export interface People {
  /** Ordered most often. */
  readonly best: string
  readonly consenting: string
  /** Says no to everything. */
  readonly objecting: string
  readonly outsider: string
}

/** The name that the reference knows a member by. */
export const personOf = ({ identifiers }: Member): string => {
  const value = (type: string) => identifiers.find((identifier) => identifier.type === type)?.value
  return value('user_id') ?? value('anonymous_id') ?? ''
}
