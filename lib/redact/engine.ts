/**
 * The redactor itself: every finder, over texts, JSON values and streams.
 *
 * A block is cut into JSON and other lines (lines, json, members), and what a place leaves open is kept
 * for the next text there (places, open-ends). Each text first loses keys over lines (pem); then every
 * finder adds what it finds: tokens (tokens, rules, checks), names with values (context, lists, headers,
 * reader; names and values say what counts), command lines and files (commands, forms), tables, inserts,
 * manifests, and what is known. The same is asked of its other views and of the base64 in it.
 */

import { detached } from '../base/text.ts'
import { findArguments, findByForm } from './commands.ts'
import { findByContext } from './context.ts'
import { decodedRuns } from './encoded.ts'
import {
  type Find,
  marker,
  markerHead,
  mergeCounts,
  mergeFinds,
  type Redacted,
  type RedactionCounts,
  replaceFinds,
  unchanged,
} from './finds.ts'
import { type Readers, redactJson } from './json.ts'
import { KnownValues } from './known.ts'
import { joinLines, lineAt, mayHoldJson, redactLines } from './lines.ts'
import { findManifests } from './manifests.ts'
import type { Kind } from './names.ts'
import { findOpened, openEnd } from './open-ends.ts'
import { redactKeys } from './pem.ts'
import { isOpen, nothingOpen, type Place, type Places, placeAt } from './places.ts'
import { findUnder } from './reader.ts'
import type { RedactionStream, Redactor, RedactorOptions } from './redactor.ts'
import { rules, SHORTEST_RUN } from './rules.ts'
import { type Signs, signsIn } from './signs.ts'
import { Stream } from './stream.ts'
import { findTables } from './tables.ts'
import { TokenFinder } from './tokens.ts'
import { shortestOf } from './user-rules.ts'
import { looksSecret } from './values.ts'
import { findBehind, viewsOf } from './views.ts'

/** A redactor with every rule. It never throws: what it fails on becomes `[REDACTED:error]`. */
export function createEngine(options: RedactorOptions): Redactor {
  return new Engine(options)
}

let builtIn: TokenFinder | undefined

/** Deeper than this, JSON in the strings of JSON and base64 in base64 is text. */
const deepest = 4
const rounds = 6
/** More finds in one text are nothing that anybody wrote, and not worth another round. */
const mostFinds = 10_000
const shortest = 8

/** In ms, for a value or each MiB of it: many times what the worst takes, since what is given up is lost. */
const slowest = 2000
/** So much takes a few ms at most. */
const unmeasured = 0x4000
const mebi = 0x100000

class Engine implements Redactor {
  readonly #own: TokenFinder | undefined
  readonly #allow: ReadonlySet<string>
  readonly #cpuTime: () => number
  readonly #known = new KnownValues()
  /** Keys of JSON in which there was nothing to find: few keys come often. */
  readonly #cleanKeys = new Set<string>()
  /** Set while nothing may be learnt: whether there was something. */
  #teaches: boolean | undefined
  #deadline = Number.POSITIVE_INFINITY
  /** How much was searched since the clock was looked at. */
  #unmeasured = 0

  constructor(options: RedactorOptions) {
    const own = options.rules ?? []
    this.#own = own.length === 0 ? undefined : new TokenFinder(own, shortestOf(own))
    this.#allow = new Set(options.allow)
    this.#cpuTime = options.cpuTime ?? cpuTime
  }

  text(text: string, before?: string): Redacted<string> {
    const open = before === undefined ? undefined : openEnd(before, undefined)
    const places = () => new Map(open === undefined ? [] : [['', { ...nothingOpen, open }]])
    return this.#guard(
      () => text,
      () => this.#again(text, (value) => this.#string(value, undefined, places())),
    )
  }

  json<T>(value: T): Redacted<T> {
    let text = ''
    const redact = () => {
      const once = this.#again(
        text,
        (now) => redactJson(now, this.#readers(0, new Map()), '') ?? unreadable(),
      )
      return once.counts === undefined
        ? unchanged(value)
        : { value: JSON.parse(once.value), counts: once.counts }
    }
    return this.#guard(() => (text = JSON.stringify(value)), redact) as Redacted<T>
  }

  openStream(): RedactionStream {
    return new Stream((block, places) => this.#lines(block, places))
  }

  learn(values: Iterable<string>): void {
    for (const value of values) this.#learn(value, 'known-value')
  }

  #learn(value: string, rule: string): void {
    if (this.#allow.has(value) || isPartOfMarkers(value)) return
    if (!this.#known.add(value, rule)) return
    this.#cleanKeys.clear()
  }

  /** Fails closed: a value that cannot be searched is not written. */
  #guard<T>(textOf: () => string, redact: () => Redacted<T>): Redacted<T | string> {
    try {
      const { length } = textOf()
      this.#deadline =
        length < unmeasured
          ? Number.POSITIVE_INFINITY
          : this.#cpuTime() + slowest * Math.max(1, length / mebi)
      return redact()
    } catch {
      return { value: marker('error'), counts: { error: 1 } }
    }
  }

  /**
   * Until nothing more is found: what was learnt at the end may stand at the beginning, and without
   * one secret another has its shape.
   */
  #again(text: string, redact: (text: string) => Redacted<string>): Redacted<string> {
    let { value, counts } = unchanged(text) as Redacted<string>
    for (let round = 0; round < rounds; round++) {
      const once = redact(value)
      if (once.counts === undefined) break
      value = once.value
      counts = mergeCounts(counts, once.counts)
      const found = Object.values(once.counts).reduce((sum, count) => sum + count, 0)
      if (found > mostFinds) break
    }
    return { value, counts }
  }

  /**
   * Lines of a stream, many at once as long as they teach nothing: what one line teaches holds for
   * those after it, however they came.
   */
  #lines(block: string, places: Places): Redacted<string> {
    if (!block.includes('\n')) return this.#searched(block, places)
    const before = [...places].map(([path, place]) => [path, { ...place }] as const)
    this.#teaches = false
    const whole = this.#searched(block, places)
    const isWhole = !this.#teaches && whole.counts?.error === undefined
    this.#teaches = undefined
    if (isWhole) return whole
    places.clear()
    for (const [path, place] of before) places.set(path, place)
    return joinLines(block.split('\n').map((line) => this.#searched(line, places)))
  }

  #searched(block: string, places: Places): Redacted<string> {
    return this.#guard(
      () => block,
      () => {
        const once = this.#block(block, places, 0, false)
        return once.counts === undefined ? once : this.#linesAgain(once.value, once.counts)
      },
    )
  }

  /** Lines that were searched: those that something was taken out of, each as if it came alone. */
  #linesAgain(lines: string, found: RedactionCounts): Redacted<string> {
    let [value, counts]: [string, RedactionCounts | undefined] = [lines, found]
    for (let at = value.indexOf(markerHead); at >= 0; ) {
      const start = value.lastIndexOf('\n', at) + 1
      const line = lineAt(value, start)
      const again = this.#again(line, (now) => this.#block(now, new Map(), 0, false))
      if (again.counts !== undefined) {
        value = value.slice(0, start) + again.value + value.slice(start + line.length)
        counts = mergeCounts(counts, again.counts)
      }
      at = value.indexOf(markerHead, start + again.value.length)
    }
    return { value, counts }
  }

  /**
   * Lines, some of which may be JSON. `isWhole` says that no line comes before or after, as in a stream,
   * where a line never changes by those that follow.
   */
  #block(block: string, places: Places, depth: number, isWhole: boolean): Redacted<string> {
    const plain = (text: string) => this.#plain(text, undefined, places, '', depth, isWhole)
    return depth < deepest
      ? redactLines(block, this.#readers(depth + 1, places), plain)
      : plain(block)
  }

  /** One string: JSON in it keeps its form. */
  #string(
    text: string,
    kind: Kind | undefined,
    places: Places = new Map(),
    path = '',
    depth = 0,
  ): Redacted<string> {
    if (depth < deepest && isNested(text)) {
      const json = redactJson(text, this.#readers(depth + 1, new Map()), '')
      if (json !== undefined) return json
    }
    if (text.includes('\n') && mayHoldJson(text)) return this.#block(text, new Map(), depth, true)
    return this.#plain(text, kind, places, path, depth)
  }

  #readers(depth: number, places?: Places): Readers {
    return {
      string: (text, kind, path) => this.#string(text, kind, places, path, depth),
      key: (text) => this.#key(text, depth),
      opaque: (text) => {
        const finds: Find[] = []
        this.#known.find(text, finds)
        return replaceFinds(text, mergeFinds(text, finds))
      },
      command: (line) => {
        const finds: Find[] = []
        findArguments(line, finds)
        return finds
      },
    }
  }

  #key(text: string, depth: number): Redacted<string> {
    if (this.#cleanKeys.has(text)) return unchanged(text)
    const redacted = this.#string(text, undefined, new Map(), '', depth)
    if (redacted.counts === undefined && text.length <= 64) {
      if (this.#cleanKeys.size >= 1000) this.#cleanKeys.clear()
      this.#cleanKeys.add(detached(text))
    }
    return redacted
  }

  #plain(
    text: string,
    kind: Kind | undefined,
    places: Places,
    path: string,
    depth: number,
    isWhole = true,
  ): Redacted<string> {
    const place = placeAt(places, path)
    // Too short for any secret, unless one began before, or comes next: `curl \`, `psk: |`.
    const isShort = text.length < shortest && kind === undefined && !isOpen(place)
    if (isShort && openEnd(text, undefined) === undefined) {
      return unchanged(text)
    }
    // Strings of JSON may be the lines of a key; a short one is more likely to be something else.
    if (place.inside && path !== '' && !keyLine.test(text)) place.inside = false
    const keys = redactKeys(text, place, isWhole)
    const { value } = keys
    const { open } = place
    const finds: Find[] = []
    const signs = this.#find(value, finds, place, isWhole)
    place.open = openEnd(text, open)
    const under = kind === undefined ? undefined : findUnder(kind, value)
    if (under !== undefined) finds.push(under)
    if (open !== undefined) findOpened(value, open, finds)
    for (const view of viewsOf(value, signs, open !== undefined)) {
      const seen: Find[] = []
      this.#find(view.text, seen, undefined, isWhole)
      place.open ??= openEnd(view.text, open)
      if (open !== undefined) findOpened(view.text, open, seen)
      for (const find of seen) finds.push(findBehind(view, find))
    }
    if (depth < deepest) this.#findEncoded(value, finds, depth, isWhole)
    if (!isWhole && finds.length > 0) this.#goOn(value, finds, place)
    const rest = this.#replace(value, finds)
    if (isOpen(place)) places.set(path, place)
    else if (places.size > 0) places.delete(path)
    return { value: rest.value, counts: mergeCounts(keys.counts, rest.counts) }
  }

  /** Everything in one text; `place` is where it stands, when it is no other view of one. Returns its signs. */
  #find(text: string, finds: Find[], place: Place | undefined, isWhole: boolean): Signs {
    builtIn ??= new TokenFinder(rules, SHORTEST_RUN)
    const signs = signsIn(text)
    const wrap = place === undefined ? null : place.wrap
    const next = builtIn.find(text, finds, wrap, signs.anchors)
    const table = findTables(text, finds, place?.table, signs.titles)
    const manifest = findManifests(text, finds, place?.manifest, signs.manifests, isWhole)
    if (place !== undefined) {
      place.wrap = next
      place.table = table
      place.manifest = manifest
    }
    this.#own?.find(text, finds, null)
    this.#known.find(text, finds)
    findByContext(text, finds)
    findByForm(text, signs, finds)
    this.#check(text.length)
    return signs
  }

  #findEncoded(text: string, finds: Find[], depth: number, isWhole: boolean): void {
    for (const { start, end, text: decoded } of decodedRuns(text, isWhole)) {
      const { counts } = this.#string(decoded, undefined, new Map(), '', depth + 1)
      if (counts !== undefined) finds.push({ start, end, rule: Object.keys(counts)[0] ?? 'base64' })
      else if (isUserInfo(decoded)) finds.push({ start, end, rule: 'authorization' })
    }
  }

  /** Base64 of a key whose first line ends a text goes on in the lines to come. */
  #goOn(text: string, finds: readonly Find[], place: Place): void {
    const from = text.lastIndexOf('\n') + 1
    const width = text.length - from
    if (place.inside || width < 60 || width > 76) return
    const isKey = ({ start, end, rule }: Find) =>
      rule === 'private-key' && start === from && end === text.length
    if (finds.some(isKey)) Object.assign(place, nothingOpen, { inside: true, width })
  }

  #replace(text: string, finds: Find[]): Redacted<string> {
    if (finds.length === 0) return unchanged(text)
    const merged = mergeFinds(text, finds)
    const kept =
      this.#allow.size === 0
        ? merged
        : merged.filter(({ start, end }) => !this.#allow.has(text.slice(start, end)))
    for (const { start, end, rule, sure } of kept) {
      if (!sure) continue
      if (this.#teaches === undefined) this.#learn(text.slice(start, end), rule)
      else this.#teaches ||= !this.#known.has(text.slice(start, end))
    }
    return replaceFinds(text, kept)
  }

  /** Throws when a value has taken too long; the clock is a call of the system, so not each time. */
  #check(searched: number): void {
    if (this.#deadline === Number.POSITIVE_INFINITY) return
    this.#unmeasured += searched
    if (this.#unmeasured < unmeasured) return
    this.#unmeasured = 0
    if (this.#cpuTime() > this.#deadline) throw new Error('too slow')
  }
}

const keyLine = /[A-Za-z0-9+/=]{16}|PRIVATE KEY|^\s*$/

/** `user:password`, when that is random. */
function isUserInfo(text: string): boolean {
  const password = /^[\w.@+-]{1,64}:([!-~]{16,128})$/.exec(text)?.[1]
  return password !== undefined && looksSecret(password, 'secret', 'sentence')
}

function isNested(text: string): boolean {
  let at = 0
  while (at < 64 && text.charCodeAt(at) <= 32) at++
  const first = text[at]
  if (first !== '{' && first !== '[') return false
  const last = text.trimEnd().at(-1)
  return last === '}' || last === ']'
}

function unreadable(): never {
  throw new Error('not JSON')
}

function isPartOfMarkers(value: string): boolean {
  return '[REDACTED:'.includes(value) || value.includes('[REDACTED')
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
