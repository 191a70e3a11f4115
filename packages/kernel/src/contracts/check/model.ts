import { areFinite, isBytes } from './values.ts'

/** What is wrong with a fitted model, or undefined. */
export function fittedProblem(fitted: {
  readonly model: Uint8Array
  readonly quality: Readonly<Record<string, number>>
}): string | undefined {
  if (!isBytes(fitted?.model)) return 'the model is not bytes'
  return areFinite(fitted.quality) ? undefined : 'the quality is not made of finite numbers'
}
