/** Longest runs of a class of characters, each taken once. */

import { codesOf } from './codes.ts'
import { endAt } from './match.ts'

/** A text that is searched, and the run of each pattern that was taken last in it. */
export interface Searched {
  readonly text: string
  runs: Map<RegExp, Run> | undefined
}

export interface Run {
  readonly start: number
  readonly end: number
  /** No token is in it: one began here, and was longer than tokens are. */
  overlong?: true
}

/**
 * The run of `pattern`, a sticky `[...]*`, from `start` or from before it.
 *
 * Asking again inside the last run costs nothing, which keeps anchors repeated in one run linear.
 */
export function takeRun(searched: Searched, pattern: RegExp, start: number): Run {
  const { text } = searched
  searched.runs ??= new Map()
  const last = searched.runs.get(pattern)
  if (last !== undefined && last.start <= start && start < last.end) return last
  const run: Run = { start, end: endAt(pattern, text, start) ?? start }
  searched.runs.set(pattern, run)
  return run
}

/** 1 for the codes of letters, digits, `_` and `-`. */
export const inRun: Uint8Array = new Uint8Array(0x10000)
for (let code = 0; code < 128; code++) {
  if (/[A-Za-z0-9_-]/.test(String.fromCharCode(code))) inRun[code] = 1
}

const none: readonly Run[] = []
let listed: { readonly text: string; readonly shortest: number; readonly runs: readonly Run[] } = {
  text: '',
  shortest: 0,
  runs: [],
}

/**
 * The runs of at least `shortest` letters, digits, `_` and `-`, from left to right; and shorter ones,
 * where somebody asked for those of the same text before.
 */
export function runsIn(text: string, shortest: number): readonly Run[] {
  if (text.length < shortest) return none
  if (text === listed.text && listed.shortest <= shortest) return listed.runs
  const runs: Run[] = []
  for (let run = nextRun(text, 0, shortest); run !== undefined; ) {
    runs.push(run)
    run = nextRun(text, run.end + 1, shortest)
  }
  listed = { text, shortest, runs }
  return runs
}

/** Steps from one possible end of a run to the next, so most characters are never looked at. */
function nextRun(text: string, from: number, shortest: number): Run | undefined {
  const codes = codesOf(text)
  const { length } = text
  let at = from
  while (at + shortest <= length) {
    let probe = at + shortest - 1
    while (probe >= at && inRun[codes[probe] as number] === 1) probe--
    if (probe >= at) {
      at = probe + 1
      continue
    }
    let end = at + shortest
    while (end < length && inRun[codes[end] as number] === 1) end++
    return { start: at, end }
  }
  return undefined
}
