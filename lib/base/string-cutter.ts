/** JSON that is too long to be held, without the ends of its long strings. */

const [quote, backslash, u] = [34, 92, 117]

/** Hands a JSON text on, in pieces and in UTF-8, with at most so many characters of each string. */
export class StringCutter {
  readonly #most: number
  #isInside = false
  /** Of the string, in characters. */
  #length = 0
  /** What is to come of an escape: its letter, or so many digits. */
  #escape: 'letter' | number = 0

  constructor(most: number) {
    this.#most = most
  }

  /** What is left of the next piece. */
  take(piece: Buffer): Buffer {
    const kept = Buffer.allocUnsafe(piece.length)
    let end = 0
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number
      if (this.#keeps(byte)) kept[end++] = byte
    }
    // Not the rest of the piece with it.
    return Buffer.from(kept.subarray(0, end))
  }

  #keeps(byte: number): boolean {
    if (!this.#isInside || (byte === quote && this.#escape === 0)) {
      if (byte === quote) {
        this.#isInside = !this.#isInside
        this.#length = 0
      }
      return true
    }
    if (this.#escape === 'letter') this.#escape = byte === u ? 4 : 0
    else if (this.#escape > 0) this.#escape--
    else {
      // All bytes of a character but its first begin with these two bits.
      if ((byte & 0b1100_0000) !== 0b1000_0000) this.#length++
      if (byte === backslash) this.#escape = 'letter'
    }
    return this.#length <= this.#most
  }
}
