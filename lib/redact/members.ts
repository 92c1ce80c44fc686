/** What the members of an object say of each other. */

import { findKind, findMeaning, isNameOfValue, isNoSecret, type Kind } from './names.ts'
import { isTelling } from './telling.ts'
import { kindOfChance } from './values.ts'

/** A string of the text: where its literal stands, and what it says. */
export interface Literal {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A key of an object; its value, when that is a string. */
export interface Member {
  readonly key: Literal
  readonly value: Literal | undefined
  readonly isTrue: boolean
}

/** Under what a record has the name of something, */
const nameKey =
  /^(?:(?:field|setting|variable|secret|attribute|property|option|env|parameter|param|header|var)?_?(?:name|key)|field|setting|variable|attribute|property|option|param|header|var|env_?var|label|title|slug|id|k)$/i
/** and under what its value; */
const valueKey = /^(?:(?:field|item|string|parameter|default|current)?_?value|val|v)$/i
/** and where a text or a sample may stand as well. */
const contentKey = /^(?:contents?|text|data|default|current|plain_?text)$/i
/** A value that its record says is to be kept from others. */
const isToldSecret = /^(?:is_?)?(?:secret|sensitive|secure|masked|concealed|encrypted)$/i
const secretType = /^(?:secret|secure_?string|concealed|sensitive|encrypted|hidden|password)$/i
/** Whose keys are the names of what they have. */
const owner =
  /^(?:user|account|project|org|team|partner|merchant|site|app|client|record|database|db|session|query)$/i
/** What the members of an object say of each other, each looked for once: there may be any number. */
export class Siblings {
  readonly #members: readonly Member[]
  /** What the object is called, and what that says of what is below. */
  readonly #name: string | undefined
  readonly #above: Kind | undefined
  #byKey: ReadonlyMap<string, Member> | undefined
  #pair: { readonly kind: Kind | undefined } | undefined
  #isOfThinking: boolean | undefined
  #isOfMedia: boolean | undefined

  constructor(members: readonly Member[], name: string | undefined, above: Kind | undefined) {
    this.#members = members
    this.#name = name
    this.#above = above
  }

  /** What the others say of a member: `{ name: 'API_KEY', value: ... }`, the private half of a key. */
  kindOf(key: string, value: string): Kind | undefined {
    if (valueKey.test(key)) return this.#pairKind ?? this.#below(key) ?? this.#kindOfValue
    return this.#below(key) ?? this.#kindOfOther(key, value)
  }

  /** `"db_password": {"current": ...}`, `"gitlab-token": {"gitlab.com": ...}`. */
  #below(key: string): Kind | undefined {
    const isBelow = isNameOfValue.test(key) || /^[\w-]{1,63}(?:\.[\w-]{1,63})+$/.test(key)
    return isBelow ? this.#above : undefined
  }

  #kindOfOther(key: string, value: string): Kind | undefined {
    if (contentKey.test(key)) return kindOfChance(this.#pairKind, value)
    if (key === 'key') return kindOfChance(this.#kindOfKey, value)
    // As Azure lists the keys of a service.
    if (/^key[12]$/.test(key))
      return this.#has('key1') && this.#has('key2') ? 'parameter' : undefined
    if (/^(?:primary|secondary)Key$/.test(key))
      return this.#has('primaryKey') && this.#has('secondaryKey') ? 'parameter' : undefined
    if (/^(?:d|k|p|q|d[pq]|qi)$/.test(key)) return this.#has('kty') ? 'secret' : undefined
    // What agents keep of a login.
    if (/^(?:access|refresh)$/.test(key))
      return this.#has('access') && this.#has('refresh') ? 'parameter' : undefined
    // Of a state of terraform.
    if (key === 'result' && this.#has('bcrypt_hash')) return 'password'
    return isNoSecret.test(key) ? undefined : kindOfChance(this.#kindOfMany, value)
  }

  #has(key: string): boolean {
    return this.#member(key) !== undefined
  }

  #member(key: string): Member | undefined {
    this.#byKey ??= new Map(this.#members.map((member) => [member.key.text, member]))
    return this.#byKey.get(key)
  }

  /** What the member that is a name says of the one that is a value. */
  get #pairKind(): Kind | undefined {
    if (this.#pair === undefined) {
      const kinds = this.#members.map(({ key, value }) =>
        value !== undefined && nameKey.test(key.text) ? kindOfName(value.text) : undefined,
      )
      this.#pair = { kind: kinds.find((kind) => kind !== undefined) }
    }
    return this.#pair.kind
  }

  /** What a record tells of its value: of a cookie as browsers keep it, of a key of a storage account. */
  get #kindOfValue(): Kind | undefined {
    if (this.#has('httpOnly') || (this.#has('keyName') && this.#has('permissions')))
      return 'parameter'
    const isTold = ({ key, value, isTrue }: Member) =>
      isTrue
        ? isToldSecret.test(key.text)
        : /^type$/i.test(key.text) && secretType.test(value?.text ?? '')
    return this.#members.some(isTold) ? 'secret' : undefined
  }

  /** Of `key`: the name of the object, or of a service in it, says whose it is. */
  get #kindOfKey(): Kind | undefined {
    if (this.#has('username') || this.#member('type')?.value?.text === 'api') return 'secret'
    const service = (this.#member('provider') ?? this.#member('service'))?.value?.text
    const names = [this.#name, service].filter((name) => name !== undefined && !owner.test(name))
    return names.map((name) => findKind(`${name}_key`)).find((kind) => kind !== undefined)
  }

  /** What the name of an object says of each of its members: `"tokens": { "github": ... }`. */
  get #kindOfMany(): Kind | undefined {
    return this.#name?.endsWith('s') ? findMeaning(this.#name).ofItems : undefined
  }

  get isOfThinking(): boolean {
    this.#isOfThinking ??= this.#members.some(isOfThinking)
    return this.#isOfThinking
  }

  get isOfMedia(): boolean {
    this.#isOfMedia ??= this.#members.some(isOfMedia)
    return this.#isOfMedia
  }
}

/** Most are ids, each another: those need not be remembered. */
function kindOfName(name: string): Kind | undefined {
  return name.length <= 256 && isTelling(name) ? findKind(name) : undefined
}

/**
 * Whether a string is a model's signature, its encrypted reasoning or an image: what providers want
 * back byte for byte. It is so by its place and its letters; under these names, text is text.
 */
export function isOpaque(key: string, value: string, siblings: Siblings): boolean {
  switch (key) {
    case 'thoughtSignature':
    case 'thought_signature':
    case 'thinkingSignature':
    case 'textSignature':
    case 'encrypted_content':
    case 'encryptedContent':
      return isBase64(value)
    case 'signature':
      return isBase64(value) && siblings.isOfThinking
    case 'data':
      return isBase64(value) && siblings.isOfMedia
  }
  return value.startsWith('data:image/') && isBase64(value.slice(value.indexOf(',') + 1))
}

function isOfThinking({ key, value }: Member): boolean {
  return (
    key.text === 'thinking' ||
    (key.text === 'type' && /thinking|signature|reasoning/.test(value?.text ?? ''))
  )
}

const media = /^(?:image|audio|video)(?:\/|$)|^application\/pdf$|^redacted_thinking$/

function isOfMedia({ key, value }: Member): boolean {
  return /^(?:media_?type|mime_?type|type)$/i.test(key.text) && media.test(value?.text ?? '')
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

function isBase64(value: string): boolean {
  return base64.test(value)
}
