const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

export function bytes(count: number): string {
  const step = Math.min(BINARY.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, count)) / 10)))
  return `${(count / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${BINARY[step]}`
}

/** In the largest unit that still says something. */
export function seconds(count: number): string {
  if (count < 120) return `${count.toFixed(1)} s`
  if (count < 7_200) return `${Math.round(count / 60)} min`
  return count < 172_800 ? `${Math.round(count / 3_600)} h` : `${Math.round(count / 86_400)} days`
}
