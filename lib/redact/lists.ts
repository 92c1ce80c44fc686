/** Secrets in a list, which stands under a name of many. */

import type { Find } from './finds.ts'
import { endAt } from './match.ts'
import type { Kind } from './names.ts'
import { bareEnd, closing, type Reader } from './reader.ts'
import { isLikePassword, looksSecret } from './values.ts'

const listOpening =
  /[>=]?[ \t]{0,8}(?:(?:(?:\[\]string|new [Ss]tring\[\]|(?:List|Set|Arrays)\.(?:of|asList)) ?)?[[{(](?=\s{0,64}["'`])|\r?(?=\n[ \t]{0,32}- ["'`\w])|\((?=[\w]))/y
const inBrackets = /\s{0,64},?\s{0,64}(?=["'`\w])/y
const withDashes = /[.:!?]?[ \t]{0,8}\r?\n[ \t]{0,32}- {1,4}(?=["'`\w])/y
const ofCodes =
  /(?:[ \t,;]{1,4}|[ \t]{0,4}\r?\n[ \t]{0,16})(?:(?:[0-9]{1,2}[.)]|[*-]) {1,4})?(?=(?:[A-Za-z0-9]{4,10}-){0,3}[A-Za-z0-9]{4,10}(?![\w-]))/y
const mostItems = 1000

/** Adds all but the last of the secrets in a list that begins behind a name, and returns that. */
export function listAt(reader: Reader, from: number, kind: Kind, finds: Find[]): Find | undefined {
  const { text } = reader
  if (from < reader.listEnd) return undefined
  let next = from
  while ((text[next] === ' ' || text[next] === '\t') && next < from + 9) next++
  // Few values begin as a list does, and the expression takes longer.
  const mayOpen = '[{(>=\r\nLSAn'.includes(text[next] ?? ' ')
  const opened = mayOpen ? endAt(listOpening, text, from) : undefined
  if (opened === undefined && kind !== 'code') return undefined
  let at = opened ?? from
  const marked = /[[{(]/.test(text[at - 1] ?? '') ? inBrackets : withDashes
  const separator = opened === undefined ? ofCodes : marked
  const found: Find[] = []
  for (let count = 0; count < mostItems; count++) {
    const start = endAt(separator, text, at)
    const item = start === undefined ? undefined : itemAt(reader, start)
    if (start === undefined || item === undefined) break
    at = item.end + item.start - start
    const content = text.slice(item.start, item.end)
    const manner = kind === 'secret' ? 'sentence' : 'quoted'
    if (!/[0-9]/.test(content) || !looksSecret(content, kind, manner)) continue
    if (kind === 'password' && !isLikePassword(content)) continue
    found.push({ start: item.start, end: item.end, rule: kind })
  }
  reader.listEnd = at
  const last = found.pop()
  if (last === undefined || endAt(joinedUp, text, at) !== undefined) return undefined
  finds.push(...found)
  return last
}

/** What is only part of something. */
const joinedUp = /,?\s{0,64}\]\.join\(/y

/** What stands in quotes there, or else up to the next mark. */
function itemAt(reader: Reader, at: number): { start: number; end: number } | undefined {
  const { text } = reader
  const start = /["'`]/.test(text[at] ?? '') ? at + 1 : at
  const end =
    start > at ? closing(text, start, text[at] as string) : bareEnd(reader, start, 'secret')
  return end > start ? { start, end } : undefined
}
