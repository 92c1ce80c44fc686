/** Which values are taken for secrets, where a name says that they may be. */

import { detached } from '../base/text.ts'
import type { Kind } from './names.ts'
import { isPlaceholder } from './placeholder.ts'

/** How the value stands there, which says how likely plain words are. */
export type Manner =
  /** In quotes, or a string of a JSON value. */
  | 'quoted'
  /** NAME=value as shells and .env files have it, or an argument of its own. */
  | 'shell'
  /** Without quotes: code, YAML, prose. */
  | 'bare'
  /** In a cell of a table, or alone in its line. */
  | 'cell'
  /** After a name with nothing but words between them: only what chance makes is a secret. */
  | 'sentence'

const stopWords =
  /^(?:true|false|null|nil|none|undefined|yes|no|on|off|string|str|text|bytes|any|object|required|optional|hidden|default|unset|empty|missing|invalid|prompt|stdin|file|env|password|passwd|pass|secret|token|value|key|auth|basic|bearer|disabled|enabled|with|without|flags?|options?|arguments?|parameters?|and|or|for|from|is|to|the|when|must|instead|given|via|write|read|inherit|unknown|redacted|changed|update)$/i
const words = /^[A-Za-z]+(?:[-_./: ][A-Za-z]+)*(?:[-_.]?v?[0-9]{1,4})?$/
const dotted = /^[A-Za-z_$][\w$]*[?!]?(?:\??\.[A-Za-z_$][\w$]*[?!]?)+$/
const address =
  /^(?:(?:secret_version=)?projects\/|arn:aws|\.{0,2}\/|~\/|[A-Za-z]:\\|[a-z][a-z0-9+.-]{1,20}:\/\/)/

/** It tells nothing of what it was made from. */
const digest = /^sha(?:1|256|384|512)[:-][A-Za-z0-9+/=]{27,128}$/

/** Fields of a line, types, and how long something may be. */
const colons = /^[A-Za-z_]*(?::[A-Za-z_]*)+$|^[0-9]{1,2}-[0-9]{1,3}$/
const call = /^[a-z][\w.]*\(.*\)$/i

/** Values come again, too, and the answer costs more than to remember it. */
const answers: { readonly [manner in Manner]: Map<Kind, Answers> } = {
  quoted: new Map(),
  shell: new Map(),
  bare: new Map(),
  cell: new Map(),
  sentence: new Map(),
}
const mostAnswers = 1000

interface Answers {
  readonly byValue: Map<string, boolean>
  /** What was asked last: to compare two values is sooner done than to look one up. */
  last: { readonly value: string; readonly answer: boolean } | undefined
}

/** Whether a value under a name of that kind is taken for a secret. */
export function looksSecret(whole: string, kind: Kind, manner: Manner): boolean {
  if (whole.length < (shortest[kind] ?? 8)) return false
  const value = whole.length > 80 ? whole.slice(0, 80) : whole
  let known = answers[manner].get(kind)
  if (known === undefined) {
    known = { byValue: new Map(), last: undefined }
    answers[manner].set(kind, known)
  }
  if (value === known.last?.value) return known.last.answer
  let answer = known.byValue.get(value)
  if (answer === undefined) {
    answer = mayBeSecret(value, kind, manner) && !stopWords.test(value) && !isPlaceholder(value)
    if (known.byValue.size >= mostAnswers) known.byValue.clear()
    known.byValue.set(detached(value), answer)
  }
  known.last = { value, answer }
  return answer
}

/** Of values under names of a kind; 8 under others. */
const shortest: { readonly [K in Kind]?: number } = { password: 4, code: 4, parameter: 16 }

function mayBeSecret(value: string, kind: Kind, manner: Manner): boolean {
  if (kind === 'phrase') return false
  // A number, or a few letters and digits at a time; no word, and no address.
  if (kind === 'code')
    return /^(?:[0-9]{4,12}|(?=.*[0-9])(?:[A-Za-z0-9]{8,16}|[A-Za-z0-9]{3,10}(?:-[A-Za-z0-9]{3,10}){1,5}))$/.test(
      value,
    )
  const long = value.length
  if (/\s/.test(value)) {
    if (manner !== 'quoted') return false
    return kind === 'password' ? isWordy(value) : /^[a-z]{4}(?: [a-z]{4}){3}$/.test(value)
  }
  if (address.test(value) && !isBlob(value)) return false
  if (colons.test(value) || (kind === 'secret' && call.test(value))) return false
  if (dotted.test(value) && (/Key$/.test(value) || (digitsIn(value) < 6 && !hasRandom(value)))) {
    return false
  }
  if (manner !== 'shell' && (constant.test(value) || numeral.test(value))) return false
  if (kind === 'parameter') return isRandom(value) && !value.includes('[')
  if (manner === 'sentence' && digest.test(value)) return false
  if (manner === 'sentence') {
    const isMadeUp = isStrong(value) || (isChaotic(value) && /^[^/]*[A-Z][^/]*$/.test(value))
    return isChance(value) || (kind === 'password' && isMadeUp)
  }
  if (manner === 'cell') {
    return kind === 'password'
      ? isMixed(value) || isChaotic(value)
      : isChance(value) || (isStrong(value) && isChaotic(value)) || /^[a-z]{20,}$/.test(value)
  }
  if (kind === 'password') {
    return manner === 'bare' ? !letters.test(value) || isChaotic(value) : !isLabel(value)
  }
  if (/^[-+0-9.,:/TZ]*$/.test(value)) return long >= 20
  // Patterns, and links within a page.
  if (/^\^|\\[sdwb.(|]|^#[a-z][a-z-]*$/.test(value)) return false
  if (/abcdefghijklmnopqrstuvwxyz/i.test(value)) return false
  const digits = /[0-9]/.test(value)
  if (manner === 'shell') return digits || !/[-_./:]/.test(value)
  if (manner === 'bare' && (long < 12 ? /^[A-Za-z_]\w*$/ : variable).test(value)) return false
  // The coordinates of a package.
  if (/:[0-9]+(?:\.[0-9]+)+[\w.-]*$/.test(value)) return false
  if (words.test(value)) return isScrambled(value)
  return digits || /[+/=!@#%^&*]/.test(value) || isUserInfo(value)
}

/** What forms say of a password, in words that passphrases of words seldom have. */
const said =
  /\b(?:an?|again|and|any|are|as|at|be|by|can(?:not)?|char(?:acter)?s?|confirm|current|das|de|default|der|des|die|do|does|du|el|en|encoded|enter|error|est|failed|field|for|from|ha[sv]e?|hash(?:ed)?|here|hint|if|in|incorrect|invalid|is|it|la|le|least|leave|length|les|login|los|max|min|must|new|no|not|of|old|on|or|our|pass(?:word|phrase)s?|please|required|reset|same|secret|set|should|string|that|the|this|to|token|too|type|un|una|use[drs]?|username|using|value|was|when|will|with|wrong|your?|changed?|contains?|disabled|empty|expired|failed|forgot(?:ten)?|format|generated?|hidden|input|label|length|manager|match(?:es)?|minimum|mismatch|missing|optional|plain|policy|protected|recovery|repeat|settings?|short|show|sign|strength|strong|text|update|weak)\b/i

/** Whether it is a password of several words, and no sentence about one. */
function isWordy(value: string): boolean {
  const isOfWords =
    /^(?:[a-z]{2,12}(?: [a-z0-9]{2,12}){2,11}|[A-Z][a-z]{2,11}(?: [A-Z][a-z]{2,11}){3,11})$/
  const isOfMarks =
    /^(?=.*(?:[A-Za-z][0-9]+[A-Za-z]|[0-9].*[!#%^&*+~@$]|[!#%^&*+~@$].*[0-9]))[!-~]{1,24}(?: [!-~]{1,24}){1,7}$/
  return (
    (isOfWords.test(value) || isOfMarks.test(value)) && !said.test(value) && !/[({<=]/.test(value)
  )
}

/** Whether it is two words, under a name for which that is enough: a translation has other names. */
export function isTwoWords(name: string, value: string): boolean {
  const isClear = /[Pp]assphrase$|^[A-Z0-9_]*PASS(?:WORD|PHRASE)?$/
  return isClear.test(name) && /^[a-z]{4,12} [a-z]{4,12}$/.test(value) && !said.test(value)
}

/** Whether it is a word and a number, under the name of a secret that people make up themselves. */
export function isChosen(name: string, value: string): boolean {
  const isOwn =
    /(?:jwt|session|cookie|app|auth|signing|hmac|webhook|shared|client|token)[_.-]?secret$/i
  const names =
    /secret|token|key|pass|auth|test|sample|fake|mock|name|value|user|client|server|your/i
  // Of systems, programs and algorithms, with their versions and sizes.
  const versions =
    /^(?:windows|ubuntu|debian|fedora|centos|alpine|macos|office|node|python|java|ecma|postgres|mysql|redis|utf|base|hmac|blake|keccak|chacha|curve)[0-9]+$/i
  return (
    isOwn.test(name) &&
    /^[A-Za-z]{4,20}[0-9]{2,4}$/.test(value) &&
    !names.test(value) &&
    !versions.test(value)
  )
}

/** Whether it is no name, of which lists hold two as well as a name and its value. */
export function isPaired(value: string): boolean {
  return !/^[a-z]+(?:[-_.][a-z0-9]+)+$/.test(value) && /[0-9]|[^\w.:-]/.test(value)
}

function digitsIn(value: string): number {
  return value.match(/[0-9]/g)?.length ?? 0
}

/** Whether a part between its dots is no name. */
function hasRandom(value: string): boolean {
  return value.split('.').some((part) => digitsIn(part) >= 2 && isRandom(part))
}

/** Whether it is random and no name in camel case, where each capital begins a word. */
function isChance(value: string): boolean {
  const isCamel = isCamelCase(value)
  const groups = value.match(/[0-9]+/g)?.length ?? 0
  return isRandom(value) && groups >= (isCamel ? 2 : 1) && /[A-Za-z0-9]{8}/.test(value)
}

/** Letters with digits or marks, as a cell that is told to be a password has them. */
function isMixed(value: string): boolean {
  return (
    /^[!-~]*$/.test(value) &&
    /[A-Za-z]/.test(value) &&
    /[0-9!#%^&*]/.test(value) &&
    !/^[-#/[({]|^\w+\(|[:>$%]$|@.*#$/.test(value)
  )
}

/** Letters, digits and a mark, which no name has. */
function isStrong(value: string): boolean {
  return isMixed(value) && /[0-9]/.test(value) && /[!#%^&*?+~]/.test(value) && value.length >= 8
}

/** What people and programs make when they are asked for a password, and no name is. */
export function isLikePassword(value: string): boolean {
  if (value.length < 8 || value.length > 128 || !isMixed(value)) return false
  if (/,|^[A-Za-z]+(?:_[A-Za-z]+)+[0-9]{0,2}$/.test(value)) return false
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[!#%^&*?+~@$]/]
  const count = kinds.filter((one) => one.test(value)).length
  return count >= 3 || /[a-z][0-9]{2,}[a-z]/.test(value) || isRandom(value) || isChaotic(value)
}

/** Of a value that is called a secret less surely than by its own name: chance or a likely password. */
export function kindOfChance(kind: Kind | undefined, value: string): Kind | undefined {
  if (kind === 'secret') return /[0-9]/.test(value) || !isCamelCase(value) ? 'parameter' : undefined
  return kind === 'password' && !isLikePassword(value) ? undefined : kind
}

/** Letters of either case that change as in no name, where one that is small begins no word. */
function isChaotic(value: string): boolean {
  const runs = value.match(/[a-z]+|[A-Z]+|[0-9]+/g) ?? []
  const single = runs.filter((run) => /^[a-z]$/.test(run)).length
  return value.length >= 8 && single >= 2 && 5 * runs.length >= 2 * value.length
}

const constant = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/
const variable = /^[a-z]+[0-9]{0,2}(?:_(?:[a-z]{2,}[0-9]{0,2}|[0-9]{1,2})){1,8}$/
const numeral = /^0x[0-9A-Fa-f]{1,8}$/
const letters = /^[A-Za-z_$]*$/
const label =
  /^(?:(?:[A-Z][a-z]+)*(?:Password|Token|Secret|Key)(?:[A-Z][a-z]+)*|:\w+:|[A-Z][a-z]+[:?!.]?|[a-z]+(?:[A-Z][a-z]+)+|PASS|FAIL|pass(?:ed)?|failed|sample)$/

/** Under `password` translations have words, tests have outcomes, and types have names. */
function isLabel(value: string): boolean {
  if (label.test(value)) return true
  // Made when it is needed: its classes take a millisecond.
  return (
    /[\u0080-\uffff]/.test(value) &&
    /^(?:[\p{L}\p{M}:?!.'-]*[^\p{ASCII}][\p{L}\p{M}:?!.'-]*|\p{Lu}\p{Ll}+[:?!.]?)$/u.test(value)
  )
}

/** Whether letters and digits change as no word, number or path does. */
export function isRandom(value: string): boolean {
  if (value.length < 16) return false
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(value)) return /[0-9]/.test(value) && value.length >= 24
  const runs = value.match(/[a-z]+|[A-Z]+|[0-9]+/g)
  return runs !== null && runs.length >= value.length / 3
}

function isCamelCase(value: string): boolean {
  return value.match(/[a-z]+/g)?.every((run) => run.length > 1) ?? false
}

/** Whether letters are mixed as no name in camel case is. */
function isScrambled(value: string): boolean {
  const upper = value.match(/[A-Z]/g)?.length ?? 0
  const lower = value.match(/[a-z]/g)?.length ?? 0
  return isRandom(value) && !isCamelCase(value) && Math.min(upper, lower) >= value.length * 0.3
}

/** Base64 of `user:password`. */
function isUserInfo(value: string): boolean {
  return (
    value.length >= 12 &&
    value.length % 4 === 0 &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(value) &&
    /^[\x21-\x7e]{1,40}:[\x21-\x7e]+$/.test(Buffer.from(value, 'base64').toString('latin1'))
  )
}

/** Whether it is key material that happens to begin like a path. */
function isBlob(value: string): boolean {
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(value) || !/[0-9]/.test(value)) return false
  return value.length < 40 ? isChaotic(value) : /[A-Z]/.test(value)
}
