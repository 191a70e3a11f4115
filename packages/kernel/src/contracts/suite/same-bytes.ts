/** Whether two models are byte for byte the same. */
export function areSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

/** The same bytes at an odd place of a larger buffer, as stores hand them out. */
export function movedBytes(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 7)
  larger.set(bytes, 3)
  return larger.subarray(3, 3 + bytes.length)
}
