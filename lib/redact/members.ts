/** What the members of an object say of each other. */

import { findKind, type Kind } from './names.ts'

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
}

/** What the members of an object say of each other, each looked for once: there may be any number. */
export class Siblings {
  readonly #members: readonly Member[]
  #names: ReadonlySet<string> | undefined
  #pair: { readonly kind: Kind | undefined } | undefined
  #isOfThinking: boolean | undefined
  #isOfMedia: boolean | undefined

  constructor(members: readonly Member[]) {
    this.#members = members
  }

  /** What the others say of a member: `{ name: 'API_KEY', value: ... }`, the private half of a key. */
  kindOf(key: string): Kind | undefined {
    if (/^(?:(?:parameter)?value|val)$/i.test(key)) return this.#pairKind ?? this.#kindOfValue
    // As Azure lists the keys of a service.
    if (/^key[12]$/.test(key))
      return this.#has('key1') && this.#has('key2') ? 'parameter' : undefined
    if (/^(?:d|k|p|q|d[pq]|qi)$/.test(key)) return this.#has('kty') ? 'secret' : undefined
    // Of a state of terraform.
    return key === 'result' && this.#has('bcrypt_hash') ? 'password' : undefined
  }

  #has(name: string): boolean {
    this.#names ??= new Set(this.#members.map(({ key }) => key.text))
    return this.#names.has(name)
  }

  /** What the member that is a name says of the one that is a value. */
  get #pairKind(): Kind | undefined {
    if (this.#pair === undefined) {
      const isName = ({ key, value }: Member) =>
        /^(?:name|key|header|parameterkey|variable|var|env_?var|label|id|field)$/i.test(key.text) &&
        value
      const name = this.#members.find(isName)?.value?.text
      this.#pair = { kind: name === undefined ? undefined : findKind(name) }
    }
    return this.#pair.kind
  }

  /** Of a cookie as browsers keep it, and of a key of a storage account. */
  get #kindOfValue(): Kind | undefined {
    const isTold = this.#has('httpOnly') || (this.#has('keyName') && this.#has('permissions'))
    return isTold ? 'parameter' : undefined
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
