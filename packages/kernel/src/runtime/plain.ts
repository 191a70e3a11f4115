/** A plain object or array: what configuration is made of. Everything else (dates, functions, class instances) is a leaf. */
export type PlainObject = Readonly<Record<string, unknown>>

export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Copies plain data, giving every leaf and every object to `replace` first; undefined means: go on inside. */
export function mapPlain(value: unknown, replace: (value: unknown, path: Path) => Replacement | undefined, path: Path = []): unknown {
  const replacement = replace(value, path)
  if (replacement !== undefined) return replacement.value
  if (Array.isArray(value)) return value.map((item, index) => mapPlain(item, replace, [...path, index]))
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapPlain(item, replace, [...path, key])]))
}

export type Path = readonly (string | number)[]

export interface Replacement {
  readonly value: unknown
}

/** Freezes plain data in place, all the way down. */
export function freezePlain<T>(value: T): T {
  if ((Array.isArray(value) || isPlainObject(value)) && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const item of Object.values(value)) freezePlain(item)
  }
  return value
}

/** Objects are merged key by key, everything else is replaced. Keys of `over` that are undefined say nothing. */
export function mergePlain(under: unknown, over: unknown): unknown {
  if (over === undefined) return under
  if (!isPlainObject(under) || !isPlainObject(over)) return over
  const keys = new Set([...Object.keys(under), ...Object.keys(over)])
  return Object.fromEntries([...keys].map((key) => [key, mergePlain(own(under, key), own(over, key))]))
}

const own = (object: PlainObject, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined)
