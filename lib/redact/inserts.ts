/** The rows of an SQL INSERT, whose columns are named before them. */

import type { Find } from './finds.ts'
import { endAt, execAt } from './match.ts'
import { findKind, type Kind } from './names.ts'
import { looksSecret } from './values.ts'

/** With what the rows of an INSERT begin. */
export const insertHeads: readonly string[] = ['VALUES', 'values', 'Values'].flatMap((word) => [
  `${word}(`,
  `${word} (`,
  `${word}\n`,
])
const rowsAt = /(?<=\(([^()]{1,1000})\)\s{0,8})values/iy
const rowStart = /\s{0,16},?\s{0,16}\(/y
const cellInRow =
  /\s{0,16}[NEB]?(?:'((?:[^'\\]|''|\\.){0,4096})'|"((?:[^"\\]|\\.){0,4096})"|[^'"(),]{0,256}(?:\([^()]{0,256}\))?)\s{0,16}([,)])/y

/** Adds the secrets in the rows of INSERTs; `heads` says where those of `insertHeads` begin. */
export function findInserted(text: string, finds: Find[], heads: readonly number[]): void {
  let done = 0
  for (const head of heads) {
    const names = head < done ? undefined : execAt(rowsAt, text, head)?.[1]
    if (names === undefined) continue
    const kinds = names.split(',').map((name) => findKind(name.replace(/["'`[\]\s]/g, '')))
    if (!kinds.some((kind) => kind === 'password' || kind === 'secret')) continue
    done = head + 6
    for (let row = endAt(rowStart, text, done); row !== undefined; ) {
      done = readRow(text, row, kinds, finds)
      row = endAt(rowStart, text, done)
    }
  }
}

/** Reads one row of an INSERT from behind its bracket, and returns where it ends or cannot be read. */
function readRow(
  text: string,
  from: number,
  kinds: readonly (Kind | undefined)[],
  finds: Find[],
): number {
  let end = from
  for (let index = 0; ; index++) {
    const cell = execAt(cellInRow, text, end)
    if (cell === null) return end
    const value = cell[1] ?? cell[2]
    const kind = kinds[index]
    const start = end + (value === undefined ? 0 : cell[0].lastIndexOf(value))
    const isSecret = (kind === 'password' || kind === 'secret') && value !== undefined
    if (isSecret && looksSecret(value, kind, 'quoted'))
      finds.push({ start, end: start + value.length, rule: kind })
    end += cell[0].length
    if (cell[3] === ')') return end
  }
}
