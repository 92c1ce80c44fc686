/** Values that are known to be secrets, wherever they appear. In memory only. */

import type { Find } from './finds.ts'

/** A shorter value is not looked for: it would be found in too much. */
export const SHORTEST_KNOWN = 8

const most = 2000
const longest = 8192

/** Every window of this many characters at which a pattern can begin is met in steps. */
const window = SHORTEST_KNOWN
const block = 3

/**
 * An index of values that is asked with texts.
 *
 * It steps over a text by up to six characters at a time (Wu and Manber, 1994), whatever the number
 * of values. The oldest value is forgotten when there are too many.
 */
export class KnownValues {
  readonly #variants = new Map<string, readonly string[]>()
  /** By their first characters. */
  readonly #patterns = new Map<string, Map<string, string>>()
  #steps: Uint8Array | undefined

  has(value: string): boolean {
    return this.#variants.has(value)
  }

  /** Whether it is new. `rule` names it in what is written instead. */
  add(value: string, rule: string): boolean {
    if (value.length < SHORTEST_KNOWN || value.length > longest) return false
    const known = this.#variants.get(value)
    if (known !== undefined) {
      this.#variants.delete(value)
      this.#variants.set(value, known)
      return false
    }
    if (this.#variants.size >= most) this.#forgetOldest()
    const variants = variantsOf(value)
    this.#variants.set(value, variants)
    for (const variant of variants) this.#index(variant, rule)
    return true
  }

  /** Adds where values stand in the text. */
  find(text: string, finds: Find[]): void {
    const steps = this.#steps
    if (steps === undefined) return
    let at = window - 1
    while (at < text.length) {
      const step = steps[hashAt(text, at)] as number
      if (step > 0) {
        at += step
        continue
      }
      const start = at - window + 1
      const found = this.#foundAt(text, start)
      if (found !== undefined) {
        finds.push(found)
        at = found.end + window - 1
      } else at++
    }
  }

  #foundAt(text: string, start: number): Find | undefined {
    const patterns = this.#patterns.get(text.slice(start, start + window))
    if (patterns === undefined) return undefined
    let found: Find | undefined
    for (const [pattern, rule] of patterns) {
      const end = start + pattern.length
      if (end > (found?.end ?? 0) && text.startsWith(pattern, start)) found = { start, end, rule }
    }
    return found
  }

  #index(pattern: string, rule: string): void {
    const head = pattern.slice(0, window)
    const patterns = this.#patterns.get(head)
    if (patterns !== undefined) {
      if (!patterns.has(pattern)) patterns.set(pattern, rule)
      return
    }
    this.#patterns.set(head, new Map([[pattern, rule]]))
    this.#steps ??= new Uint8Array(0x10000).fill(window - block + 1)
    for (let at = block - 1; at < window; at++) {
      const hash = hashAt(head, at)
      this.#steps[hash] = Math.min(this.#steps[hash] as number, window - 1 - at)
    }
  }

  /** Its steps stay short: a step that is too short only costs time. */
  #forgetOldest(): void {
    const [value, variants] = this.#variants.entries().next().value ?? ['', []]
    this.#variants.delete(value)
    for (const variant of variants) {
      const head = variant.slice(0, window)
      const patterns = this.#patterns.get(head)
      patterns?.delete(variant)
      if (patterns?.size === 0) this.#patterns.delete(head)
    }
  }
}

/** Of the three characters that end at `at`. */
function hashAt(text: string, at: number): number {
  const a = text.charCodeAt(at - 2)
  const b = text.charCodeAt(at - 1)
  return ((a << 10) ^ (b << 5) ^ text.charCodeAt(at)) & 0xffff
}

/** A value as it may be written: plain, in JSON, in an address, in base64 at each alignment. */
function variantsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const address = encodeURIComponent(value.toWellFormed())
  const all = [
    value,
    JSON.stringify(value).slice(1, -1),
    address,
    address.replace(/%[0-9A-F]{2}/g, (found) => found.toLowerCase()),
    address.replaceAll('%20', '+'),
  ]
  for (const shift of [0, 1, 2]) {
    // Only what depends on no neighbour: whole groups of three bytes.
    const inner = bytes.subarray((3 - shift) % 3)
    const whole = inner.subarray(0, inner.length - (inner.length % 3))
    all.push(whole.toString('base64'), whole.toString('base64url'))
  }
  // A value of several lines is met line by line.
  for (const line of value.split('\n')) if (line !== value) all.push(line.trim())
  return [...new Set(all)].filter((variant) => variant.length >= SHORTEST_KNOWN)
}
