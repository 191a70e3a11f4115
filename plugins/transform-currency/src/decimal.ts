/** A decimal number without error: `digits` times ten to the power of minus `scale`. */
export interface Decimal {
  readonly digits: bigint
  /** Zero or more. */
  readonly scale: number
}

const DECIMAL = /^([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:e([+-]?\d{1,3}))?$/i

/** Reads a number or its text; undefined for anything else. A number is what its shortest text says: 0.1 is a tenth. */
export function decimalOf(value: unknown): Decimal | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  const found = DECIMAL.exec(text)
  if (found === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = found
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`)
  const scale = fraction.length - Number(exponent)
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

/** The exact quotient of two products, rounded to so many places: half away from zero. `divisor` is not zero. */
export function rounded(factors: { readonly value: Decimal; readonly times: Decimal; readonly over: Decimal }, places: number): Decimal {
  const { value, times, over } = factors
  const numerator = value.digits * times.digits * 10n ** BigInt(over.scale + places)
  const denominator = over.digits * 10n ** BigInt(value.scale + times.scale)
  return { digits: divide(numerator, denominator), scale: places }
}

function divide(numerator: bigint, denominator: bigint): bigint {
  const isNegative = numerator < 0n !== denominator < 0n
  const [above, below] = [abs(numerator), abs(denominator)]
  const quotient = (2n * above + below) / (2n * below)
  return isNegative ? -quotient : quotient
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value)

/** As a number of JSON; undefined where a number can not tell it from its neighbours. */
export function numberOf({ digits, scale }: Decimal): number | undefined {
  if (abs(digits) > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
  const text = abs(digits)
    .toString()
    .padStart(scale + 1, '0')
  const point = text.length - scale
  return Number(`${digits < 0n ? '-' : ''}${text.slice(0, point)}.${text.slice(point)}0`)
}
