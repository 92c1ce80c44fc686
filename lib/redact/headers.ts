/** What the values of headers give away: credentials and cookies. */

import type { Find } from './finds.ts'
import { endAt, execAt } from './match.ts'
import type { Kind } from './names.ts'
import { isPlaceholder } from './placeholder.ts'
import { type Searched, takeRun } from './runs.ts'

/** What a header's name says of it. */
export type Header = 'authorization' | 'cookie' | 'set-cookie'

/** Whether it is that of a header. */
export function isHeader(kind: Kind): kind is Header {
  return kind === 'authorization' || kind === 'cookie' || kind === 'set-cookie'
}

/** The secret in the value of a header that begins at `start`. */
export function headerAt(searched: Searched, start: number, kind: Header): Find | undefined {
  if (kind === 'authorization') return credentialsAt(searched, start)
  const { text } = searched
  const valueStart = endAt(cookie, text, start)
  if (valueStart === undefined) return undefined
  // A Cookie header is all values; of a Set-Cookie header the attributes are worth keeping.
  const from = kind === 'cookie' ? start : valueStart
  if (kind === 'set-cookie' && startsPlaceholder(text, from)) return undefined
  return {
    start: from,
    end: firstOf(kind === 'cookie' ? headerEnd : cookieEnd, text, from),
    rule: 'cookie',
  }
}

const cookie = /[\w!#%&*+.^|~-]{1,128}=(?=[^\s;,"'$<{%*[\\])/y
const cookieEnd = /[;"'`\s\\]/g
const headerEnd = /["'`\r\n\\]/g

const scheme = /[A-Za-z][\w-]{1,24} {1,3}/y
const credentials = /[A-Za-z0-9._~+/=:|-]*/y
const listed = /^(?:AWS4|Digest|OAuth|Hawk|NTLM|Negotiate|Signature)/i

/** What follows the scheme of an Authorization header; the scheme stays. */
function credentialsAt(searched: Searched, at: number): Find | undefined {
  const { text } = searched
  const word = execAt(scheme, text, at)?.[0] ?? ''
  const start = at + word.length
  if (startsPlaceholder(text, start) || /^https?:/.test(text.slice(start, start + 6)))
    return undefined
  if (listed.test(word)) {
    return { start, end: firstOf(headerEnd, text, start), rule: 'authorization' }
  }
  const { end } = takeRun(searched, credentials, start)
  const content = text.slice(start, Math.min(end, start + 200))
  const mixed = content.length >= 6 && /[0-9]/.test(content) && /[A-Za-z]/.test(content)
  const sure = mixed || (/^basic/i.test(word) && /[A-Z=]/.test(content) && content.length >= 4)
  return sure && !/[[({]/.test(text[end] ?? '') ? { start, end, rule: 'authorization' } : undefined
}

function startsPlaceholder(text: string, start: number): boolean {
  const near = text.slice(start, start + 64)
  return isPlaceholder(near.slice(0, firstOf(cookieEnd, near, 0)))
}

function firstOf(pattern: RegExp, text: string, from: number): number {
  return execAt(pattern, text, from)?.index ?? text.length
}
