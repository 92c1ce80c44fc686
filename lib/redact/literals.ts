/** Many literal texts, looked for at once. */

import { codesOf } from './codes.ts'

/** Three characters together tell more of a text than how common each of them is. */
const gram = 3

/**
 * An index of texts of `shortest` characters and more; that is 3 to 10.
 *
 * Three characters at a time tell that none of the texts stands around them, however many there
 * are. So only one place in a few is looked at, and no step waits for what was read before.
 */
export class Literals {
  readonly #shortest: number
  /** From one place that is looked at to the next. */
  readonly #step: number
  /**
   * By the hash of three characters, in bits: how far into a text they may be. The lowest is for
   * those that begin one character before it, whatever that is.
   */
  readonly #offsets = new Uint8Array(1 << 14)
  /** By the hash of their first `shortest` characters. */
  readonly #byBegin = new Map<number, string[]>()

  constructor(shortest: number) {
    this.#shortest = shortest
    this.#step = Math.max(2, shortest - gram + 1)
  }

  add(literal: string): void {
    const codes = codesOf(literal)
    for (let offset = 0; offset < this.#step && offset + gram <= literal.length; offset++) {
      this.#mark(hashOf(codes, offset), offset)
    }
    // It holds one group of three; every second place has only a part of it.
    if (literal.length === gram) {
      const [a = 0, b = 0] = codes
      // Of the first of three characters five bits count.
      for (let any = 0; any < 32; any++) this.#mark(hash(any, a, b), -1)
    }
    const begin = this.#beginOf(codes, 0)
    const known = this.#byBegin.get(begin)
    if (known === undefined) this.#byBegin.set(begin, [literal])
    else if (!known.includes(literal)) known.push(literal)
  }

  #mark(hash: number, offset: number): void {
    this.#offsets[hash] = (this.#offsets[hash] as number) | (1 << (offset + 1))
  }

  /** Its hashes stay: one too many only costs time. */
  delete(literal: string): void {
    const begin = this.#beginOf(codesOf(literal), 0)
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
    const step = this.#step
    const end = text.length - gram
    for (let at = 0; at <= end; at += step) {
      const bits = offsets[hashOf(codes, at)] as number
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
    for (let offset = this.#step - 1; offset >= -1; offset--) {
      const start = at - offset
      if ((bits & (1 << (offset + 1))) === 0 || start < 0) continue
      // What no text begins with; the map would say so too, and takes longer.
      if (((this.#offsets[hashOf(codes, start)] as number) & 2) === 0) continue
      for (const one of this.#byBegin.get(this.#beginOf(codes, start)) ?? []) {
        // One that is found from another of the places that are looked at.
        if (offset < 0 ? one.length > gram : one.length < offset + gram) continue
        const end = start + one.length
        // Most differ at their end; a call to compare the rest costs more than that.
        if (end > text.length || codes[end - 1] !== one.charCodeAt(one.length - 1)) continue
        if (text.startsWith(one, start)) onFound(one, start)
      }
    }
  }

  #beginOf(codes: Uint16Array, at: number): number {
    let hash = hashOf(codes, at)
    for (let more = gram; more < this.#shortest; more++) {
      hash = (Math.imul(hash, 31) + (codes[at + more] as number)) | 0
    }
    return hash
  }
}

function hashOf(codes: Uint16Array, at: number): number {
  return hash(codes[at] as number, codes[at + 1] as number, codes[at + 2] as number)
}

/** Others may share the number. */
function hash(a: number, b: number, c: number): number {
  return ((a << 9) ^ (b << 2) ^ c) & 0x3fff
}
