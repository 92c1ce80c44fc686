/** What a stream says once more in the same words. */

import { Recent } from '../base/recent.ts'
import { sha256 } from '../base/sha256.ts'

/** Remembers what has an id of its own, so that nothing else can say the same. */
export class Repeats {
  readonly #seen = new Recent()

  /** Whether this was said before. */
  has(event: unknown): boolean {
    const print = sha256(JSON.stringify(event))
    if (this.#seen.has(print)) return true
    this.#seen.add(print)
    return false
  }

  clear(): void {
    this.#seen.clear()
  }
}
