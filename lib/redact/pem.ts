/** Private keys in PEM: blocks of lines, so the one rule that looks beyond a line. */

import { marker, type Redacted } from './finds.ts'

/** Whether the lines that come next belong to a key, and how many characters of it there were. */
export interface PemState {
  inside: boolean
  length: number
}

const rule = 'private-key'
const longest = 0x10000
const begin = /-{4,5} ?BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/
const end = /-{4,5} ?END (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/

/**
 * Makes each key in whole lines one marker; the state says how the lines before ended.
 *
 * A block that is nothing but the rest of a key becomes empty, with counts that are empty: there is
 * no line to write.
 */
export function redactKeys(block: string, state: PemState): Redacted<string> {
  if (!state.inside && !block.includes('PRIVATE KEY')) return { value: block, counts: undefined }
  const kept: string[] = []
  let found = 0
  let changed = false
  for (const line of block.split('\n')) {
    let rest = line
    if (state.inside) {
      const left = leave(rest, state)
      if (left !== line) changed = true
      if (left === undefined) continue
      rest = left
    }
    let out = ''
    for (let hit = begin.exec(rest); hit !== null; hit = begin.exec(rest)) {
      found++
      out += rest.slice(0, hit.index) + marker(rule)
      rest = enter(rest.slice(hit.index + hit[0].length), state)
    }
    kept.push(out + rest)
  }
  if (found > 0) return { value: kept.join('\n'), counts: { [rule]: found } }
  return changed ? { value: kept.join('\n'), counts: {} } : { value: block, counts: undefined }
}

const inline =
  /(?:(?:(?:\\{1,4}[rn]|[ \t]|[A-Z][A-Za-z]{2,9}(?:-[A-Z][a-z]{1,9})?: [\w,.-]{1,80})*[A-Za-z0-9+/=]{16,4096})+(?:\\{1,4}[rn]){0,2}[A-Za-z0-9+/=]{0,76}(?:\\{1,4}[rn]){0,2})?/y

/** What follows the key on the line it begins on; when that is nothing, the key goes on below. */
function enter(rest: string, state: PemState): string {
  const closed = end.exec(rest)
  if (closed !== null) return rest.slice(closed.index + closed[0].length)
  inline.lastIndex = 0
  inline.test(rest)
  const after = rest.slice(inline.lastIndex)
  if (/^["'`\\+,;\s]*(?:n["']?[+,\s]*)?$/.test(after.slice(0, 32)) && after.length <= 32) {
    state.inside = true
    state.length = 0
    return ''
  }
  return after
}

const material =
  /^[\s>+|#*/\d:.│-]*["'`]?(?:[A-Za-z0-9+/=]*|[A-Z][A-Za-z]{2,9}(?:-[A-Z][a-z]{1,9})?: [^\n]{0,200})(?:\\{1,4}[rn])*["'`]?[\s\\+,]*$/

/** What a line inside a key leaves: undefined for all of it, else the text after the key. */
function leave(line: string, state: PemState): string | undefined {
  const closed = end.exec(line)
  if (closed !== null) {
    state.inside = false
    const after = line.slice(closed.index + closed[0].length)
    return after === '' ? undefined : after
  }
  state.length += line.length + 1
  if (state.length <= longest && material.test(line)) return undefined
  state.inside = false
  return line
}
