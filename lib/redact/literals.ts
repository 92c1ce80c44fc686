/** Many literal texts, looked for at once. */

import { codesOf } from './codes.ts'

/**
 * An index of texts of `window` characters and more; a window has 3 to 10.
 *
 * Two or three characters at a time tell that none of the texts stands around them, however many
 * there are. So only one place in a few is looked at, and no step waits for what was read before.
 */
export class Literals {
  readonly #window: number
  /** How many characters are looked at together: pairs alone are common in what people write. */
  readonly #gram: 2 | 3
  /** By their hash: a bit for each offset in the first `window` at which a text has them. */
  readonly #offsets = new Uint8Array(1 << 14)
  /** 1 for the hash of what a text begins with. */
  readonly #begins = new Uint8Array(1 << 14)
  readonly #byBegin = new Map<number, string[]>()

  constructor(window: number) {
    this.#window = window
    this.#gram = window > 3 ? 3 : 2
  }

  add(literal: string): void {
    const codes = codesOf(literal)
    for (let offset = 0; offset + this.#gram <= this.#window; offset++) {
      const hash = hashOf(codes, offset, this.#gram)
      this.#offsets[hash] = (this.#offsets[hash] as number) | (1 << offset)
    }
    const begin = beginOf(codes, 0, this.#gram)
    this.#begins[begin] = 1
    const known = this.#byBegin.get(begin)
    if (known === undefined) this.#byBegin.set(begin, [literal])
    else if (!known.includes(literal)) known.push(literal)
  }

  /** Its hashes stay: one too many only costs time. */
  delete(literal: string): void {
    const begin = beginOf(codesOf(literal), 0, this.#gram)
    const left = this.#byBegin.get(begin)?.filter((other) => other !== literal) ?? []
    this.#byBegin.set(begin, left)
  }

  /**
   * Calls back for every text that stands in `text`, and where, from left to right. No other text
   * may be searched meanwhile.
   */
  forEach(text: string, onFound: (literal: string, start: number) => void): void {
    const codes = codesOf(text)
    const offsets = this.#offsets
    const gram = this.#gram
    const step = this.#window - gram + 1
    const end = text.length - gram
    for (let at = 0; at <= end; at += step) {
      const bits = offsets[hashOf(codes, at, gram)] as number
      if (bits !== 0) this.#check(text, codes, at, bits, onFound)
    }
  }

  /** Calls back for the texts that have what is at `at` at one of the offsets in `bits`. */
  #check(
    text: string,
    codes: Uint16Array,
    at: number,
    bits: number,
    onFound: (literal: string, start: number) => void,
  ): void {
    const least = Math.max(0, at - this.#window + this.#gram)
    for (let start = least; start <= at; start++) {
      if ((bits & (1 << (at - start))) === 0) continue
      const begin = beginOf(codes, start, this.#gram)
      if (this.#begins[begin] === 0) continue
      for (const one of this.#byBegin.get(begin) ?? []) {
        const end = start + one.length
        // Most differ at their end; a call to compare the rest costs more than that.
        if (end > text.length || codes[end - 1] !== one.charCodeAt(one.length - 1)) continue
        if (text.startsWith(one, start)) onFound(one, start)
      }
    }
  }
}

function hashOf(codes: Uint16Array, at: number, gram: 2 | 3): number {
  const pair = ((codes[at] as number) << 7) ^ (codes[at + 1] as number)
  return (gram === 2 ? pair : (pair << 2) ^ (codes[at + 2] as number)) & 0x3fff
}

/** Of one character more. */
function beginOf(codes: Uint16Array, at: number, gram: 2 | 3): number {
  return ((hashOf(codes, at, gram) * 31) ^ (codes[at + gram] as number)) & 0x3fff
}
