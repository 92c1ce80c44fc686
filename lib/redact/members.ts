/** What the members of an object say of each other. */

import { findKind, findMeaning, isNameOfValue, isNoSecret, type Kind } from './names.ts'
import { plainWord } from './roles.ts'
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

/** The types of values that are to be kept from others. */
const secretTypes = new Set(
  'secret securestring concealed sensitive encrypted hidden password'.split(' '),
)
/** Whose keys are the names of what they have. */
const owners = new Set([
  ...'user account project org team partner merchant site app client record'.split(' '),
  ...'database db session query'.split(' '),
])

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
    const { role } = findMeaning(key)
    if (role === 'value') return this.#pairKind ?? this.#below(key) ?? this.#kindOfValue
    if (role === 'content') return this.#below(key) ?? kindOfChance(this.#pairKind, value)
    // Translations have these names, too.
    if (role === 'foreign') return kindOfChance('password', value)
    const mayBePart = role === 'part' || role === 'name'
    const kind = this.#below(key) ?? (mayBePart ? this.#kindOfPart(key, value) : undefined)
    return kind ?? this.#kindOfOne(key, value)
  }

  /** `"db_password": {"current": ...}`, `"gitlab-token": {"gitlab.com": ...}`. */
  #below(key: string): Kind | undefined {
    if (this.#above === undefined) return undefined
    const isBelow = isNameOfValue.test(key) || /^[\w-]{1,63}(?:\.[\w-]{1,63})+$/.test(key)
    return isBelow ? this.#above : undefined
  }

  /** Of a member of something that is known by its other members. */
  #kindOfPart(key: string, value: string): Kind | undefined {
    switch (key) {
      case 'key':
        return kindOfChance(this.#kindOfKey, value)
      // As Azure lists the keys of a service.
      case 'key1':
      case 'key2':
        return this.#has('key1') && this.#has('key2') ? 'parameter' : undefined
      case 'primaryKey':
      case 'secondaryKey':
        return this.#has('primaryKey') && this.#has('secondaryKey') ? 'parameter' : undefined
      case 'd':
      case 'k':
      case 'p':
      case 'q':
      case 'dp':
      case 'dq':
      case 'qi':
        return this.#has('kty') ? 'secret' : undefined
      // What agents keep of a login.
      case 'access':
      case 'refresh':
        return this.#has('access') && this.#has('refresh') ? 'parameter' : undefined
      // Of a state of terraform.
      case 'result':
        return this.#has('bcrypt_hash') ? 'password' : undefined
    }
  }

  /** Of one of many that the name of the object tells of: `"tokens": { "github": ... }`. */
  #kindOfOne(key: string, value: string): Kind | undefined {
    const many = this.#name?.endsWith('s') ? findMeaning(this.#name).ofItems : undefined
    return many === undefined || isNoSecret.test(key) ? undefined : kindOfChance(many, value)
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
        value !== undefined && findMeaning(key.text).role === 'name'
          ? kindOfName(value.text)
          : undefined,
      )
      this.#pair = { kind: kinds.find((kind) => kind !== undefined) }
    }
    return this.#pair.kind
  }

  /** What a record tells of its value: of a cookie as browsers keep it, of a key of a storage account. */
  get #kindOfValue(): Kind | undefined {
    if (this.#has('httpOnly') || (this.#has('keyName') && this.#has('permissions')))
      return 'parameter'
    const isTold = ({ key, value, isTrue }: Member) => {
      const { role } = findMeaning(key.text)
      return isTrue
        ? role === 'secrecy'
        : role === 'type' && value !== undefined && secretTypes.has(plainWord(value.text))
    }
    return this.#members.some(isTold) ? 'secret' : undefined
  }

  /** Of `key`: the name of the object, or of a service in it, says whose it is. */
  get #kindOfKey(): Kind | undefined {
    if (this.#has('username') || this.#member('type')?.value?.text === 'api') return 'secret'
    const service = (this.#member('provider') ?? this.#member('service'))?.value?.text
    const names = [this.#name, service].filter(
      (name) => name !== undefined && !owners.has(plainWord(name)),
    )
    return names.map((name) => findKind(`${name}_key`)).find((kind) => kind !== undefined)
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
