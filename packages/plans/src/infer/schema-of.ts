import type { Json, Properties } from '@tenon/kernel/contracts'
import { fieldPath, type Step } from '../field-path.ts'
import { areEnough } from './people.ts'
import { type JsonType, MOST_NAMES, type Place, rootOf, type Shape, TYPES } from './shape.ts'
import { commonFormat, commonWords } from './texts.ts'

/** What was seen of one property, in numbers: nothing of what anybody said. */
export interface FieldStatistics {
  /** `properties.products[].price` */
  readonly field: string
  readonly seen: number
  /** Of what holds it: 1 where it is always there. */
  readonly share: number
  readonly types: Readonly<Record<string, number>>
  /** How many of its texts are of which format. */
  readonly formats: Readonly<Record<string, number>>
}

export interface InferredSchema {
  readonly schema: Properties
  readonly fields: readonly FieldStatistics[]
}

interface Rendering {
  readonly part: string
  /** The share that may differ from what the schema says; 0: nothing that was observed does. */
  readonly tolerance: number
  readonly children: ReadonlyMap<string, readonly Place[]>
  readonly fields: FieldStatistics[]
}

/**
 * The schema of all that a shape observed. More of it never makes it narrower, with two exceptions: a list of words that has become one, and a
 * property that comes to an object whose other properties have no names that are told, or that is told itself from now on.
 */
export function schemaOf(shape: Shape, part: string, tolerance: number): InferredSchema {
  const children = Map.groupBy([...shape.places.values()].toSorted(byKey), ({ parent }) => parent ?? '\0')
  const rendering: Rendering = { part, tolerance, children, fields: [] }
  const root = rootOf(shape)
  return { schema: root === undefined || root.seen === 0 ? {} : render(rendering, root, []), fields: rendering.fields }
}

const byKey = (left: Place, right: Place): number => (left.key < right.key ? -1 : 1)

function render(rendering: Rendering, place: Place, steps: readonly Step[]): Properties {
  const types = typesOf(place, rendering.tolerance)
  const [only, ...others] = types
  return {
    type: only !== undefined && others.length === 0 ? only : [...types],
    ...(types.includes('string') ? textKeywords(place, types, rendering.tolerance) : {}),
    ...(types.includes('object') ? objectKeywords(rendering, place, steps) : {}),
    ...(types.includes('array') ? listKeywords(rendering, place, steps) : {}),
  }
}

/** Whole numbers and others are one type, but where all of them are whole. The rarest are left out, as far as that is tolerated. */
function typesOf({ types, seen }: Place, tolerance: number): readonly JsonType[] {
  const counts = new Map(types)
  const whole = counts.get('integer')
  const broken = counts.get('number')
  if (whole !== undefined && broken !== undefined) {
    counts.delete('integer')
    counts.set('number', whole + broken)
  }
  let spare = seen * tolerance
  for (const [type, count] of [...counts].toSorted((left, right) => left[1] - right[1])) {
    if (count > spare || counts.size === 1) break
    spare -= count
    counts.delete(type)
  }
  return TYPES.filter((type) => counts.has(type))
}

/** Of whoever they are: few people share a value by chance in a small sample. */
const PERSONAL = /mail|phone|mobile|name$|address|street|birth|passw|token|secret/i

function textKeywords({ texts, step }: Place, types: readonly JsonType[], tolerance: number): Properties {
  if (texts === undefined) return {}
  const format = commonFormat(texts, tolerance)
  if (format !== undefined) return { format }
  const isOfWords = types.every((type) => type === 'string' || type === 'null')
  if (!isOfWords || (typeof step === 'object' && PERSONAL.test(step.property))) return {}
  const words = commonWords(texts)
  return words === undefined ? {} : { enum: [...words, ...(types.includes('null') ? [null] : [])] }
}

function objectKeywords(rendering: Rendering, place: Place, steps: readonly Step[]): Properties {
  const { tolerance } = rendering
  const objects = place.types.get('object') ?? 0
  const named = childrenOf(rendering, place).flatMap((child) => (isProperty(child) ? [child] : []))
  // So many names are data: what is always there is still told. What a few people alone name may be one of them.
  const isMap = place.isCut || named.length > MOST_NAMES
  const told = named.filter(({ seen, people }) => areEnough(people) && (!isMap || seen === objects))
  if (told.length === 0 && (isMap || named.length > 0)) return {}
  const untold = named.reduce((sum, child) => (told.includes(child) ? sum : sum + child.seen), 0)
  const properties = told.map((child): readonly [string, Json] => {
    const path = [...steps, child.step]
    note(rendering, child, path, objects)
    return [child.step.property, render(rendering, child, path)]
  })
  const required = told.filter(({ seen }) => seen >= objects * (1 - tolerance)).map(({ step }) => step.property)
  return {
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    ...(isMap || place.hasOthers || untold > objects * tolerance ? { additionalProperties: true } : {}),
  }
}

function listKeywords(rendering: Rendering, place: Place, steps: readonly Step[]): Properties {
  const items = childrenOf(rendering, place).find(({ step }) => step === 'items')
  return items === undefined ? {} : { items: render(rendering, items, [...steps, 'items']) }
}

const childrenOf = ({ children }: Rendering, { key }: Place): readonly Place[] => children.get(key) ?? []

type Property = Place & { readonly step: { readonly property: string } }

const isProperty = (place: Place): place is Property => typeof place.step === 'object'

function note({ part, fields }: Rendering, { seen, types, texts }: Place, steps: readonly Step[], objects: number): void {
  fields.push({
    ...{ field: fieldPath(part, steps), seen, share: seen / objects },
    types: Object.fromEntries(TYPES.flatMap((type) => (types.has(type) ? [[type, types.get(type) ?? 0]] : []))),
    formats: Object.fromEntries(texts?.formats ?? []),
  })
}
