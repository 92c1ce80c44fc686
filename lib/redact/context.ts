/** Secrets that are known by what stands before them: names, headers, addresses, flags. */

import type { Find } from './finds.ts'
import { findKind, type Kind, looksSecret, type Manner, secretTail } from './names.ts'
import { isPlaceholder } from './placeholder.ts'

// It leads with the operator, so that the words of prose cost nothing; the name is read backwards.
const operators = new RegExp(
  `[=:](?:(?<=${secretTail}["'\`\\\\\\]]{0,4} {0,3}[=:])|(?=\\\\{0,2}/\\\\{0,2}/[^\\s/@"'<>]{0,256}@))`,
  'gi',
)

/** Finds values under secret names, credentials in headers, passwords in addresses and flags. */
export function findByContext(text: string, finds: Find[]): void {
  const reader: Reader = { text, start: 0, end: 0 }
  operators.lastIndex = 0
  while (operators.test(text)) {
    const at = operators.lastIndex - 1
    const find = text[at + 1] === '/' || text[at + 1] === '\\' ? addressAt(text, at) : undefined
    const found = find ?? assignmentAt(reader, at)
    if (found === undefined) continue
    finds.push(found)
    operators.lastIndex = found.end
  }
  if (text.includes('--')) findFlags(reader, finds)
  if (text.includes('-u')) findUsers(text, finds)
}

/** A text with the last unquoted run that was taken: names repeated in one cost it only once. */
interface Reader {
  readonly text: string
  start: number
  end: number
}

const address = /:\\{0,2}\/\\{0,2}\/[^\s/@"'<>:]{0,256}:([^\s/"'`<>]{1,512})@/y

function addressAt(text: string, at: number): Find | undefined {
  address.lastIndex = at
  const hit = address.exec(text)
  if (hit === null || isPlaceholder(hit[1] as string)) return undefined
  const end = at + hit[0].length - 1
  return { start: end - (hit[1] as string).length, end, rule: 'url-password' }
}

/** The value after the operator at `at`, when the name before it says that it is secret. */
function assignmentAt(reader: Reader, at: number): Find | undefined {
  const { text } = reader
  let nameEnd = at
  while (/[ "'`\\\]]/.test(text[nameEnd - 1] ?? '')) nameEnd--
  const nameStart = nameBefore(text, nameEnd)
  const kind = findKind(text.slice(nameStart, nameEnd))
  if (kind === undefined) return undefined

  let start = at + 1
  const next = text[start]
  if (text[at] === '=' && (next === '=' || next === '~')) return undefined
  if ((next === '>' && text[at] === '=') || (next === '=' && text[at] === ':')) start++
  const tight = start === at + 1 && nameEnd === at && text[at] === '='
  while ((text[start] === ' ' || text[start] === '\t') && start < at + 8) start++
  const shell = tight && /^[A-Z0-9_]+$/.test(text.slice(nameStart, nameEnd))
  const flag = text.startsWith('--', nameStart) || /[?&]/.test(text[nameStart - 1] ?? '')
  return valueAt(reader, start, kind, shell || (tight && flag) ? 'shell' : 'bare')
}

/** Where the name that ends at `end` begins, at most 64 characters before. */
function nameBefore(text: string, end: number): number {
  let start = end
  while (start > end - 64 && /[\w.-]/.test(text[start - 1] ?? '')) start--
  // "API key: ..." is a name of two words.
  if (/^key/i.test(text.slice(start, end)) && text[start - 1] === ' ') {
    start--
    while (start > end - 64 && /[\w.-]/.test(text[start - 1] ?? '')) start--
  }
  return start
}

const quotes = /\\{0,3}["'`]/y
const bare = /[^\s"'`&;,<>(){}[\]|\\]*/y

function valueAt(reader: Reader, at: number, kind: Kind, manner: Manner): Find | undefined {
  const { text } = reader
  quotes.lastIndex = at
  const quote = quotes.exec(text)?.[0] ?? ''
  const start = at + quote.length
  if (kind === 'cookie' || kind === 'authorization') return headerAt(text, start, kind)

  const closed = quote === '' ? -1 : closing(text, start, quote)
  const end = closed === -1 ? bareEnd(reader, start) : closed
  if (closed === -1 && /[[({]/.test(text[end] ?? '')) return undefined
  const content = text.slice(start, end)
  return looksSecret(content, kind, closed === -1 ? manner : 'quoted')
    ? { start, end, rule: kind }
    : undefined
}

/** Where the quote closes on the same line, not far away; -1 when it does not. */
function closing(text: string, start: number, quote: string): number {
  const near = text.slice(start, start + 4096)
  for (let end = near.indexOf(quote); end !== -1; end = near.indexOf(quote, end + 1)) {
    if (quote.length > 1 || !isEscaped(near, end)) {
      return near.slice(0, end).includes('\n') ? -1 : start + end
    }
  }
  return -1
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (slashes < 8 && text[at - 1 - slashes] === '\\') slashes++
  return slashes % 2 === 1
}

function bareEnd(reader: Reader, start: number): number {
  if (start < reader.start || start >= reader.end) {
    bare.lastIndex = start
    bare.test(reader.text)
    reader.start = start
    reader.end = bare.lastIndex
  }
  let end = reader.end
  if (end > start && /[.:!?]/.test(reader.text[end - 1] ?? '')) end--
  return end
}

const scheme = /[A-Za-z][\w-]{1,24} {1,3}/y
const credentials = /[A-Za-z0-9._~+/=:-]*/y
const listed = /^(?:AWS4|Digest|OAuth|Hawk|NTLM|Negotiate|Signature)/i
const headerEnd = /["'`\r\n\\]/g
const cookie = /[\w!#%&*+.^|~-]{1,128}=(?=[^\s;,"'$<{%*[\\])/y

/** The credentials of an Authorization header after its scheme, or the content of a cookie. */
function headerAt(text: string, start: number, kind: Kind): Find | undefined {
  if (kind === 'cookie') {
    cookie.lastIndex = start
    if (!cookie.test(text)) return undefined
    const named = /set-cookie["'`\\]{0,4} {0,3}[=:].{0,8}$/i.test(
      text.slice(Math.max(0, start - 32), start),
    )
    const from = named ? cookie.lastIndex : start
    const end = named ? firstOf(/[;"'`\s\\]/g, text, from) : firstOf(headerEnd, text, from)
    return isPlaceholder(text.slice(from, end)) && named
      ? undefined
      : { start: from, end, rule: kind }
  }
  scheme.lastIndex = start
  const word = scheme.exec(text)?.[0] ?? ''
  const from = start + word.length
  const end = listed.test(word) ? firstOf(headerEnd, text, from) : firstEnd(credentials, text, from)
  const content = text.slice(from, Math.min(end, from + 512))
  if (content.length < 4 || isPlaceholder(content) || /[[({]/.test(text[end] ?? ''))
    return undefined
  const sure = listed.test(word) || /^basic/i.test(word)
  const mixed = content.length >= 6 && /[0-9]/.test(content) && /[A-Za-z]/.test(content)
  return sure || mixed ? { start: from, end, rule: kind } : undefined
}

function firstOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length
}

function firstEnd(run: RegExp, text: string, from: number): number {
  run.lastIndex = from
  run.test(text)
  return run.lastIndex
}

const flags = new RegExp(`--(?:[\\w-]{0,40})(?<=${secretTail})[ \\t]{1,4}(?=[^\\s-])`, 'gi')

/** `--token value`. */
function findFlags(reader: Reader, finds: Find[]): void {
  const { text } = reader
  flags.lastIndex = 0
  for (let hit = flags.exec(text); hit !== null; hit = flags.exec(text)) {
    const kind = findKind(hit[0].trimEnd().slice(2))
    if (kind !== 'password' && kind !== 'secret') continue
    const find = valueAt(reader, hit.index + hit[0].length, kind, 'bare')
    if (find === undefined) continue
    finds.push(find)
    flags.lastIndex = find.end
  }
}

const users = /(?<=\s)(?:-u|--(?:proxy-)?user)[ =]?["']?[^\s:"'$<]{0,64}:(?=[^\s"'])/g

/** `curl -u user:password`. */
function findUsers(text: string, finds: Find[]): void {
  users.lastIndex = 0
  while (users.test(text)) {
    const start = users.lastIndex
    const line = text.slice(Math.max(0, start - 400), start)
    if (!/\bcurl\b[^\n]{0,400}$/.test(line)) continue
    const end = firstOf(/[\s"']/g, text, start)
    if (isPlaceholder(text.slice(start, end))) continue
    finds.push({ start, end, rule: 'password' })
    users.lastIndex = end
  }
}
