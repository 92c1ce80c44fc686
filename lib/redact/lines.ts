/** Lines, some of which may be JSON. */

import { mergeCounts, type Redacted, unchanged } from './finds.ts'
import { type Readers, redactJson } from './json.ts'
import { execAt } from './match.ts'

/** Redacts each line that is JSON by the readers, and those between them together. */
export function redactLines(
  block: string,
  readers: Readers,
  plain: (text: string) => Redacted<string>,
): Redacted<string> {
  const parts: Redacted<string>[] = []
  let done = 0
  // Where the lines begin that stay as they are: often all of them.
  let same = 0
  const keepTo = (end: number) => {
    if (end > same) parts.push(unchanged(block.slice(same, end - 1)))
  }
  for (let hit = findJson(block, 0); hit >= 0; ) {
    const start = block.lastIndexOf('\n', hit) + 1
    const line = lineAt(block, start)
    const end = start + line.length
    const json = jsonLine(line, readers)
    if (json !== undefined) {
      if (start > done) {
        keepTo(done)
        parts.push(plain(block.slice(done, start - 1)))
        same = start
      }
      done = end + 1
      if (json.counts !== undefined) {
        keepTo(start)
        parts.push(json)
        same = done
      }
    }
    hit = findJson(block, end + 1)
  }
  if (done === 0) return plain(block)
  keepTo(done)
  if (done <= block.length) parts.push(plain(block.slice(done)))
  return joinLines(parts)
}

/** Whether a line of it opens like JSON. */
export function mayHoldJson(text: string): boolean {
  return findJson(text, 0) >= 0
}

/** The line that begins at `start`. */
export function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start)
  return end < 0 ? text.slice(start) : text.slice(start, end)
}

/** Lines of their own; what became nothing is no line. */
export function joinLines(parts: readonly Redacted<string>[]): Redacted<string> {
  const kept = parts.filter(({ value, counts }) => value !== '' || counts === undefined)
  return { value: kept.map(({ value }) => value).join('\n'), counts: join(parts, '').counts }
}

/** Pieces in their order. */
export function join(parts: readonly Redacted<string>[], glue: string): Redacted<string> {
  return {
    value: parts.map(({ value }) => value).join(glue),
    counts: parts.reduce<Redacted<string>['counts']>(
      (sum, { counts }) => mergeCounts(sum, counts),
      undefined,
    ),
  }
}

/** Where the first line from `from` on opens that may be JSON; -1 when none does. */
function findJson(block: string, from: number): number {
  // Of a whole text alone: to look for either behind each line takes the square of its length.
  if (from === 0 && !block.includes('{') && !block.includes('[')) return -1
  return execAt(opening, block, from)?.index ?? -1
}

// It leads with the bracket, which few lines have.
const opening = /(?:\{(?=[ \t]*["}])|\[(?=[ \t]*["{[\]]))(?<=^[ \t]*(?:data: ?)?[{[])/gm

function jsonLine(line: string, readers: Readers): Redacted<string> | undefined {
  const from = line.search(/[{[]/)
  const json = redactJson(line.slice(from), readers, '')
  if (json === undefined) return undefined
  return json.counts === undefined
    ? unchanged(line)
    : { value: line.slice(0, from) + json.value, counts: json.counts }
}
