/** JSON texts: strings and keys decoded, each with what its place says of it. */

import {
  type Find,
  marker,
  mergeCounts,
  type Redacted,
  type RedactionCounts,
  unchanged,
} from './finds.ts'
import { isValueOfSecret } from './manifests.ts'
import { endAt } from './match.ts'
import { isOpaque, type Literal, type Member, Siblings } from './members.ts'
import { findKind, findMeaning, type Kind } from './names.ts'
import { isChosen, isPaired } from './values.ts'

/** What is done with the strings of a JSON text. */
export interface Readers {
  /** One string; `path` is its place, the same in every line of one shape. */
  readonly string: (text: string, kind: Kind | undefined, path: string) => Redacted<string>
  readonly key: (text: string) => Redacted<string>
  /** What must stay as it is unless it holds a known value: signatures, images. */
  readonly opaque: (text: string) => Redacted<string>
  /** The arguments of a command, joined by spaces: only what follows from their order. */
  readonly command: (line: string) => readonly Find[]
}

/** Nothing nests deeper by intent; what does is text. */
const deepest = 256

/**
 * Redacts the strings of a JSON text, and writes only those again that changed.
 *
 * Everything else keeps its bytes. Undefined when the text is not JSON.
 */
export function redactJson(
  text: string,
  readers: Readers,
  path: string,
): Redacted<string> | undefined {
  const walk = new Walk(text, readers)
  if (!walk.run(path)) return undefined
  return walk.counts === undefined
    ? unchanged(text)
    : { value: walk.written(), counts: walk.counts }
}

/** An object that is redacted once the one around it is read, which may say what it is. */
interface Inner {
  readonly members: readonly Member[]
  readonly path: string
  readonly name: string | undefined
  readonly above: Kind | undefined
}

const scalar = /(?:-?[0-9][0-9.eE+-]{0,400}|true|false|null)(?![\w.+-])/y

class Walk {
  counts: RedactionCounts | undefined
  readonly #text: string
  readonly #readers: Readers
  readonly #edits: { start: number; end: number; literal: string }[] = []
  #at = 0
  #depth = 0

  constructor(text: string, readers: Readers) {
    this.#text = text
    this.#readers = readers
  }

  /** Whether it was JSON to its end. */
  run(path: string): boolean {
    this.#skip()
    const value = this.#value(path, undefined)
    if (value === undefined) return false
    if (value !== true) this.#redact(value, undefined, path)
    this.#skip()
    return this.#at === this.#text.length
  }

  written(): string {
    let value = ''
    let done = 0
    for (const edit of this.#edits.sort((a, b) => a.start - b.start)) {
      value += this.#text.slice(done, edit.start) + edit.literal
      done = edit.end
    }
    return value + this.#text.slice(done)
  }

  #skip(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
    }
  }

  #take(letter: number): boolean {
    this.#skip()
    if (this.#text.charCodeAt(this.#at) !== letter) return false
    this.#at++
    return true
  }

  /**
   * A string, which the caller redacts, since only it knows its neighbours; true for all else. `key`
   * is the one that it stands under. An object is added to `inner`, when there is one.
   */
  #value(
    path: string,
    kind: Kind | undefined,
    key?: string,
    inner?: Inner[],
  ): Literal | true | undefined {
    this.#skip()
    const code = this.#text.charCodeAt(this.#at)
    if (code === 34) return this.#literal()
    if (code === 123 || code === 91) {
      const below = key === undefined ? path : `${path}.${key}`
      if (this.#depth >= deepest) return undefined
      this.#at++
      this.#depth++
      const isWhole =
        code === 123
          ? this.#object(below, key, kind, inner)
          : this.#list(below, kind ?? kindOfItems(key))
      this.#depth--
      return isWhole || undefined
    }
    const end = endAt(scalar, this.#text, this.#at)
    if (end === undefined) return undefined
    this.#at = end
    return true
  }

  #literal(): Literal | undefined {
    const start = this.#at
    let end = start
    do end = this.#text.indexOf('"', end + 1)
    while (end >= 0 && isEscaped(this.#text, end))
    if (end < 0) return undefined
    this.#at = end + 1
    const inner = this.#text.slice(start + 1, end)
    const text = inner.includes('\\') ? decode(this.#text.slice(start, end + 1)) : inner
    return text === undefined ? undefined : { start, end: end + 1, text }
  }

  #object(
    path: string,
    name: string | undefined,
    above: Kind | undefined,
    outer?: Inner[],
  ): boolean {
    const members: Member[] = []
    const inner: Inner[] = []
    if (this.#take(125)) return true
    do {
      this.#skip()
      if (this.#text.charCodeAt(this.#at) !== 34) return false
      const key = this.#literal()
      if (key === undefined || !this.#take(58)) return false
      const isData = key.text === 'data' || key.text === 'stringData'
      const value = this.#value(path, findKind(key.text), key.text, isData ? inner : undefined)
      if (value === undefined) return false
      const isTrue = value === true && this.#text.startsWith('true', this.#at - 4)
      members.push({ key, value: value === true ? undefined : value, isTrue })
    } while (this.#take(44))
    if (!this.#take(125)) return false
    const isSecret = inner.length > 0 && members.some(isKindSecret)
    for (const object of inner) this.#redactMembers(object, isSecret)
    if (outer === undefined) this.#redactMembers({ members, path, name, above }, false)
    else outer.push({ members, path, name, above })
    return true
  }

  /** `areSecret`: as those of a Secret of Kubernetes are. */
  #redactMembers({ members, path, name, above }: Inner, areSecret: boolean): void {
    let taken: Map<string, number> | undefined
    const siblings = new Siblings(members, name, above)
    for (const { key, value } of members) {
      if (value !== undefined) {
        if (isOpaque(key.text, value.text, siblings))
          this.#write(value, this.#readers.opaque(value.text))
        else if (areSecret && isValueOfSecret(key.text, value.text))
          this.#write(value, { value: marker('secret'), counts: { secret: 1 } })
        else {
          const named = findKind(key.text) ?? siblings.kindOf(key.text, value.text)
          const kind = named === 'secret' && isChosen(key.text, value.text) ? 'password' : named
          this.#redact(value, kind, `${path}.${key.text}`)
        }
      }
      const name = this.#readers.key(key.text)
      if (name.counts === undefined) continue
      taken ??= new Map(members.map((member) => [member.key.text, 2]))
      this.#write(key, { value: freeKey(name.value, taken), counts: name.counts })
    }
  }

  /** A list stands under its own name; an argument stands under the flag before it. */
  #list(path: string, kind: Kind | undefined): boolean {
    const items: Literal[] = []
    let isCommand = false
    let isAlone = true
    if (this.#take(93)) return true
    const place = `${path}[]`
    do {
      const value = this.#value(place, kind)
      if (value === undefined) return false
      if (value === true) {
        isAlone = false
        continue
      }
      const before = items.at(-1)?.text
      isCommand ||= before !== undefined && value.text.startsWith('-')
      items.push(value)
    } while (this.#take(44))
    if (!this.#take(93)) return false
    const finds = isCommand ? this.#findArguments(items) : undefined
    for (const [i, item] of items.entries()) {
      const pair = i === 1 && isAlone ? pairKind(items) : undefined
      const under = kind ?? pair ?? itemKind(items[i - 1]?.text, item.text)
      const own = finds?.get(i)
      if (own === undefined) this.#redact(item, under, place)
      else this.#redactArgument(item, own, under, place)
    }
    return true
  }

  /** By item, the first find in it; `start` is counted from there. */
  #findArguments(items: readonly Literal[]): Map<number, Find> {
    const line = items.map(({ text }) => `${text} `).join('')
    const found = new Map<number, Find>()
    let item = 0
    let begin = 0
    for (const find of [...this.#readers.command(line)].sort((a, b) => a.start - b.start)) {
      let { length } = (items[item] as Literal).text
      while (begin + length < find.start) {
        begin += length + 1
        item++
        length = (items[item] as Literal).text.length
      }
      const start = find.start - begin
      // What stands in a command line that is one argument is found there, and so is where it ends.
      const isInLine = /\s/.test((items[item] as Literal).text.slice(0, Math.max(0, start)))
      if (start < length && !isInLine && !found.has(item)) found.set(item, { ...find, start })
    }
    return found
  }

  #redactArgument(item: Literal, find: Find, kind: Kind | undefined, path: string): void {
    const { start, rule } = find
    const head = this.#readers.string(item.text.slice(0, start), kind, path)
    const value = `${head.value}[REDACTED:${rule}]`
    if (value !== item.text) {
      this.#write(item, { value, counts: mergeCounts(head.counts, { [rule]: 1 }) })
    }
  }

  #redact(literal: Literal, kind: Kind | undefined, path: string): void {
    this.#write(literal, this.#readers.string(literal.text, kind, path))
  }

  #write({ start, end }: Literal, { value, counts }: Redacted<string>): void {
    if (counts === undefined) return
    this.counts = mergeCounts(this.counts, counts)
    this.#edits.push({ start, end, literal: JSON.stringify(value) })
  }
}

function isKindSecret({ key, value }: Member): boolean {
  return key.text === 'kind' && value?.text === 'Secret'
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === 92) before--
  return (at - before) % 2 === 0
}

function decode(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string
  } catch {
    return undefined
  }
}

/**
 * Keys that became equal are numbered, so that no value is lost. `taken` has for each key that
 * there is the number to try next.
 */
function freeKey(key: string, taken: Map<string, number>): string {
  let n = taken.get(key)
  let free = key
  for (; taken.has(free); n = (n ?? 2) + 1) free = `${key}#${n ?? 2}`
  if (n !== undefined) taken.set(key, n)
  taken.set(free, 2)
  return free
}

/** What a name of many says of each: less than the name of one, since words and counts have it, too. */
function kindOfItems(key: string | undefined): Kind | undefined {
  const kind = key === undefined ? undefined : findMeaning(key).ofItems
  return kind === 'secret' ? 'parameter' : kind
}

/** What the item before says of this one: a flag, or the name of a header. */
function itemKind(before: string | undefined, item: string): Kind | undefined {
  if (before === undefined || item.startsWith('-')) return undefined
  if (/^--?[A-Za-z][\w-]{1,63}$/.test(before)) return findKind(before.replace(/^--?/, ''))
  return /^[A-Za-z][A-Za-z-]{4,40}$/.test(before) && before.includes('-')
    ? findKind(before)
    : undefined
}

/** What the first of two strings says of the second: `["API_KEY", ...]`; a word may be listed beside it. */
function pairKind([name, value, ...more]: readonly Literal[]): Kind | undefined {
  if (name === undefined || value === undefined || more.length > 0) return undefined
  const kind = findKind(name.text)
  return kind !== undefined && isPaired(value.text) ? kind : undefined
}
