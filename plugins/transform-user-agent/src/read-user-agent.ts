import Bowser from 'bowser'

type Facts = Readonly<Record<string, string>>

/** What a user agent says of itself, in the words of the Segment specification; what it does not say is absent. */
export interface Agent {
  readonly browser: Facts | undefined
  readonly os: Facts | undefined
  readonly device: Facts | undefined
  readonly isBot: boolean
}

/** Longer ones are nobody's, and would only cost time. */
const LONGEST = 1_024

export function readUserAgent(text: string): Agent {
  const { browser, os, platform } = Bowser.parse(text.slice(0, LONGEST))
  return {
    browser: factsOf({ name: browser.name, version: browser.version }),
    os: factsOf({ name: os.name, version: os.versionName ?? os.version }),
    device: factsOf({ type: platform.type, manufacturer: platform.vendor, model: platform.model }),
    isBot: platform.type === 'bot',
  }
}

function factsOf(facts: Readonly<Record<string, string | undefined>>): Facts | undefined {
  const known = Object.entries(facts).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, value] as const]))
  return known.length === 0 ? undefined : Object.freeze(Object.fromEntries(known))
}
