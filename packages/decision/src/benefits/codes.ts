import { randomInt } from 'node:crypto'

/** A whole number in [0, below), from a source that nobody can foresee. */
export type Random = (below: number) => number

/** Draws codes for benefits. Uniqueness is the store's: it asks again when a code exists. */
export const drawCodes =
  (random: Random = randomInt) =>
  (count: number, shape: { readonly length: number; readonly alphabet: string }): readonly string[] =>
    Array.from({ length: count }, () => Array.from({ length: shape.length }, () => shape.alphabet[random(shape.alphabet.length)]).join(''))
