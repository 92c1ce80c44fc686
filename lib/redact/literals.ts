/** Many literal texts, looked for at once. */

import { codesOf, wordsOf } from './codes.ts'

/** The least that is looked for: three characters tell more of a text than how common each of them is. */
const gram = 3
const lastThree = 5

/** What a text is told from others by. */
interface Literal {
  readonly text: string
  readonly length: number
  /** The code of its last character. */
  readonly last: number
}

/**
 * An index of texts of `shortest` characters and more; that is 3 at the least.
 *
 * A few characters at a time tell that none of the texts stands around them, however many there are. So
 * only one place in two or four is looked at, and no step waits for what was read before.
 */
export class Literals {
  readonly #shortest: number
  /** From one place that is looked at to the next. */
  readonly #step: 2 | 4
  /**
   * By the hash of three characters, in bits: how far into a text they may be. The lowest is for
   * those that begin one character before it, whatever that is. From `lastThree` on the same of those
   * that end with these three.
   */
  readonly #offsets = new Uint8Array(1 << 14)
  /** The same by the hash of four characters, of those that do not end with the first three. */
  readonly #gates = new Uint8Array(1 << 14)
  /** By the hash of their first `shortest` characters. */
  readonly #byBegin = new Map<number, Literal[]>()

  constructor(shortest: number) {
    this.#shortest = shortest
    // In so many, one of every four places begins four that are all in the text.
    this.#step = shortest < 7 ? 2 : 4
  }

  add(literal: string): void {
    const { length } = literal
    const codes = codesOf(literal)
    const begin = this.#beginOf(codes, 0)
    const known = this.#byBegin.get(begin)
    if (known?.some(({ text }) => text === literal)) return
    const one = { text: literal, length, last: literal.charCodeAt(length - 1) }
    if (known === undefined) this.#byBegin.set(begin, [one])
    else known.push(one)

    this.#mark(codes, length)
  }

  /** Sets what tells that a text with these codes may stand around some of them. */
  #mark(codes: Uint16Array, length: number): void {
    const offsets = this.#offsets
    const gates = this.#gates
    for (let offset = 0; offset < this.#step && offset + gram <= length; offset++) {
      const word = wordAt(codes, offset)
      const three = hashOfThree(word)
      if (offset + gram === length) {
        offsets[three] = (offsets[three] as number) | (2 << (offset + lastThree))
        break
      }
      const four = hashOfFour(word)
      offsets[three] = (offsets[three] as number) | (2 << offset)
      gates[four] = (gates[four] as number) | (2 << offset)
    }
    if (length > gram) return
    // It holds one group of three; every second place has only a part of it.
    const word = wordAt(codes, 0) << 8
    for (let any = 0; any < 32; any++) {
      const three = hashOfThree(word | any)
      const four = hashOfFour(word | any)
      offsets[three] = (offsets[three] as number) | 1
      gates[four] = (gates[four] as number) | 1
    }
  }

  /** Its hashes stay: one too many only costs time. */
  delete(literal: string): void {
    const begin = this.#beginOf(codesOf(literal), 0)
    const left = this.#byBegin.get(begin)?.filter(({ text }) => text !== literal) ?? []
    this.#byBegin.set(begin, left)
  }

  /**
   * Calls back for every text that stands in `text`, and where, from left to right. No other text
   * may be searched meanwhile.
   */
  forEach(text: string, onFound: (literal: string, start: number) => void): void {
    const words = wordsOf(text)
    const offsets = this.#offsets
    const gates = this.#gates
    const count = (text.length + 3) >> 2
    if (this.#step === 4) {
      for (let i = 0; i < count; i++) {
        const bits = gates[hashOfFour(words[i] as number)] as number
        if (bits !== 0) this.#check(text, i * 4, bits, onFound)
      }
      return
    }
    let word = words[0] as number
    for (let i = 1; i <= count; i++) {
      const next = words[i] as number
      const middle = (word >>> 16) | (next << 16)
      const first = bitsOf(offsets, gates, word)
      const second = bitsOf(offsets, gates, middle)
      // Asked of both at once: which of them it is cannot be foreseen, and seldom matters.
      if ((first | second) !== 0) {
        this.#check(text, i * 4 - 4, first, onFound)
        this.#check(text, i * 4 - 2, second, onFound)
      }
      word = next
    }
  }

  /** Calls back for the texts that have what is at `at` at one of the offsets in `bits`. */
  #check(
    text: string,
    at: number,
    bits: number,
    onFound: (literal: string, start: number) => void,
  ): void {
    if (bits === 0) return
    const codes = codesOf(text)
    for (let offset = this.#step - 1; offset >= -1; offset--) {
      const start = at - offset
      if ((bits & (1 << (offset + 1))) === 0 || start < 0) continue
      // What no text begins with; the map would say so too, and takes longer.
      if ((bitsOf(this.#offsets, this.#gates, wordAt(codes, start)) & 2) === 0) continue
      const near = this.#byBegin.get(this.#beginOf(codes, start))
      if (near === undefined) continue
      for (const one of near) {
        const end = start + one.length
        // Most differ at their end; a call to compare the rest costs more than that.
        if (codes[end - 1] !== one.last || end > text.length) continue
        // One that is found from another of the places that are looked at.
        if (offset < 0 ? one.length > gram : one.length < offset + gram) continue
        if (text.startsWith(one.text, start)) onFound(one.text, start)
      }
    }
  }

  #beginOf(codes: Uint16Array, at: number): number {
    let hash = wordAt(codes, at) & 0xffffff
    for (let more = gram; more < this.#shortest; more++) {
      hash = (Math.imul(hash, 31) + (codes[at + more] as number)) | 0
    }
    return hash
  }
}

/** How far into a text four characters may be, or three that it ends with. */
function bitsOf(offsets: Uint8Array, gates: Uint8Array, word: number): number {
  const three = offsets[hashOfThree(word)] as number
  return (three & (gates[hashOfFour(word)] as number)) | (three >> lastThree)
}

/** Four characters as wordsOf gives them. */
function wordAt(codes: Uint16Array, at: number): number {
  return (
    ((codes[at] as number) & 0xff) |
    (((codes[at + 1] as number) & 0xff) << 8) |
    (((codes[at + 2] as number) & 0xff) << 16) |
    ((codes[at + 3] as number) << 24)
  )
}

/** Others may share the number. Of the first character five bits count. */
function hashOfThree(word: number): number {
  return Math.imul((word & 0xffff1f) << 8, 0x9e3779b1) >>> 18
}

function hashOfFour(word: number): number {
  return Math.imul(word & 0xffffff1f, 0x85ebca6b) >>> 18
}
