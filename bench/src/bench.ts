/** One line of results: plain figures with their units in the names. */
export type Result = Readonly<Record<string, string | number | boolean>> & { readonly bench: string }

/** What a bench is run with. */
export interface BenchContext {
  /** A quick run that proves the bench works; its figures mean nothing. */
  readonly smoke: boolean
  /** Arguments after the name, without `--smoke`. */
  readonly args: readonly string[]
  /** Progress for people; results are what `run` returns. */
  readonly log: (line: string) => void
}

/** A file `src/<name>.bench.ts` exports one as `bench`. */
export interface Bench {
  /** One line for the list of benches. */
  readonly summary: string
  run(context: BenchContext): Promise<readonly Result[]>
}
