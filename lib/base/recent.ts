/** A set of ids that does not grow without end, whoever makes them up. */

import { sha256 } from './sha256.ts'

/** Remembers at least so many of the newest, and at most twice as many. */
export const remembered: number = 10_000

/** A longer one is remembered by its digest. */
const longest = 64

export class Recent {
  // Two sets: one that forgot its oldest member each time would walk over the holes that they leave.
  #newer = new Set<string>()
  #older = new Set<string>()

  get size(): number {
    return this.#newer.size + this.#older.size
  }

  has(id: string): boolean {
    const key = keyOf(id)
    return this.#newer.has(key) || this.#older.has(key)
  }

  add(id: string): void {
    if (this.has(id)) return
    if (this.#newer.size === remembered) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    this.#newer.add(keyOf(id))
  }

  delete(id: string): void {
    const key = keyOf(id)
    this.#newer.delete(key)
    this.#older.delete(key)
  }

  clear(): void {
    this.#newer.clear()
    this.#older.clear()
  }
}

function keyOf(id: string): string {
  return id.length > longest ? sha256(id) : id
}
