const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

export function bytes(count: number): string {
  const step = Math.min(BINARY.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, count)) / 10)))
  return `${(count / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${BINARY[step]}`
}

export const seconds = (count: number): string => (count < 120 ? `${count.toFixed(1)} s` : `${Math.round(count / 60)} min`)
