/**
 * Upper ends of the lower bands: the nearest-rank quantiles 1/bands, 2/bands, ... of `values`
 * (the value at rank ⌈n·q⌉, counted from 1). Empty for no values.
 */
export function quantileCuts(values: Float64Array, bands: number): readonly number[] {
  if (values.length === 0) return []
  const sorted = values.slice().sort()
  return Array.from({ length: bands - 1 }, (_, index) => sorted[Math.ceil((sorted.length * (index + 1)) / bands) - 1] ?? Number.NaN)
}

/** 1 for the lowest values. Equal values are always in one band: the lower one. */
export function bandOf(value: number, cuts: readonly number[]): number {
  let band = 1
  for (const cut of cuts) if (value > cut) band++
  return band
}
