/** What a person reads, in the languages of the console. */
export interface Label {
  readonly en: string
  readonly zh?: string
}
