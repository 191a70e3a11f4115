/** Values that no field expects, one for each thing that can go wrong. */
export const hostileValues: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53 + 2,
  '',
  ' ',
  'x'.repeat(20_000),
  "'; DROP TABLE tenon.profiles; --",
  "\\'; SELECT sleep(10) --",
  '{{7*7}}{x:String}',
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  '__proto__',
  '2026-13-45T99:99:99Z',
  [],
  [[[[[]]]]],
  {},
  { $ne: null },
  { toString: 1, constructor: { prototype: {} } },
]

/** Every copy of `sample` in which one value, at any depth, is another. */
export function* mutations(sample: unknown, replacements: readonly unknown[]): Generator<unknown> {
  for (const replacement of replacements) yield replacement
  if (typeof sample !== 'object' || sample === null) return
  for (const [key, child] of Object.entries(sample)) {
    for (const mutated of mutations(child, replacements)) yield withEntry(sample, key, mutated)
    yield Object.fromEntries(Object.entries(sample).filter(([name]) => name !== key))
    yield { ...sample, [`${key}x`]: child }
  }
}

function withEntry(holder: object, key: string, value: unknown): unknown {
  if (Array.isArray(holder)) return holder.map((entry: unknown, index) => (String(index) === key ? value : entry))
  return { ...holder, [key]: value }
}

/** Bodies that are no JSON object of a sane size. */
export const hostileBodies: readonly (string | Uint8Array)[] = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '{"a":1}{"b":2}',
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `{"__proto__":{"polluted":true}}`,
  `{"constructor":{"prototype":{"polluted":true}}}`,
  new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  `{"a":"${'x'.repeat(5_000_000)}"}`,
]

/** Parts of a path that are no keys, no identifiers and sometimes no text. */
export const hostileSegments: readonly string[] = Object.freeze([
  '%',
  '%ff',
  '%00',
  '%ed%a0%80',
  '..%2f..%2fetc',
  'user_id:%00',
  'user_id:',
  ':value',
  'nothing',
  `user_id:${'x'.repeat(5_000)}`,
  'unknown_type:1',
  "user_id:'%20OR%201=1%20--",
  '__proto__',
  'user_id:%F0%9F%98%80',
])
