import type { Json } from './json.ts'

/**
 * `JSON.parse` that keeps every key. The one of V8 12.8 and later reads an escaped key as another key of the process that has a backslash
 * where the text has one: after anybody sent `{"a":1,"\\":2}`, the text `{"a":1,"\n":2}` gives the keys `a` and `\`
 * (github.com/nodejs/node/issues/63785). Texts without an escaped key, which is nearly all of them, go straight to `JSON.parse`.
 *
 * Throws `SyntaxError`. Everything that reads what others wrote uses this; `Shape` is what the caller knows of the text.
 */
export function parseJson<Shape = Json>(text: string): Shape
export function parseJson(text: string): Json {
  if (!hasEscapedKey(text)) return JSON.parse(text)
  // What is no JSON is refused here, with the language's own words; the rest may rely on it.
  JSON.parse(text)
  const { renamed, names } = withPlainKeys(text)
  return withNames(JSON.parse(renamed), names)
}

/** In a valid text a backslash is always inside of a string. */
function hasEscapedKey(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    at = endOfString(text, at)
    if (isKey(text, at)) return true
  }
  return false
}

/** Behind the closing quote of the string that `from` is in. */
function endOfString(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

const isKey = (text: string, afterString: number): boolean => {
  let at = afterString
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1
  return text[at] === ':'
}

/** The valid text with a number in the place of each key: a letter before it keeps it from being an index. */
function withPlainKeys(text: string): { readonly renamed: string; readonly names: readonly string[] } {
  const numbers = new Map<string, number>()
  const parts: string[] = []
  let done = 0
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', start)) {
    const end = endOfString(text, start + 1)
    if (isKey(text, end)) {
      const key: string = JSON.parse(text.slice(start, end))
      const number = numbers.get(key) ?? numbers.size
      numbers.set(key, number)
      parts.push(text.slice(done, start), `"k${number}"`)
      done = end
    }
    start = end
  }
  return { renamed: parts.join('') + text.slice(done), names: [...numbers.keys()] }
}

/** Without recursion: how deep a text is nested is up to whoever wrote it. */
function withNames(root: Json, names: readonly string[]): Json {
  const holder: { root?: Json } = {}
  const open: (readonly [holder: object, key: string | number, value: Json])[] = [[holder, 'root', root]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [into, key, value] = next
    const copy = Array.isArray(value) ? [] : typeof value === 'object' && value !== null ? {} : value
    Object.defineProperty(into, key, { value: copy, enumerable: true, configurable: true, writable: true })
    if (typeof value !== 'object' || value === null || typeof copy !== 'object' || copy === null) continue
    const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
    for (const [name, member] of members.reverse()) open.push([copy, typeof name === 'number' ? name : nameOf(name, names), member])
  }
  return holder.root ?? null
}

const nameOf = (plain: string, names: readonly string[]): string => names[Number(plain.slice(1))] ?? plain
