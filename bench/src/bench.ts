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
  /** Figures that are promised to be zero: another one is printed like any other, and ends the command with an error. */
  readonly zero?: readonly string[]
  run(context: BenchContext): Promise<readonly Result[]>
}

/** What was promised to be zero and is not, for people. A figure that is no number is not zero, and one that is in no result neither. */
export function broken({ zero = [] }: Pick<Bench, 'zero'>, results: readonly Result[]): readonly string[] {
  return zero.flatMap((name) => {
    const having = results.filter((result) => name in result)
    if (having.length === 0) return [`no result says how large ${name} is`]
    return having.filter((result) => result[name] !== 0).map((result) => `${result.bench}: ${name} is ${result[name]}, not 0`)
  })
}
