/** A stream that comes in pieces, redacted line by line. */

import { type Redacted, unchanged } from './finds.ts'
import { join } from './lines.ts'
import type { Places } from './places.ts'
import type { RedactionStream } from './redactor.ts'

/** How much of one line is held back. */
const longestLine = 0x40000

export class Stream implements RedactionStream {
  readonly #redact: (block: string, places: Places) => Redacted<string>
  readonly #places: Places = new Map()
  #held = ''

  constructor(redact: (block: string, places: Places) => Redacted<string>) {
    this.#redact = redact
  }

  lines(block: string): Redacted<string> {
    return this.#redact(block, this.#places)
  }

  write(piece: string): Redacted<string> {
    const parts: Redacted<string>[] = []
    const end = piece.lastIndexOf('\n')
    if (end >= 0) parts.push(this.#whole(this.#held + piece.slice(0, end)))
    this.#held = end < 0 ? this.#held + piece : piece.slice(end + 1)
    while (this.#held.length > longestLine) {
      const cut = cutOf(this.#held.slice(0, longestLine))
      parts.push(this.lines(this.#held.slice(0, cut)))
      this.#held = this.#held.slice(cut)
    }
    return join(parts, '')
  }

  end(): Redacted<string> {
    const rest = this.#held
    this.#held = ''
    return rest === '' ? unchanged('') : this.lines(rest)
  }

  #whole(block: string): Redacted<string> {
    const { value, counts } = this.lines(block)
    const isNothing = value === '' && block !== ''
    return { value: isNothing ? '' : `${value}\n`, counts }
  }
}

/** Where a line that is too long can be cut: after the last character that no token holds. */
function cutOf(text: string): number {
  const near = text.slice(-0x2000)
  const at = Math.max(
    ...[' ', '\t', ';', ',', '{', '}', '(', ')'].map((one) => near.lastIndexOf(one)),
  )
  return at < 0 ? text.length : text.length - near.length + at + 1
}
