import { random } from '@tenon/testing/generator'

/** One person as clients know it: browsers before the log-in, the shop's number after it. */
interface Shopper {
  readonly userId: string
  readonly anonymousId: string
  readonly knows: boolean
}

/** Batches of events as a shop sends them; the same seed always gives the same ones. */
export interface Traffic {
  /** The text of a request with so many events. */
  batch(events: number): string
}

const NAMES = ['Product Viewed', 'Product Viewed', 'Product Viewed', 'Product List Viewed', 'Product Added', 'Order Completed'] as const
const AGENT = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148'
const SHARE_OF_IDENTIFIES = 0.1
const SHARE_LOGGED_IN = 0.5

/**
 * Events of about 710 bytes. Who acts is Zipf-distributed over the people: a few are seen with every batch, most once or
 * twice. Every tenth event is an `identify`, which brings user id, browser and email together. With `inTurn` there are identifies
 * only, and one person comes after the other.
 */
export function createTraffic({
  seed,
  people,
  prefix = 'm',
  inTurn = false,
}: {
  readonly seed: number
  readonly people: number
  readonly prefix?: string
  readonly inTurn?: boolean
}): Traffic {
  const { next } = random(seed)
  let sent = 0
  // By chance it is the inverse of the harmonic sum, by its logarithm: rank r with a weight of 1 / r.
  const pickRank = (): number => (inTurn ? 1 + ((sent - 1) % people) : Math.min(people, Math.floor((people + 1) ** next())))
  const pickShopper = (): Shopper => {
    const rank = pickRank()
    return {
      userId: `user-${seed}-${rank}`,
      anonymousId: `anon-${seed}-${rank}-9b1deb4d3b7d4bad`,
      knows: (rank * 2654435761) % 100 < SHARE_LOGGED_IN * 100,
    }
  }
  const event = (now: string): string => {
    sent += 1
    const shopper = pickShopper()
    const head = `"messageId":"${prefix}-${seed}-${sent}-2b0d7b3dcb6d","timestamp":"${now}","anonymousId":"${shopper.anonymousId}"`
    const context = `"context":{"ip":"203.0.113.${sent % 250}","locale":"zh-CN","userAgent":"${AGENT}","library":{"name":"analytics.js","version":"2.11.1"},"page":{"path":"/goods/${sent % 5000}","url":"https://shop.example/goods/${sent % 5000}","title":"Goods ${sent % 5000}"}}`
    if (inTurn || next() < SHARE_OF_IDENTIFIES) {
      const traits = `"traits":{"email":"${shopper.userId}@example.com","name":"Shopper ${shopper.userId}","city":"Shanghai","age":${20 + (sent % 50)},"plan":"gold","since":"2024-05-06"}`
      return `{"type":"identify",${head},"userId":"${shopper.userId}",${traits},${context}}`
    }
    const name = NAMES[Math.floor(next() * NAMES.length)] ?? NAMES[0]
    const who = shopper.knows ? `,"userId":"${shopper.userId}"` : ''
    const price = (sent % 900) + 0.95
    const properties = `"properties":{"product_id":"sku-${sent % 5000}","category":"Games","name":"Monopoly: 3rd Edition","brand":"Hasbro","price":${price},"quantity":${1 + (sent % 3)},"currency":"CNY","position":${sent % 40},"coupon":"SUMMER"}`
    return `{"type":"track",${head}${who},"event":"${name}",${properties},${context}}`
  }
  return {
    batch(events) {
      const now = new Date().toISOString()
      const parts = Array.from({ length: events }, () => event(now))
      return `{"batch":[${parts.join(',')}],"sentAt":"${now}"}`
    },
  }
}
