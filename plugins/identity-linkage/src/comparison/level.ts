/** How values of a field are brought into one form and compared. */
export interface Comparison {
  readonly canonical: (value: string) => string | undefined
  /**
   * Ways in which two values agree without being equal, the most alike first; upper snake case, they become codes of evidence.
   * `EXACT` stands before them, `DIFFERENT` after.
   */
  readonly levels: readonly string[]
  /** Which of `levels` two canonical values that are not equal meet; `levels.length` for none. Symmetric. */
  readonly level: (left: string, right: string) => number
  /** Whether it matters how rare an equal value is. */
  readonly frequency: boolean
  /** What sounds or looks the same, for blocking; the value itself where absent. */
  readonly sound?: (value: string) => string
}

export const EXACT = 'EXACT'
export const DIFFERENT = 'DIFFERENT'
