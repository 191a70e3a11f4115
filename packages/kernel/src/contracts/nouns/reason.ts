import type { Properties } from './json.ts'

/** Why: a stable code for machines and the facts behind it for a sentence. */
export interface Reason {
  readonly code: string
  readonly detail: Properties
}
