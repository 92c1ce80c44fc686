/** What is left of a secret, and the ways by which a line is written. */

import { createRedactor, type Redactor } from '../../lib/redact/redact.ts'

const longest = 12

/** The first piece of a secret that still stands in a text: whole, or 12 characters of it. */
export function leakOf(text: string, secret: string): string | undefined {
  const length = Math.min(longest, secret.length)
  for (let at = 0; at + length <= secret.length; at++) {
    const piece = secret.slice(at, at + length)
    if (text.includes(piece)) return piece
  }
  return undefined
}

/** Everything that a stream gives for pieces of a text, cut anywhere. */
export function writePieces(redactor: Redactor, pieces: Iterable<string>): string {
  const stream = redactor.openStream()
  let value = ''
  for (const piece of pieces) value += stream.write(piece).value
  return value + stream.end().value
}

/** Everything that a stream gives for lines, joined again; what became nothing is no line. */
export function writeLines(redactor: Redactor, lines: Iterable<string>): string {
  const stream = redactor.openStream()
  const kept: string[] = []
  for (const line of lines) {
    const { value, counts } = stream.lines(line)
    if (value !== '' || counts === undefined) kept.push(value)
  }
  return kept.join('\n')
}

/** One line on each way to the disk, each by a redactor that knows nothing yet. */
export function everyWay(line: string): readonly (readonly [way: string, value: string])[] {
  const middle = line.length >> 1
  return [
    ['text', createRedactor().text(line).value],
    ['lines', writeLines(createRedactor(), [line])],
    ['write', writePieces(createRedactor(), [line.slice(0, middle), line.slice(middle), '\n'])],
  ]
}
