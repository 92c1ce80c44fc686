/** Tokens that are known by how they begin. */

import type { Find } from './finds.ts'
import { isPlaceholder } from './placeholder.ts'
import { charsets, type Rule, rules, SHORTEST_RUN } from './rules.ts'
import { type Runs, takeRun } from './runs.ts'

const inRun = new Uint8Array(0x10000)
for (let code = 0; code < 128; code++) {
  if (/[A-Za-z0-9_-]/.test(String.fromCharCode(code))) inRun[code] = 1
}

const ruleOf = new Map<string, Rule>()
for (const rule of rules) for (const anchor of rule.anchors) ruleOf.set(anchor, rule)

const anchors = new RegExp(
  [...ruleOf.keys()]
    .sort((a, b) => b.length - a.length)
    .map((anchor) => anchor.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|'),
  'y',
)

/** For two ASCII characters: 1 when an anchor begins with them, 2 when they may come second. */
const pairs = new Uint8Array(1 << 14)
for (const [a = '', b = '', c] of ruleOf.keys()) {
  mark(a, b, 1)
  if (c !== undefined) mark(b, c, 2)
  else for (let code = 0; code < 128; code++) mark(b, String.fromCharCode(code), 2)
}

function mark(a: string, b: string, bit: number): void {
  const at = pairAt(a.charCodeAt(0), b.charCodeAt(0))
  pairs[at] = (pairs[at] as number) | bit
}

function pairAt(a: number, b: number): number {
  return (a << 7) | b
}

/**
 * Finds every token of the rules, and what follows the word Bearer.
 *
 * Steps from one possible end of a long run to the next, so most characters are never looked at;
 * anchors are sought only in and just before such a run.
 */
export function findTokens(text: string, finds: Find[]): void {
  const runs: Runs = new Map()
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

/** How far before a run its anchor can begin: anchors hold dots and slashes, runs do not. */
function leadOf(text: string, start: number): number {
  const before = text[start - 1]
  return before === '/' ? 64 : before === '.' || before === ':' ? 16 : 0
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
  let at = from
  let a = text.charCodeAt(at)
  let b = text.charCodeAt(at + 1)
  while (at < end - 2) {
    const c = text.charCodeAt(at + 2)
    const maybe = ((pairs[pairAt(a, b)] as number) & 1) !== 0 && a < 128 && b < 128
    const find = maybe && ((pairs[pairAt(b, c)] as number) & 2) !== 0 && tokenAt(text, at, runs)
    if (find) {
      finds.push(find)
      at = find.end
      a = text.charCodeAt(at)
      b = text.charCodeAt(at + 1)
    } else {
      at++
      a = b
      b = c
    }
  }
  const bare = finds.length === known ? bearerAt(text, start) : undefined
  if (bare === undefined) return at
  finds.push(bare)
  return bare.end
}

function tokenAt(text: string, at: number, runs: Runs): Find | undefined {
  anchors.lastIndex = at
  const anchor = anchors.exec(text)?.[0]
  if (anchor === undefined) return undefined
  const rule = ruleOf.get(anchor) as Rule
  const body = at + anchor.length
  let start = at
  if (rule.before !== undefined) {
    const lead = rule.before.exec(text.slice(Math.max(0, at - 16), at))
    if (lead === null) return undefined
    start -= lead[0].length
  } else if (!beginsAt(text, at, rule)) return undefined

  const run = takeRun(runs, charsets[rule.charset], text, body)
  // Its tail would look like a token, and without that the tail of the rest, and so on.
  if (run.end - body > rule.max + 3) run.overlong = true
  if (run.overlong) return undefined
  let { end } = run
  for (let trim = 0; trim < 3 && text[end - 1] === '.'; trim++) end--
  if (end - body < rule.min || end - body > rule.max) return undefined
  if ((rule.boundary === 'strict' ? /[\w+/=-]/ : /[A-Za-z0-9]/).test(text[end] ?? ''))
    return undefined
  const content = text.slice(body, end)
  if (isPlaceholder(content.slice(0, 40)) || rule.check?.(content) === false) return undefined
  return { start: rule.keepsAnchor ? body : start, end, rule: rule.id }
}

/** Whether a token can begin here: not inside a word, but after an escape or a colour. */
function beginsAt(text: string, at: number, rule: Rule): boolean {
  const before = text[at - 1]
  if (before === undefined) return true
  if (rule.boundary === 'strict' && /[+/=_-]/.test(before)) {
    return before === '=' && /[A-Za-z]["']?=$/.test(text.slice(Math.max(0, at - 4), at))
  }
  if (!/[A-Za-z0-9]/.test(before)) return true
  if (!/[0-9A-Fa-fmnrt]/.test(before)) return false
  return /(?:\\[bfnrt]|%[0-9A-Fa-f]{2}|\[[0-9;]{0,12}m)$/.test(text.slice(Math.max(0, at - 15), at))
}

const bearer = /[A-Za-z0-9._~+/=-]*/y

/** A long value after the word Bearer, wherever that stands. */
function bearerAt(text: string, start: number): Find | undefined {
  if (text[start - 1] !== ' ') return undefined
  if (!/\bbearer $/i.test(text.slice(Math.max(0, start - 8), start))) return undefined
  bearer.lastIndex = start
  bearer.test(text)
  const end = bearer.lastIndex
  const content = text.slice(start, end)
  if (!/[0-9]/.test(content) || isPlaceholder(content)) return undefined
  return { start, end, rule: 'authorization' }
}
