/** Tokens that are known by how they begin. */

import type { Find } from './finds.ts'
import { isPlaceholder } from './placeholder.ts'
import { type Charset, charsets, type Rule, rules, SHORTEST_RUN } from './rules.ts'

const inRun = new Uint8Array(0x10000)
for (let code = 0; code < 128; code++) {
  if (/[A-Za-z0-9_-]/.test(String.fromCharCode(code))) inRun[code] = 1
}

const ruleOf = new Map<string, Rule>()
for (const rule of rules) for (const anchor of rule.anchors) ruleOf.set(anchor, rule)

const anchors = new RegExp(
  `(?:${[...ruleOf.keys()]
    .sort((a, b) => b.length - a.length)
    .map((anchor) => anchor.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|')})(?=[A-Za-z0-9_+/-]{8})`,
  'g',
)

/**
 * Finds every token of the rules, and what follows the word Bearer.
 *
 * Steps from one possible end of a long run to the next, so most characters are never looked at;
 * anchors are sought only in and just before such a run.
 */
export function findTokens(text: string, finds: Find[]): void {
  const runs: Runs = {}
  let floor = 0
  let at = 0
  while (at + SHORTEST_RUN <= text.length) {
    let probe = at + SHORTEST_RUN - 1
    while (probe >= at && inRun[text.charCodeAt(probe)] === 1) probe--
    if (probe >= at) {
      at = probe + 1
      continue
    }
    let end = at + SHORTEST_RUN
    while (end < text.length && inRun[text.charCodeAt(end)] === 1) end++
    floor = searchRun(text, Math.max(floor, at - leadOf(text, at)), at, end, runs, finds)
    at = Math.max(end + 1, floor)
  }
}

/** The run of each charset that was taken last: anchors repeated in one run cost it only once. */
type Runs = Partial<Record<Charset, { readonly start: number; readonly end: number }>>

/** How far before a run its anchor can begin: anchors hold dots and slashes, runs do not. */
function leadOf(text: string, start: number): number {
  const before = text[start - 1]
  return before === '/' ? 48 : before === '.' || before === ':' ? 16 : 0
}

/** Searches one run and its lead, and returns where the next search may begin. */
function searchRun(
  text: string,
  from: number,
  start: number,
  end: number,
  runs: Runs,
  finds: Find[],
): number {
  const known = finds.length
  let floor = from
  const window = from === 0 && end === text.length ? text : text.slice(from, end)
  anchors.lastIndex = 0
  for (let hit = anchors.exec(window); hit !== null; hit = anchors.exec(window)) {
    const find = tokenAt(text, from + hit.index, hit[0], runs)
    if (find !== undefined) finds.push(find)
    floor = find?.end ?? from + hit.index + 1
    if (floor >= end) break
    anchors.lastIndex = floor - from
  }
  if (finds.length === known) {
    const find = bearerAt(text, start)
    if (find === undefined) return floor
    finds.push(find)
    return find.end
  }
  return floor
}

function tokenAt(text: string, at: number, anchor: string, runs: Runs): Find | undefined {
  const rule = ruleOf.get(anchor) as Rule
  const body = at + anchor.length
  let start = at
  if (rule.before !== undefined) {
    const lead = rule.before.exec(text.slice(Math.max(0, at - 16), at))
    if (lead === null) return undefined
    start -= lead[0].length
  } else if (!beginsAt(text, at, rule)) return undefined

  let end = runEnd(text, body, rule.charset, runs)
  for (let trim = 0; trim < 3 && text[end - 1] === '.'; trim++) end--
  if (end - body < rule.min || end - body > rule.max) return undefined
  if (rule.boundary === 'strict' && /[+/=_-]/.test(text[end] ?? '')) return undefined
  if (rule.charset === 'upper' && /[a-z_]/.test(text[end] ?? '')) return undefined
  const content = text.slice(body, end)
  if (isPlaceholder(content.slice(0, 40)) || rule.check?.(content) === false) return undefined
  const kept = anchor.includes('/') && anchor.length > 8 ? anchor.length : 0
  return { start: start + kept, end, rule: rule.id }
}

function runEnd(text: string, start: number, charset: Charset, runs: Runs): number {
  const last = runs[charset]
  if (last !== undefined && last.start <= start && start < last.end) return last.end
  const run = charsets[charset]
  run.lastIndex = start
  run.test(text)
  runs[charset] = { start, end: run.lastIndex }
  return run.lastIndex
}

/** Whether a token can begin here: not inside a word, but after an escape or a colour. */
function beginsAt(text: string, at: number, rule: Rule): boolean {
  const before = text[at - 1]
  if (before === undefined) return true
  if (rule.boundary === 'strict' && /[+/=_-]/.test(before)) {
    return before === '=' && /[A-Za-z]["']?=$/.test(text.slice(Math.max(0, at - 4), at))
  }
  if (!/[A-Za-z0-9]/.test(before)) return true
  return /(?:\\[bfnrt]|%[0-9A-Fa-f]{2}|\[[0-9;]{0,12}m)$/.test(text.slice(Math.max(0, at - 15), at))
}

const bearer = /[A-Za-z0-9._~+/=-]*/y

/** A long value after the word Bearer, wherever that stands. */
function bearerAt(text: string, start: number): Find | undefined {
  if (!/\bbearer $/i.test(text.slice(Math.max(0, start - 8), start))) return undefined
  bearer.lastIndex = start
  bearer.test(text)
  const end = bearer.lastIndex
  const content = text.slice(start, end)
  if (!/[0-9]/.test(content) || isPlaceholder(content)) return undefined
  return { start, end, rule: 'authorization' }
}
