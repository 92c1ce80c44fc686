/** Secrets that are known by what stands before them: names, headers, addresses, flags. */

import type { Find } from './finds.ts'
import {
  findKind,
  findParameterKind,
  type Kind,
  looksSecret,
  type Manner,
  secretTail,
} from './names.ts'
import { isPlaceholder } from './placeholder.ts'
import { type Runs, takeRun } from './runs.ts'

// It leads with the operator and reads the name backwards, so that prose costs nothing. What comes
// before is only what every secret name ends with: names.ts has the last word.
const operators = new RegExp(
  `[=:,(>](?:(?<=(?:(?:oke|izatio)n|(?:wor|ssw|[a-z_-]pw|cre)d|(?:hras|ooki|cod|alu)e|ecret|ntial|auth|` +
    `(?:[_.-]?pas|word|sswd|ecret|ntial|cred|key)s|[a-z0-9_. -]key|earer|jwt|[_.-]?pat|data|text|tring|lain|hash|` +
    `(?:en|rd|wd|et|ey|pass)[_-]?[0-9]{1,2}|(?:et|ecret_?)id|_(?:base|prod|dev|test|staging|live)|` +
    `[?&](?:sig|[a-z-]{0,11}signature|hmac|key|code|sid|session(?:id)?|hapikey|app_?id|hash))` +
    `["'\`\\\\\\]]{0,4} {0,3}[=:,(>])|` +
    `(?=\\\\{0,2}/\\\\{0,2}/[^\\s/@"'<>]{0,256}@))`,
  'gi',
)

/** Finds values under secret names, credentials in headers, passwords in addresses and flags. */
export function findByContext(text: string, finds: Find[]): void {
  const reader = readerOf(text)
  operators.lastIndex = 0
  while (operators.test(text)) {
    const at = operators.lastIndex - 1
    const find = text[at + 1] === '/' || text[at + 1] === '\\' ? addressAt(text, at) : undefined
    const found = find ?? assignmentAt(reader, at)
    if (found === undefined) continue
    finds.push(found)
    operators.lastIndex = found.end
  }
  findArguments(text, finds, reader)
  findPhrases(text, finds)
}

/** Finds what the flags of commands say is secret. */
export function findArguments(text: string, finds: Find[], reader: Reader = readerOf(text)): void {
  if (text.includes('--')) findFlags(reader, finds)
  if (text.includes('-u')) findUsers(text, finds)
  if (/-[ap]|PASS/.test(text)) findShortFlags(text, finds)
}

function readerOf(text: string): Reader {
  return { text, kinds: new Map(), runs: new Map() }
}

/** A text that is searched, and what was seen in it. */
export interface Reader {
  readonly text: string
  /** The names seen in it; few names come often. */
  readonly kinds: Map<string, Kind | undefined>
  readonly runs: Runs
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
  const isParameter = /[?&]/.test(text[nameStart - 1] ?? '')
  const kind = kindOf(reader, text.slice(nameStart, nameEnd), isParameter)
  if (kind === undefined) return undefined
  const operator = text[at] as string
  if (operator === ',' || operator === '(' || operator === '>') {
    return passedAt(reader, at, { nameStart, nameEnd, kind })
  }

  let start = at + 1
  const next = text[start]
  if (text[at] === '=' && (next === '=' || next === '~')) return undefined
  if ((next === '>' && text[at] === '=') || (next === '=' && text[at] === ':')) start++
  const tight = start === at + 1 && nameEnd === at && text[at] === '='
  while ((text[start] === ' ' || text[start] === '\t') && start < at + 8) start++
  const shell = tight && /^[A-Z0-9_]+$/.test(text.slice(nameStart, nameEnd))
  const flag = text.startsWith('--', nameStart) || isParameter
  typed.lastIndex = start
  if (typed.test(text)) start = typed.lastIndex
  return valueAt(reader, start, kind, shell || (tight && flag) ? 'shell' : 'bare')
}

/** The type that some languages put between a name and its value. */
const typed =
  /(?:(?:Optional|Secret|Final)\[)?(?:&(?:'static )?)?(?:str|string|String|SecretStr|text|Any|any)(?:\]|\?)?(?: ?\| ?(?:None|null|undefined))? ?= ?(?=["'`r])/y

/** `<password>...<`, `set('password', '...')`, `password('...')`. */
function passedAt(
  reader: Reader,
  at: number,
  name: { nameStart: number; nameEnd: number; kind: Kind },
): Find | undefined {
  const { text } = reader
  const before = text[name.nameStart - 1] ?? ''
  if (text[at] === '>') {
    if (name.nameEnd !== at || !/[<:]/.test(before)) return undefined
    const end = text.slice(at + 1, at + 513).search(/[<\n]/)
    const content = text.slice(at + 1, at + 1 + Math.max(0, end))
    return looksSecret(content, name.kind, 'quoted')
      ? { start: at + 1, end: at + 1 + content.length, rule: name.kind }
      : undefined
  }
  const isQuoted = /["'`]/.test(text[name.nameEnd] ?? '')
  if ((text[at] === ',') !== isQuoted) return undefined
  passed.lastIndex = at + 1
  if (!passed.test(text)) return undefined
  const find = valueAt(reader, passed.lastIndex, name.kind, 'bare')
  if (find === undefined) return undefined
  const content = text.slice(find.start, find.end)
  return isHeader(name.kind) || /[0-9]/.test(content) ? find : undefined
}

const passed = /[ \t]{0,4}(?=["'`])/y

function kindOf({ kinds }: Reader, name: string, isParameter: boolean): Kind | undefined {
  if (isParameter) return findParameterKind(name)
  const known = kinds.get(name)
  if (known !== undefined || kinds.has(name)) return known
  const kind = findKind(name)
  kinds.set(name, kind)
  return kind
}

/** Where the name that ends at `end` begins, at most 64 characters before. */
function nameBefore(text: string, end: number): number {
  let start = nameFrom(text, end, end - 64)
  // "API key: ..." is a name of two words.
  if (text[start - 1] === ' ' && /^key/i.test(text.slice(start, end))) {
    start = nameFrom(text, start - 1, end - 64)
  }
  return start
}

function nameFrom(text: string, end: number, least: number): number {
  let start = end
  while (start > least && isNameCode(text.charCodeAt(start - 1))) start--
  return start
}

/** Letters, digits and `_ - .` */
function isNameCode(code: number): boolean {
  if (code >= 97) return code <= 122
  if (code >= 65) return code <= 90 || code === 95
  return code === 45 || code === 46 || (code >= 48 && code <= 57)
}

const quotes = /\\{0,3}["'`]/y
const bare = /[^\s"'`&;,<>(){}[\]|\\]*/y

function valueAt(reader: Reader, at: number, kind: Kind, manner: Manner): Find | undefined {
  const { text } = reader
  quotes.lastIndex = at
  const quote = quotes.exec(text)?.[0] ?? ''
  const start = at + quote.length
  if (isHeader(kind)) return headerAt(reader, start, kind)

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

function bareEnd({ text, runs }: Reader, start: number): number {
  const { end } = takeRun(runs, bare, text, start)
  return end > start && /[.:!?]/.test(text[end - 1] ?? '') ? end - 1 : end
}

/** The secret in a string that stands alone under a name: of a JSON key, of an argument. */
export function findUnder(kind: Kind, text: string): Find | undefined {
  if (isHeader(kind)) return headerAt({ text, kinds: new Map(), runs: new Map() }, 0, kind)
  return looksSecret(text, kind, 'quoted') ? { start: 0, end: text.length, rule: kind } : undefined
}

type Header = 'authorization' | 'cookie' | 'set-cookie'

function isHeader(kind: Kind): kind is Header {
  return kind === 'authorization' || kind === 'cookie' || kind === 'set-cookie'
}

function headerAt(reader: Reader, start: number, kind: Header): Find | undefined {
  if (kind === 'authorization') return credentialsAt(reader, start)
  const { text } = reader
  cookie.lastIndex = start
  if (!cookie.test(text)) return undefined
  // A Cookie header is all values; of a Set-Cookie header the attributes are worth keeping.
  const from = kind === 'cookie' ? start : cookie.lastIndex
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
const credentials = /[A-Za-z0-9._~+/=:-]*/y
const listed = /^(?:AWS4|Digest|OAuth|Hawk|NTLM|Negotiate|Signature)/i

/** What follows the scheme of an Authorization header; the scheme stays. */
function credentialsAt({ text, runs }: Reader, at: number): Find | undefined {
  scheme.lastIndex = at
  const word = scheme.exec(text)?.[0] ?? ''
  const start = at + word.length
  if (startsPlaceholder(text, start)) return undefined
  if (listed.test(word)) {
    return { start, end: firstOf(headerEnd, text, start), rule: 'authorization' }
  }
  const { end } = takeRun(runs, credentials, text, start)
  const content = text.slice(start, Math.min(end, start + 200))
  const mixed = content.length >= 6 && /[0-9]/.test(content) && /[A-Za-z]/.test(content)
  const sure = mixed || (content.length >= 4 && /^basic/i.test(word))
  return sure && !/[[({]/.test(text[end] ?? '') ? { start, end, rule: 'authorization' } : undefined
}

function startsPlaceholder(text: string, start: number): boolean {
  const near = text.slice(start, start + 64)
  return isPlaceholder(near.slice(0, firstOf(cookieEnd, near, 0)))
}

function firstOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex - 1 : text.length
}

const flags = new RegExp(
  `--(?<![\\w-]--)(?=[a-z])[\\w-]{1,40}(?=[ \\t])(?<=${secretTail})[ \\t]{1,4}(?=[^\\s-])`,
  'gi',
)

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

const argumentEnd = /[\s"']/g
const users =
  /-(?:u|-(?:proxy-)?user)(?<=\s-{1,2}[a-z-]{1,10})[ =]?["']?[^\s:"'$<]{0,64}:(?=[^\s"'])/g

/** `curl -u user:password`. */
function findUsers(text: string, finds: Find[]): void {
  users.lastIndex = 0
  while (users.test(text)) {
    const start = users.lastIndex
    const before = text.slice(Math.max(0, start - 400), start)
    if (!before.slice(before.lastIndexOf('\n') + 1).includes('curl ')) continue
    const end = firstOf(argumentEnd, text, start)
    if (isPlaceholder(text.slice(start, end))) continue
    finds.push({ start, end, rule: 'password' })
    users.lastIndex = end
  }
}

// One word after these is a password: the commands are few, and their short flags mean other things elsewhere.
const shortFlags =
  /\b(?:sshpass\s+-p[ ]?|(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;&]{0,200}?\s-p|redis-cli\b[^\n|;&]{0,200}?\s-a[ ]|(?:docker|podman|helm|az|oc|skopeo|crane|buildah)\b[^\n|;&]{0,120}?\blogin\b[^\n|;&]{0,200}?\s-p[ ]|openssl\b[^\n|;&]{0,200}?\s-(?:pass(?:in|out)?)[ ]pass:|(?:7z|zip|unzip|unrar)\b[^\n|;&]{0,120}?\s-[pP][ ]?)(?=[^\s-])/g

/** `mysql -pPASSWORD`, `sshpass -p PASSWORD`. */
function findShortFlags(text: string, finds: Find[]): void {
  shortFlags.lastIndex = 0
  for (let hit = shortFlags.exec(text); hit !== null; hit = shortFlags.exec(text)) {
    const quote = /["']/.exec(text[shortFlags.lastIndex] ?? '')?.[0]
    const start = shortFlags.lastIndex + (quote === undefined ? 0 : 1)
    const end = firstOf(
      quote === '"' ? doubleQuote : quote === "'" ? singleQuote : argumentEnd,
      text,
      start,
    )
    const content = text.slice(start, end)
    if (
      content.length < 3 ||
      isPlaceholder(content) ||
      /^[0-9]{1,5}(?::[0-9]{1,5})?$/.test(content)
    )
      continue
    finds.push({ start, end, rule: 'password' })
    shortFlags.lastIndex = end
  }
}

const doubleQuote = /["\n]/g
const singleQuote = /['\n]/g

const netrc = /\blogin[ \t]+\S{1,128}\s{1,8}password[ \t]+(\S{3,256})/dg
const sql = /\b(?:identified[ \t]+by|password)[ \t]+(?:password[ \t]+)?'([^'\s]{3,256})'/dgi
const setting = /^[ \t]*(?:requirepass|masterauth|rootpw)[ \t]+(\S{3,256})/dgm
const pgpass =
  /^[\w.*-]{1,255}:(?:5432|5433|6432|\*):[\w*-]{1,63}:[\w*.-]{1,63}:([^\s:]{3,256})$/dgm
const hash =
  /\$(?:2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}|apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|[156y]\$(?:[\w=,]{1,24}\$)?[./A-Za-z0-9]{1,32}\$[./A-Za-z0-9]{22,86}|argon2(?:id?|d)\$[\w=,$]{4,48}\$[A-Za-z0-9+/]{8,90}\$[A-Za-z0-9+/]{16,90})/dg

/** What is said in so many words, one form for each kind of file. */
function findPhrases(text: string, finds: Find[]): void {
  if (text.includes('login')) addGroups(text, netrc, 'password', finds)
  if (/password|identified/i.test(text)) addGroups(text, sql, 'password', finds)
  if (/requirepass|masterauth|rootpw/.test(text)) addGroups(text, setting, 'password', finds)
  if (/:(?:[56]43[23]|\*):/.test(text)) addGroups(text, pgpass, 'password', finds)
  if (/\$(?:2[abxy]?|apr1|[156y]|argon2i?d?)\$/.test(text))
    addGroups(text, hash, 'password-hash', finds)
}

function addGroups(text: string, pattern: RegExp, rule: string, finds: Find[]): void {
  for (const hit of text.matchAll(pattern)) {
    const [start, end] = hit.indices?.[1] ?? hit.indices?.[0] ?? [0, 0]
    if (!isPlaceholder(text.slice(start, end))) finds.push({ start, end, rule })
  }
}
