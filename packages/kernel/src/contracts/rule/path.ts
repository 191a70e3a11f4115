/** One step of a path: the key of an object and, with `each`, every element of the array under it. */
export interface PathStep {
  readonly key: string
  readonly each: boolean
}

const REFUSED = new Set(['__proto__', 'prototype', 'constructor'])
const LONGEST = 16
/** Keys with dots, brackets or control characters can not be named. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it keeps out
const STEP = /^([^.[\]\u0000-\u001f\u007f]+)(\[\])?$/u

/** The steps of `a.b` or `a[].b`; a sentence about what is wrong otherwise. */
export function readPath(text: string): readonly PathStep[] | string {
  const parts = text.split('.', LONGEST + 1)
  if (parts.length > LONGEST) return `is longer than ${LONGEST} steps`
  const steps: PathStep[] = []
  for (const part of parts) {
    const [, key, each] = STEP.exec(part) ?? []
    if (key === undefined) return `is not a path: write 'a.b', or 'a[].b' for every element of a list`
    if (REFUSED.has(key)) return `must not name '${key}'`
    steps.push(Object.freeze({ key, each: each !== undefined }))
  }
  return Object.freeze(steps)
}

/** The steps of a path that `parseRule` has let through. */
export function stepsOf(path: string): readonly PathStep[] {
  const steps = readPath(path)
  if (typeof steps === 'string') throw new TypeError(`the path '${path}' ${steps}`)
  return steps
}
