/** Many literal texts, looked for at once. */

const block = 2

/**
 * An index of texts of `window` characters and more.
 *
 * It steps over a text by up to `window - 1` characters at a time (Wu and Manber, 1994), however
 * many it holds.
 */
export class Literals {
  readonly #window: number
  readonly #steps: Uint8Array
  /** By their first `window` characters. */
  readonly #byHead = new Map<string, string[]>()

  constructor(window: number) {
    this.#window = window
    this.#steps = new Uint8Array(0x10000).fill(window - block + 1)
  }

  add(literal: string): void {
    const head = literal.slice(0, this.#window)
    const known = this.#byHead.get(head)
    if (known !== undefined) {
      if (!known.includes(literal)) known.push(literal)
      return
    }
    this.#byHead.set(head, [literal])
    for (let at = block - 1; at < this.#window; at++) {
      const hash = hashAt(head, at)
      this.#steps[hash] = Math.min(this.#steps[hash] as number, this.#window - 1 - at)
    }
  }

  /** Steps stay short after it: a step that is too short only costs time. */
  delete(literal: string): void {
    const head = literal.slice(0, this.#window)
    const left = this.#byHead.get(head)?.filter((other) => other !== literal)
    if (left === undefined || left.length === 0) this.#byHead.delete(head)
    else this.#byHead.set(head, left)
  }

  /** Calls back for every text that stands in `text`, and where. */
  forEach(text: string, onFound: (literal: string, start: number) => void): void {
    const steps = this.#steps
    const last = this.#window - 1
    let at = last
    while (at < text.length) {
      const step = steps[hashAt(text, at)] as number
      if (step > 0) {
        at += step
        continue
      }
      const start = at - last
      const literals = this.#byHead.get(text.slice(start, at + 1))
      if (literals !== undefined) {
        for (const one of literals) if (text.startsWith(one, start)) onFound(one, start)
      }
      at++
    }
  }
}

/** Of the two characters that end at `at`. */
function hashAt(text: string, at: number): number {
  return ((text.charCodeAt(at - 1) << 8) ^ text.charCodeAt(at)) & 0xffff
}
