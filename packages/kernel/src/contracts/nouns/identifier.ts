/** Dense positive integer: bitmaps live on it. Never leaves the API; people and systems see identifiers. 0 stands for nobody. */
export type ProfileId = number

/** A typed name of a person in some system: `{ type: 'email', value: 'an@example.com' }`. */
export interface Identifier {
  readonly type: string
  readonly value: string
}
