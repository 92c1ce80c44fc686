/** Secrets that are known by what stands before them: names, headers, addresses, flags. */

import { type Find, markerHead } from './finds.ts'
import { isHeader } from './headers.ts'
import { endOfLead } from './leads.ts'
import { listAt } from './lists.ts'
import { endAt, execAt } from './match.ts'
import { findMeaning, type Kind, type Meaning } from './names.ts'
import { isPasswordWord, isPlaceholder } from './placeholder.ts'
import { appAt, bare, findContinued, isBetween, type Reader, readerOf, valueAt } from './reader.ts'
import { takeRun } from './runs.ts'
import { isChosen, isLikePassword, isPaired, isRandom, isTwoWords, looksSecret } from './values.ts'

// What names of secrets end with, roughly, by their last letter: names.ts has the last word.
const nameEnds =
  '(?:(?:oke|izatio|lai|essio|pi|irmatio)n|(?:wor|ssw|[a-z_;-]pw|cre|_pro|(?:et|ecret[_ ]?|ession_?|sess|t\\.s)i|[_-]see)d|' +
  '(?:hras|ooki|cod|alu|bas|_privat|_liv)e|(?:ecre|sal|jw|pa|tex|_tes)t|(?:pas|word|sswd|ecret|ntial|cred|key|oken|code)s|' +
  '[a-z0-9_. -]key|(?:(?<![a-z0-9])|(?<=bind|root|ldap|dmin|vnc))pwd?|onfirm|epper|(?:aut|has)h|(?:trin|_stagin)g|ntial|earer|data|psk|_dev|nemonic|' +
  '(?:en|rd|wd|et|ey|pass)[ _-]?[0-9]{1,2}|(?:tf_token|op_session)_[a-z0-9_-]{1,60}|' +
  '[?&](?:sig|[a-z-]{0,11}signature|hmac|key|code(?:_verifier)?|[a-z_]{0,7}assertion|samlre(?:sponse|quest)|sid|hapikey|app_?id|hash))'
const connectors = `(?:[=:\uff1a\uff1d]|,(?=[ \\t]{0,16}(?:default ?= ?)?["'\`])|[({](?=["'\`])|>(?=[^\\s<]|<!\\[C)|<-(?=[ \\t]{0,4}["'])|(?:\\|\\||\\?\\?)=?(?=[ \\t]{0,4}\\\\{0,3}["'\`])|["'\`] (?:to|is) |\\{ get;[^}\\n]{0,24}\\} ?=)`

// It leads with the operator and reads the name backwards, so that prose costs nothing.
const operators = new RegExp(
  `${connectors}(?:(?<=${nameEnds}["'\`\\\\\\]*]{0,4}(?:\\[[0-9]{0,5}\\]| [[(][^[\\]()\n]{1,24}[\\])])?[ \\t]{0,40}(?:[=:\uff1a\uff1d,({>]|<-|(?:\\|\\||\\?\\?)=?|["'\`] (?:to|is) |\\{ get;[^}\\n]{0,24}\\} ?=))|` +
    `(?=\\\\{0,2}/\\\\{0,2}/[^\\s/@"'<>]{0,256}@))`,
  'gi',
)

const [slash, backslash] = [47, 92]

/** Finds values under secret names, credentials in headers, passwords in addresses. */
export function findByContext(text: string, finds: Find[]): void {
  const reader = readerOf(text)
  operators.lastIndex = 0
  for (let hit = operators.exec(text); hit !== null; hit = operators.exec(text)) {
    const at = hit.index
    const operator = text.charCodeAt(at) < 0x80 ? hit[0] : narrow(hit[0])
    const next = text.charCodeAt(at + 1)
    const opensAddress = operator === ':' && (next === slash || next === backslash)
    const found =
      (opensAddress ? addressAt(text, at) : undefined) ?? assignmentAt(reader, at, operator, finds)
    if (found === undefined) continue
    finds.push(found)
    findContinued(text, found, finds)
    operators.lastIndex = found.end
  }
}

/** The operator that a wide one of Chinese and Japanese texts stands for. */
function narrow(wide: string): string {
  return wide === '\uff1a' ? ':' : '='
}

const address =
  /:\\{0,2}\/\\{0,2}\/(?:\[REDACTED:[a-z0-9-]{1,64}\])?[^\s/@"'<>:]{0,256}:([^\s/"'`<>]{1,512})@/y
/** A token in the user's place, with nothing or a word of GitHub's for a password. Sentry's are public. */
const tokenAddress =
  /:\\{0,2}\/\\{0,2}\/([\w-]{20,256})(?::(?:x-oauth-basic)?)?@(?![\w.-]{0,128}sentry)/y

function addressAt(text: string, at: number): Find | undefined {
  const user = execAt(tokenAddress, text, at)
  if (user?.[1] !== undefined && isRandom(user[1])) {
    const start = at + user[0].indexOf(user[1])
    return { start, end: start + user[1].length, rule: 'url-password' }
  }
  const hit = execAt(address, text, at)
  const content = hit?.[1] ?? ''
  if (hit === null || isPlaceholder(content) || isPasswordWord(content)) return undefined
  const end = at + hit[0].length - 1
  return { start: end - content.length, end, rule: 'url-password' }
}

/** A name that stands before an operator. */
interface Name {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly meaning: Meaning
  /** Of an address. */
  readonly isParameter: boolean
}

/**
 * The value after the operator at `at`, when the name before it says that it is secret; of a list the
 * last one, and the others are added to `finds`.
 */
function assignmentAt(
  reader: Reader,
  at: number,
  operator: string,
  finds: Find[],
): Find | undefined {
  const { text } = reader
  const name = nameAt(text, at, operator)
  if (name === undefined) return undefined
  const { ofItems } = name.meaning
  const isPlain = operator === '=' || operator === ':'
  const last = isPlain && ofItems && listAt(reader, at + 1, ofItems, finds)
  if (last) return last
  const kind = kindOf(text, name, operator === '=' && name.end === at)
  if (kind === undefined) return undefined
  if (',({'.includes(operator)) return passedAt(reader, at, name, kind)
  if (operator === '>') return elementAt(text, at, name, kind)
  return assignedAt(reader, at, operator, name, kind)
}

function nameAt(text: string, at: number, operator: string): Name | undefined {
  let end = at
  while (isBetween(text.charCodeAt(end - 1))) end--
  if (text[end - 1] === ')' || text[end] === ']') end = withoutNote(text, end)
  const start = nameBefore(text, end)
  const before = text[start - 1]
  // What an ARN calls a secret, behind the number of an account, is an id of one.
  if (
    operator === ':' &&
    before === ':' &&
    /[0-9]{12}:$/.test(text.slice(Math.max(0, start - 13), start))
  )
    return undefined
  // The rule of a marker is no name.
  if (text.startsWith(markerHead, start - markerHead.length)) return undefined
  const name = text.slice(start, end)
  const isParameter = before === '?' || before === '&'
  return { start, end, text: name, meaning: findMeaning(name), isParameter }
}

/** `isTight`: right before `=`. */
function kindOf(text: string, name: Name, isTight: boolean): Kind | undefined {
  const { meaning } = name
  const kind =
    (name.isParameter ? meaning.ofParameter : meaning.kind) ??
    (isTight ? meaning.beforeEquals : undefined)
  if (kind !== undefined) return kind
  const isOfConnection = isTight && text[name.start - 1] === ';' && /^pwd$/i.test(name.text)
  return meaning.isShort || isOfConnection ? 'password' : undefined
}

/** The value after an operator that assigns or compares. */
function assignedAt(
  reader: Reader,
  at: number,
  operator: string,
  name: Name,
  kind: Kind,
): Find | undefined {
  const { text } = reader
  const { isShort, isConstant } = name.meaning
  let start = at + operator.length
  const next = text[start]
  if (operator === '=' && next === '=') return comparedAt(reader, start, kind)
  if (operator === '=' ? next === '~' : operator === ':' && next === ':') return undefined
  if (operator.startsWith('||') && isHeader(kind)) return undefined
  if ((next === '>' && operator === '=') || (next === '=' && operator === ':')) start++
  const isTight = operator === '=' && name.end === at && start === at + 1
  while ((text[start] === ' ' || text[start] === '\t') && start < at + operator.length + 41) start++
  // Formatters break what is too long for one line.
  if (text[start] === '\n' && !isHeader(kind)) start = endAt(below, text, start) ?? start
  const isVariable = isTight && isConstant
  const made = madeUpAt(text, start, name.text, kind)
  if (made !== undefined) return made
  if (isVariable && opensLine(text, name.start)) return settingAt(reader, start, kind)
  if (isHeader(kind)) start = endAt(listOfOne, text, start) ?? start
  if (leadsBegin.includes(text[start] ?? ' '))
    for (const lead of leads) start = endAt(lead, text, start) ?? start
  // What is told of a test.
  if (operator === ':' && name.text === 'PASS')
    return valueAt(reader, start, 'password', 'sentence')
  if (isShort && kind === 'password') return shortlyNamedAt(reader, start)
  const isFlag = isTight && (text.startsWith('--', name.start) || name.isParameter)
  const isSetting =
    !isFlag && !isHeader(kind) && goesOn(reader, start) && opensLine(text, name.start)
  const manner = isVariable || isFlag ? 'shell' : 'bare'
  const find =
    (isSetting ? wordAt(text, start, kind) : undefined) ?? valueAt(reader, start, kind, manner)
  if (find === undefined) return isShort ? shortlyNamedAt(reader, start) : undefined
  const isItsName = kind === 'secret' && isNamedSo(name.text, text.slice(find.start, find.end))
  return isItsName ? undefined : find
}

const below = /\r?\n[ \t]{0,64}(?=["'`])/y

/** In quotes: two words under the name of a password, a word and a number under that of a secret. */
function madeUpAt(text: string, start: number, name: string, kind: Kind): Find | undefined {
  const quote = text[start] ?? ''
  if ((kind !== 'password' && kind !== 'secret') || !`"'\``.includes(quote)) return undefined
  const near = text.slice(start + 1, start + 32)
  const content = near.slice(0, Math.max(0, near.indexOf(quote)))
  const isMadeUp = kind === 'password' ? isTwoWords : isChosen
  if (!isMadeUp(name, content)) return undefined
  return { start: start + 1, end: start + 1 + content.length, rule: 'password' }
}

const equal = /={1,2}[ \t]{0,4}(?=["'`])/y

/** What a name is compared with: a secret only when chance made it. */
function comparedAt(reader: Reader, start: number, kind: Kind): Find | undefined {
  const quoted = endAt(equal, reader.text, start)
  return quoted === undefined || isHeader(kind)
    ? undefined
    : valueAt(reader, quoted, kind, 'sentence')
}

/** A name of a few letters says little, so its value has to look like a password. */
function shortlyNamedAt(reader: Reader, start: number): Find | undefined {
  const { text } = reader
  if (takeRun(reader, bare, start).end - start > 128) return undefined
  const find = valueAt(reader, start, 'password', 'cell')
  return find !== undefined && isLikePassword(text.slice(find.start, find.end)) ? find : undefined
}

/** Whether a constant says its own name again, or a part of it. */
function isNamedSo(name: string, value: string): boolean {
  if (value.length > 64 || !/^[a-z][\w.-]*$/i.test(value)) return false
  const [whole, part] = [name, value].map((one) => one.replace(/[^A-Za-z0-9]/g, '').toLowerCase())
  return (whole as string).startsWith(part as string) || (whole as string).endsWith(part as string)
}

/** Whether a name stands at the start of a line, as in files of settings; that may have a number. */
function opensLine(text: string, at: number): boolean {
  if (at > 0 && !'\n \t+-:|\u2192'.includes(text[at - 1] as string)) return false
  // No more than that: a line may be as long as the text.
  const near = text.slice(Math.max(0, at - 240), at)
  const line = near.slice(near.lastIndexOf('\n') + 1)
  return line.length < 240 && beforeName.test(line.slice(endOfLead(line, 0)))
}

const beforeName = /^[ \t]{0,40}[+-]?[ \t]{0,40}(?:export |ENV |set |env |- )?$/

/** Whether a value is followed by a mark that may as well be part of it. */
function goesOn(reader: Reader, start: number): boolean {
  const { end } = takeRun(reader, bare, start)
  return end > start && "&;,>|'".includes(reader.text[end] ?? ' ')
}

const wholeWord =
  /[^\s"'`$()[\]{}<]+(?:'(?=[A-Za-z0-9])[^\s"'`$()[\]{}<]+)?(?=[ \t]*(?:[#;][^\n]*)?\r?$)/my

/** A value that goes on behind a mark at which it could have ended, up to the end of its line. */
function wordAt(text: string, start: number, kind: Kind): Find | undefined {
  const content = execAt(wholeWord, text, start)?.[0]
  if (content === undefined || !/[&;,>|']/.test(content) || !/[0-9]/.test(content)) return undefined
  if (/&&|\|\||->|=>|[&;,>|]$|[&;,|][\w.-]+[=:]/.test(content)) return undefined
  return looksSecret(content, kind, 'shell')
    ? { start, end: start + content.length, rule: kind }
    : undefined
}

const untilSpace = /[^\s"'`$]+(?:'(?=[A-Za-z0-9])[^\s"'`$]+)?(?=\s|$)/y

/** There, everything up to the next space is the value; quotes are read like everywhere. */
function settingAt(reader: Reader, start: number, kind: Kind): Find | undefined {
  const { text } = reader
  const isOther = isHeader(kind) || kind === 'phrase'
  const content = isOther ? undefined : execAt(untilSpace, text, start)?.[0]
  if (content === undefined) return valueAt(reader, start, kind, 'shell')
  const app = appAt(text, start, kind)
  if (app !== undefined) return app
  if (/^[\w.]+\([^)]*\)$|&&|\|\||;$/.test(content)) return valueAt(reader, start, kind, 'shell')
  return looksSecret(content, kind, 'shell')
    ? { start, end: start + content.length, rule: kind }
    : undefined
}

/** The type that some languages put between a name and its value. */
const typed =
  /(?:(?:Optional|Secret|Final)\[)?(?:&(?:'static )?)?(?:str|string|String|SecretStr|text|Any|any)(?:\]|\?)?(?: ?\| ?(?:None|null|undefined))? ?= ?(?=["'`r]|Field\()/y

/** What some languages put before or for a quote, and Markdown and YAML before a value. */
const marked =
  /(?:(?:Some|String::from|\[\]byte|Buffer\.from|(?:base64\.)?b64decode|atob|MD5|SHA1|bytes)\((?=["'`])|Field\((?:default ?= ?)?(?=["'])|N(?=')|q{1,2}[{(](?=\S)|\[\[(?=[^\s[\]]+\]\])|\[(?=[^\]]{0,64}[0-9])(?![^\]]{0,64}-[zZ9f])(?=[\w+/=.~-]{8,512}\])|[bBfLrRu@]{1,2}(?=["'])|\*{2} ?(?=["'`\w])|!(?:!str|unsafe) (?=\S)|T\.pack (?=")|string (?=')|&\w{1,32} (?=\S))/y

const leads = [typed, marked]
/** With what they begin; few values do, and the expressions take longer. */
const leadsBegin = 'OSFTABMNLRstabfrqu&[@*!'

/** What has several values has a list of one, as a rule. */
const listOfOne = /\[ ?(?=["'][^"'\n]{0,64}[0-9])(?=["'][^"'\n]{16})/y

/** How what follows is told to be no mark-up. */
const character = /<!\[CDATA\[/y

/** `<password>...<`, `<password><![CDATA[...]]><` */
function elementAt(text: string, at: number, name: Name, kind: Kind): Find | undefined {
  // `<string name="password">`
  const isAttribute =
    name.end === at - 1 &&
    /\b(?:name|key|id)=["']$/.test(text.slice(Math.max(0, name.start - 8), name.start))
  const isElement = name.end === at && /[<:]/.test(text[name.start - 1] ?? '')
  if (!isElement && !isAttribute) return undefined
  const start = endAt(character, text, at + 1) ?? at + 1
  const length = text.slice(start, start + 512).search(/[<\n]|\]\]>/)
  const end = start + length
  if (length < 0 || !/^(?:\]\]>)?<\//.test(text.slice(end, end + 5))) return undefined
  const content = text.slice(start, end)
  return looksSecret(content, kind, isElement ? 'quoted' : 'cell')
    ? { start, end, rule: kind }
    : undefined
}

/** `set('password', '...')`, `{ "password", "..." }`, `"--password", "..."`, `${env:PASSWORD, '...'}` and calls. */
function passedAt(reader: Reader, at: number, name: Name, kind: Kind): Find | undefined {
  const { text } = reader
  const before = text.slice(Math.max(0, name.start - 10), name.start)
  const isCall = text[at] !== ','
  const isFlag = !isCall && text.startsWith('--', name.start) && /["'`]$/.test(before)
  const isOpened = isCall ? name.end === at : /(?:[({[]\s{0,8}["'`]|\$\{env:|\{)$/.test(before)
  if (!isOpened && !isFlag) return undefined
  const start = endAt(passed, text, at + 1)
  if (start === undefined) return undefined
  const find = valueAt(reader, start, kind, 'bare')
  if (find === undefined || isHeader(kind)) return find
  const content = text.slice(find.start, find.end)
  if (isFlag && content.startsWith('-')) return undefined
  // Elsewhere than in a call, two words or more are a list of names.
  const isPair = !isCall && !isFlag && !/\(\s*.$/.test(before)
  if (isPair && !/^["'`]\s{0,8}[\])}]/.test(text.slice(find.end, find.end + 10))) return undefined
  return isPaired(content) || (!isPair && /[0-9]|[^\w.:-]/.test(content)) ? find : undefined
}

const passed = /[ \t]{0,16}(?:default ?= ?)?(?=["'`])/y

/** Where the name that ends at `end` begins, at most 64 characters before. */
function nameBefore(text: string, end: number): number {
  let start = nameFrom(text, end, end - 64)
  // "API key: ..." is a name of two words, and "Unseal Key 1: ..." one of three.
  while (
    text[start - 1] === ' ' &&
    /^(?:key|phrase|words|codes?$|pin$|id$|[0-9]{1,2}$)/i.test(text.slice(start, end))
  ) {
    start = nameFrom(text, start - 1, end - 64)
  }
  return start
}

function nameFrom(text: string, end: number, least: number): number {
  let start = end
  while (start > least && isNameCode(text.charCodeAt(start - 1))) start--
  return start
}

/** Where a name ends that has something in brackets behind it: `Secret key [None]: `, `Key 1 (hex): `. */
function withoutNote(text: string, end: number): number {
  const note = /(?<=[\w"'`*])(?:\[[0-9]{0,5}| (?:\([^()\n]{1,24}\)|\[[^[\]\n]{1,24}))$/.exec(
    text.slice(Math.max(0, end - 28), end),
  )
  return note === null ? end : end - note[0].length
}

/** Letters, digits and `_ - .` */
function isNameCode(code: number): boolean {
  if (code >= 97) return code <= 122
  if (code >= 65) return code <= 90 || code === 95
  return code === 45 || code === 46 || isDigit(code)
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
