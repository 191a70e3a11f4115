/** The bytes of a request that are held. Who does not show a known key outside its body is a stranger until it is read. */
export interface HeldBytes {
  /** Holds so many from now on. False where there is no room for them: then nothing changes. */
  resize(bytes: number, by: 'known' | 'stranger'): boolean
  release(): void
}

export interface BodyBudget {
  /** Undefined where there is no room. A request that is alone always has room. */
  hold(bytes: number): HeldBytes | undefined
}

/**
 * The bytes of all bodies that are being read. What strangers unpack may fill half of it, so that they do not shut out those whom
 * we know.
 */
export function createBodyBudget(limitBytes: number): BodyBudget {
  let all = 0
  let unpackedByStrangers = 0

  return {
    hold(bytes) {
      if (all > 0 && all + bytes > limitBytes) return undefined
      all += bytes
      let own = bytes
      let strange = 0
      return {
        resize(wanted, by) {
          const more = wanted - own
          const others = { all: all - own, strange: unpackedByStrangers - strange }
          const isFull = others.all > 0 && others.all + wanted > limitBytes
          const isTooStrange = by === 'stranger' && others.strange > 0 && others.strange + wanted > limitBytes / 2
          if (more > 0 && (isFull || isTooStrange)) return false
          all += more
          own = wanted
          unpackedByStrangers = others.strange + (by === 'stranger' ? wanted : 0)
          strange = by === 'stranger' ? wanted : 0
          return true
        },
        release() {
          all -= own
          unpackedByStrangers -= strange
          own = 0
          strange = 0
        },
      }
    },
  }
}
