import type { Json } from '@tenon/kernel/contracts'
import { isName, type Step } from '../field-path.ts'
import { type People, together } from './people.ts'
import { mergeTexts, newTexts, observeText, type Texts } from './texts.ts'

export const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'object', 'array'] as const
export type JsonType = (typeof TYPES)[number]

/** What was seen at one place. */
export interface Place {
  readonly key: string
  readonly parent: string | undefined
  readonly step: Step | undefined
  readonly depth: number
  seen: number
  /** `number` are those that are not whole. */
  readonly types: Map<JsonType, number>
  texts: Texts | undefined
  /** Who said something here. */
  people: People
  /** It had properties with names that are no names of programmers. */
  hasOthers: boolean
  /** Something in it is not kept: there is too much, or it is too deep. */
  isCut: boolean
}

/**
 * What values of one kind look like, in bounded memory, whatever they hold and however many they are. The same for every order of the values,
 * and the same whether all are observed by one shape or some by another that is merged: of all places it keeps the first in an order of their own
 * (the less deep, then by name), and one that is not among the first of some is not among the first of all.
 */
export interface Shape {
  readonly places: Map<string, Place>
  /** What was there in every value from the first on. It is kept in any case; once it is missing, it comes into the order with the others. */
  readonly always: Set<string>
  /** The keys of all other places, in their order. */
  readonly order: string[]
}

/** Of one object: more of them are data, and no names. */
export const MOST_NAMES = 200
const MOST_PLACES = 400
const MOST_DEPTH = 10
const ROOT = ''
/** Is in no name. */
const SEPARATOR = '\0'

export function newShape(): Shape {
  const root = placeAt({ key: ROOT, parent: undefined, step: undefined, depth: 0 })
  return { places: new Map([[ROOT, root]]), always: new Set(), order: [] }
}

const placeAt = (where: Where): Place => ({
  ...where,
  seen: 0,
  types: new Map(),
  texts: undefined,
  people: [],
  hasOthers: false,
  isCut: false,
})

/** Whether it holds an object with more properties than anybody names. */
export function isOversized(value: Json): boolean {
  const open: Json[] = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const members = Object.values(next)
    if (!Array.isArray(next) && members.length > MOST_NAMES) return true
    for (const member of members) if (typeof member === 'object') open.push(member)
  }
  return false
}

export const rootOf = (shape: Shape): Place | undefined => shape.places.get(ROOT)

/** `person` is who said it, 0 where nobody is known to. */
export function observe(shape: Shape, value: Json, person: number): void {
  const root = rootOf(shape)
  if (root === undefined) return
  if (root.seen === 0 && typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const property of Object.keys(value)) if (isName(property)) keepAlways(shape, below(root, { property }))
  visit(shape, root, value, person)
  for (const key of shape.always) if (shape.places.get(key)?.seen !== root.seen) demote(shape, key)
}

function keepAlways({ places, always }: Shape, where: Where): void {
  always.add(where.key)
  places.set(where.key, placeAt(where))
}

function demote(shape: Shape, key: string): void {
  const place = shape.places.get(key)
  if (place === undefined || !shape.always.delete(key)) return
  shape.places.delete(key)
  rank(shape, place)
}

function visit(shape: Shape, place: Place, value: Json, person: number): void {
  const type = typeOf(value)
  place.seen += 1
  place.types.set(type, (place.types.get(type) ?? 0) + 1)
  if (person !== 0) place.people = together(place.people, [person])
  if (typeof value === 'string') observeText(textsOf(place), value, person)
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const each of value as readonly Json[]) enter(shape, place, 'items', each, person)
    return
  }
  for (const [property, each] of Object.entries(value)) {
    if (isName(property)) enter(shape, place, { property }, each, person)
    else place.hasOthers = true
  }
}

function textsOf(place: Place): Texts {
  const texts = place.texts ?? newTexts()
  place.texts = texts
  return texts
}

function enter(shape: Shape, place: Place, step: Step, value: Json, person: number): void {
  const child = reach(shape, below(place, step))
  if (child !== undefined) visit(shape, child, value, person)
}

type Where = Pick<Place, 'key' | 'parent' | 'step' | 'depth'>

const below = ({ key, depth }: Place, step: Step): Where => ({
  ...{ key: `${key}${SEPARATOR}${step === 'items' ? '[' : `.${step.property}`}`, parent: key },
  ...{ step, depth: depth + 1 },
})

/** The place, unless it is not among those that are kept. */
const reach = (shape: Shape, where: Where): Place | undefined => shape.places.get(where.key) ?? rank(shape, placeAt(where))

function rank(shape: Shape, place: Place): Place | undefined {
  const { places, order } = shape
  const at = rankOf(shape, place)
  if (place.depth > MOST_DEPTH || at >= MOST_PLACES) {
    leaveOut(shape, place)
    return undefined
  }
  places.set(place.key, place)
  order.splice(at, 0, place.key)
  const last = order.length > MOST_PLACES ? places.get(order.pop() ?? '') : undefined
  if (last !== undefined) {
    places.delete(last.key)
    leaveOut(shape, last)
  }
  return place
}

/** What holds it is kept, since it comes before it. */
function leaveOut({ places }: Shape, { parent }: Where): void {
  const holder = parent === undefined ? undefined : places.get(parent)
  if (holder !== undefined) holder.isCut = true
}

function rankOf({ places, order }: Shape, where: Where): number {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = places.get(order[middle] ?? '')
    if (other !== undefined && (other.depth - where.depth || (other.key < where.key ? -1 : 1)) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** As if the one had observed what the other has, too. */
export function mergeShapes(into: Shape, from: Shape): void {
  const [ours, theirs] = [rootOf(into), rootOf(from)]
  if (ours === undefined || theirs === undefined || theirs.seen === 0) return
  if (ours.seen === 0) for (const key of from.always) keepAlways(into, from.places.get(key) ?? theirs)
  for (const key of into.always) if (!from.always.has(key)) demote(into, key)
  for (const key of [ROOT, ...from.always, ...from.order]) {
    const other = from.places.get(key)
    const own = other === undefined ? undefined : reach(into, other)
    if (other !== undefined && own !== undefined) mergePlaces(own, other)
  }
}

function mergePlaces(into: Place, from: Place): void {
  into.seen += from.seen
  for (const [type, seen] of from.types) into.types.set(type, (into.types.get(type) ?? 0) + seen)
  if (from.texts !== undefined) mergeTexts(textsOf(into), from.texts)
  into.people = together(into.people, from.people)
  into.hasOthers ||= from.hasOthers
  into.isCut ||= from.isCut
}

function typeOf(value: Json): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value as 'boolean' | 'string' | 'object'
}
