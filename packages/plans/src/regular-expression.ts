import { RE2JS } from 're2js'

/** What stands for a pattern: an automaton, so that no text makes it take more than time in proportion to its length. */
export interface Expression {
  readonly source: string
  test(text: string): boolean
  /** Tells one from another: ajv keeps expressions by it. */
  toString(): string
}

/** Throws on what such an automaton can not do: look-around and references back. */
export function compileExpression(pattern: string): Expression {
  const compiled = RE2JS.compile(pattern)
  return Object.freeze({ source: pattern, test: (text: string) => compiled.matcher(text).find(), toString: () => `/${pattern}/` })
}

/** Why a pattern can not be used, or undefined. A pattern that repeats repetitions is small as text and huge as an automaton. */
export function patternProblem(pattern: string): string | undefined {
  try {
    return RE2JS.compile(pattern).programSize() > 5_000 ? 'the pattern is too large' : undefined
  } catch (error) {
    return `the pattern can not be used: ${error instanceof Error ? error.message.slice(0, 200) : 'it is malformed'}`
  }
}
