/** One step into a value: the name of a property, or `items` for every element of a list. */
export type Step = { readonly property: string } | 'items'

const LONGEST_NAME = 100
const LONGEST_PATH = 300

/**
 * A place as people and reports read it: `properties.products[].price`. All elements of a list are one place, and so are all properties whose
 * names are data themselves (`properties.seen.*`): a report never grows with what people say, and never repeats it.
 */
export const fieldPath = (part: string, steps: readonly Step[]): string =>
  steps
    .reduce((path, step) => `${path}${step === 'items' ? '[]' : `.${isName(step.property) ? step.property : '*'}`}`, part)
    .slice(0, LONGEST_PATH)
    .toWellFormed()

const CONTROL = /\p{Cc}/u
const IDENTIFYING = /@|\d{5}|[0-9a-f]{8}-[0-9a-f]{4}-/i

/** Whether the name of a property is one that a programmer gave it, and not an address, a number or a key of somebody. */
export const isName = (name: string): boolean =>
  name !== '' &&
  name.length <= LONGEST_NAME &&
  name !== '__proto__' &&
  name.isWellFormed() &&
  !CONTROL.test(name) &&
  !IDENTIFYING.test(name)
