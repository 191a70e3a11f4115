/** What the accept path allows. Beyond it a request is answered busy or too large, never dropped. */
export interface AcceptLimits {
  /** Of a body once it is unpacked, and on the wire. */
  readonly bodyBytes: number
  /** Of all requests that are being read at one time. */
  readonly inFlightBytes: number
  /** Of one event as it is kept. Sources may ask for less. */
  readonly eventBytes: number
  /** Of the payload that a failed event keeps; what is longer is cut. */
  readonly failedPayloadBytes: number
  /** What a client that finds us busy is told to wait. */
  readonly retryAfterSeconds: number
}

export const DEFAULT_LIMITS: AcceptLimits = Object.freeze({
  bodyBytes: 8 * 1024 * 1024,
  inFlightBytes: 256 * 1024 * 1024,
  eventBytes: 64 * 1024,
  failedPayloadBytes: 64 * 1024,
  retryAfterSeconds: 5,
})
