/** Values that are known to be secrets, wherever they appear. In memory only. */

import { detached } from '../base/text.ts'
import type { Find } from './finds.ts'
import { Literals } from './literals.ts'

/** A shorter value is not looked for: it would be found in too much. */
export const SHORTEST_KNOWN = 8

const most = 2000
const longest = 8192

/**
 * Values that are asked for in texts, in every form they may be written in.
 *
 * The oldest value is forgotten when there are too many.
 */
export class KnownValues {
  readonly #variants = new Map<string, readonly string[]>()
  readonly #ruleOf = new Map<string, string>()
  #literals: Literals | undefined

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
    const own = detached(value)
    const variants = variantsOf(own)
    this.#variants.set(own, variants)
    this.#literals ??= new Literals(SHORTEST_KNOWN)
    for (const variant of variants) {
      this.#literals.add(variant)
      this.#ruleOf.set(variant, rule)
    }
    return true
  }

  /** Adds where values stand in the text. */
  find(text: string, finds: Find[]): void {
    this.#literals?.forEach(text, (literal, start) => {
      const rule = this.#ruleOf.get(literal) as string
      finds.push({ start, end: start + literal.length, rule })
    })
  }

  #forgetOldest(): void {
    const [value, variants] = this.#variants.entries().next().value ?? ['', []]
    this.#variants.delete(value)
    for (const variant of variants) {
      this.#literals?.delete(variant)
      this.#ruleOf.delete(variant)
    }
  }
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
