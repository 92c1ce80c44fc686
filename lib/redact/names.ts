/** Which names say that their value is a secret, and which values can be one. */

import { isPlaceholder } from './placeholder.ts'

/** What a name promises of its value. */
export type Kind = 'password' | 'secret' | 'authorization' | 'cookie' | 'set-cookie'

/** How the value stands there, which says how likely plain words are. */
export type Manner =
  /** In quotes, or a string of a JSON value. */
  | 'quoted'
  /** NAME=value as shells and .env files have it, or an argument of its own. */
  | 'shell'
  /** Without quotes: code, YAML, prose. */
  | 'bare'

const suffix = '(?:_base|_(?:prod|dev|test|staging|live)|[_-]?[0-9]{1,2})?'
const password = '(?:passw(?:or)?ds?|passphrase|passcode|[_-]pass|pwd)'
const key =
  '(?:api|access|secret|private|encryption|signing|signature|account|master|auth|shared|storage|' +
  'subscription|deploy|service|app|admin|license|webhook|hmac|jwt|ssh|client|server|user|bot|' +
  'consumer|integration|crypt|session)[ _.-]?key'
const secret = `(?:token|secrets?|credentials?|auth|${key})`

/** What a secret name ends with: a source for the end of a regular expression, in any case of letters. */
export const secretTail: string = `(?:${password}|${secret}|authorization|cookie)${suffix}`

const isPassword = new RegExp(`${password}${suffix}$`, 'i')
const isSecret = new RegExp(`${secret}${suffix}$`, 'i')
const harmless =
  /^(?:OLD)?PWD$|^pwd$|oldpwd$|(?:^|[_.-]|\b)(?:max|min|num|total|count|page|next|prev|stop|bos|eos|pad|unk|cls|sep|mask|cancell?ation|continuation|design|id)[_.-]?token$|(?:Page|page|cancellation|Cancellation|continuation|Continuation|max|Max)Token$/

/** A name without any of these announces nothing. */
const telling = ['pass', 'pwd', 'key', 'token', 'secret', 'cred', 'auth', 'cookie']

/** The kind of secret that a name announces. */
export function findKind(name: string): Kind | undefined {
  const tail = name.length > 64 ? name.slice(-64) : name
  const lower = tail.toLowerCase()
  // Most names are none of these, and the expressions below cost something to be made.
  if (!telling.some((word) => lower.includes(word))) return undefined
  if (/(?:^|-)authorization$/i.test(tail)) return 'authorization'
  if (/^(?:set-)?cookie$/i.test(tail)) return /^s/i.test(tail) ? 'set-cookie' : 'cookie'
  if (harmless.test(tail)) return undefined
  if (isPassword.test(tail)) return 'password'
  return isSecret.test(tail) ? 'secret' : undefined
}

const stopWords =
  /^(?:true|false|null|nil|none|undefined|yes|no|on|off|string|str|text|bytes|any|object|required|optional|hidden|default|unset|empty|missing|invalid|prompt|stdin|file|env|password|passwd|pass|secret|token|value|key|auth|basic|bearer|disabled|enabled|write|read|inherit|unknown|redacted|changed|update)$/i
const words = /^[A-Za-z]+(?:[-_./: ][A-Za-z]+)*(?:[-_.]?v?[0-9]{1,4})?$/
const dotted = /^[A-Za-z_$][\w$]*[?!]?(?:\??\.[A-Za-z_$][\w$]*[?!]?)+$/
const address = /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\|[a-z][a-z0-9+.-]{1,20}:\/\/)/

/** Whether a value under a name of that kind is taken for a secret. */
export function looksSecret(whole: string, kind: Kind, manner: Manner): boolean {
  const value = whole.length > 80 ? whole.slice(0, 80) : whole
  return mayBeSecret(value, kind, manner) && !stopWords.test(value) && !isPlaceholder(value)
}

function mayBeSecret(value: string, kind: Kind, manner: Manner): boolean {
  const long = value.length
  if (long < (kind === 'password' ? 4 : 8) || /\s/.test(value)) return false
  if (address.test(value) && !isBlob(value)) return false
  if (dotted.test(value) && (value.match(/[0-9]/g)?.length ?? 0) < 6) return false
  if (kind === 'password') return manner !== 'bare' || !/^[A-Za-z_$]*$/.test(value)
  if (/^[-+0-9.,:/TZ]*$/.test(value)) return long >= 20
  const digits = /[0-9]/.test(value)
  if (manner === 'shell') return digits || !/[-_./:]/.test(value)
  if (manner === 'bare' && long < 12 && /^[A-Za-z_]\w*$/.test(value)) return false
  return !words.test(value) && (digits || /[+/=!@#%^&*]/.test(value))
}

/** Whether it is key material that happens to begin like a path. */
function isBlob(value: string): boolean {
  return /^[A-Za-z0-9+/]{40,}={0,2}$/.test(value) && /[0-9]/.test(value) && /[A-Z]/.test(value)
}
