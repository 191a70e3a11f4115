export interface MigrationReport {
  /** Names of the steps that were applied now. */
  readonly applied: readonly string[]
  /** How many had been applied before. */
  readonly before: number
}
export interface MigrationStep {
  readonly id: string
  readonly sql: string
}
