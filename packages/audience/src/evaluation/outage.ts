import { errorCode } from '@tenon/kernel'

/** A store does not answer: nothing is wrong with the definition, and trying another one would not help. */
export const isOutage = (error: unknown): boolean => OUTAGES.has(errorCode(error) ?? '')

const OUTAGES: ReadonlySet<string> = new Set(['TENON_ANALYTICS_UNREACHABLE', 'TENON_STORE_UNAVAILABLE', 'TENON_AUDIENCE_TURN_LOST'])
