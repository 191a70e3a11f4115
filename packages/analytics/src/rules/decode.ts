import { type Measure, measureType, parseJson, type TagValue } from '@tenon/kernel/contracts'

/** The values of one row of `compileMeasures`; a measure without a value is absent. */
export function decodeMeasured(measures: Readonly<Record<string, Measure>>, values: readonly string[]): Readonly<Record<string, TagValue>> {
  const decoded = Object.entries(measures).flatMap(([key, measure], index): readonly (readonly [string, TagValue])[] => {
    // The first one keeps the array a list of texts where there are no measures.
    const value = valueIn(values[index + 1] ?? '', measure)
    return value === undefined ? [] : [[key, value]]
  })
  return Object.freeze(Object.fromEntries(decoded))
}

/** Objects, and lists of anything but texts, are no values. */
function valueIn(text: string, measure: Measure): TagValue | undefined {
  if (text === '') return undefined
  const value: unknown = parseJson(text)
  if (measureType(measure) === 'date' && typeof value === 'string') return new Date(value)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  const texts = Array.isArray(value) && value.every((one) => typeof one === 'string')
  return texts ? Object.freeze(value) : undefined
}
