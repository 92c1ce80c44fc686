/** The output of a tool that speaks in events: bytes to lines to events to redacted entries. */

import { Recent } from '../base/recent.ts'
import { cutText, headOf, oneLine } from '../base/text.ts'
import type { EntryData } from '../journal/entry.ts'
import { isStreamed } from '../session/fold.ts'
import type { Session } from '../session/session.ts'
import { isProviderId, longestProviderId, type Stream } from '../tools/adapter.ts'
import type { TextEvent, ToolEvent } from '../tools/event.ts'
import { pruned } from '../tools/fields.ts'
import { Commands } from './commands.ts'
import { primedNotice } from './prime.ts'
import { type Budget, type Lines, longestText, margin, safeHead, spend } from './pump.ts'
import type { Recorder } from './recorder.ts'
import type { UsageMeter } from './usage.ts'

/** In bytes: a longer line is no event, whatever it holds. */
const longestLine = 8 * 1024 * 1024

const asides: readonly ToolEvent['type'][] = ['usage', 'plan', 'raw', 'provider_session']

/** How many ids a tool may give in one turn: each is saved at once, and remembered. */
const mostProviders = 100

export interface EventSpec {
  readonly stream: Stream
  readonly tool: string
  readonly session: Session
  readonly recorder: Recorder
  readonly turn: number
  readonly budget: Budget
  readonly now: () => number
  readonly meter: UsageMeter
  /** Journals the lines that are no events. */
  readonly output: Lines
  /** The provider's session that was asked for. */
  readonly requested: string | undefined
  /** The id that the tool was told of its provider's session: true once it says anything. */
  readonly given: string | undefined
  /**
   * Called with each event, once it is journaled; a text that came in deltas ends with an empty one, and
   * the tokens of usage are those of the turn so far.
   */
  readonly show: ((event: ToolEvent) => void) | undefined
  /** What a person should hear. */
  readonly onNotice: (text: string) => void
}

/** Journals a stream of events. */
export class EventLines implements Lines {
  readonly #spec: EventSpec
  #held: Buffer[] = []
  #heldBytes = 0
  /** Inside a line that is too long for an event. */
  #isOverlong = false
  /** The block that deltas are being added to: when it began, as much of it as is kept, and all its bytes. */
  #open: { readonly event: TextEvent; readonly at: number; text: string; bytes: number } | undefined
  readonly #calls = new Recent()
  readonly #commands = new Commands()
  /** So many of them may have ended in a line that nobody reads: the silence after it would mean nothing. */
  #unread = 0
  #provider: string | undefined
  /** Why the id cannot be used to go on. */
  #problem: string | undefined
  #met = 0
  #said: string | undefined

  constructor(spec: EventSpec) {
    this.#spec = spec
  }

  /** Whether a call of a tool is under way: silence means nothing then. */
  get isWorking(): boolean {
    return this.#calls.size > this.#unread && !this.isDone
  }

  /** Whether the tool said how its turn ended: calls that it left open are over too. */
  get isDone(): boolean {
    return this.#spec.stream.verdict() !== undefined
  }

  /** Whether the tool said that it made its conversation shorter. */
  isCompacted = false

  /** The id that the provider gave, once it was seen and can be used to go on. */
  get provider(): string | undefined {
    return this.#problem === undefined ? this.#provider : undefined
  }

  /** The last that the assistant said; or else the last line that was no event. */
  get last(): string | undefined {
    return this.#said ?? this.#spec.output.last
  }

  take(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#endLine(chunk.subarray(start, end + 1))
      start = end + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  end(): void {
    if (this.#heldBytes > 0) this.#endLine(Buffer.alloc(0))
    this.#spec.output.end()
    this.#isOverlong = false
    for (const event of this.#spec.stream.rest?.() ?? []) this.event(event)
    this.#close()
  }

  /** The last piece of a line, with its line feed; without one it is cut off. */
  #endLine(rest: Buffer): void {
    if (this.#isOverlong || this.#heldBytes + rest.length > longestLine) {
      this.#hold(rest)
      this.#isOverlong = false
      return
    }
    const line = this.#heldBytes === 0 ? rest : Buffer.concat([...this.#held, rest])
    this.#forget()
    const { given } = this.#spec
    if (given !== undefined) this.#meet(given, this.#spec.now())
    const events = this.#spec.stream.parse(line.toString('utf8'))
    for (const event of events ?? []) this.event(event)
    // A line that is no event does not end what is being said, either.
    if (events === undefined) this.#spec.output.take(line)
  }

  #hold(bytes: Buffer): void {
    if (!this.#isOverlong && this.#heldBytes + bytes.length <= longestLine) {
      this.#held.push(bytes)
      this.#heldBytes += bytes.length
      return
    }
    if (!this.#isOverlong) this.#unread = Math.min(this.#unread + 1, this.#calls.size)
    this.#isOverlong = true
    for (const one of [...this.#held, bytes]) this.#spec.output.take(one)
    this.#forget()
  }

  #forget(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  /** Journals and shows one event. */
  event(event: ToolEvent): void {
    const { show } = this.#spec
    const isText = event.type === 'message' || event.type === 'thought'
    const goesOn =
      isText &&
      this.#open !== undefined &&
      event.delta === true &&
      this.#open.event.type === event.type &&
      this.#open.event.role === event.role &&
      this.#open.event.block === event.block
    if (!goesOn && !this.#isAside(event)) this.#close()
    if (isText && event.delta) {
      this.#open ??= { event, at: this.#spec.now(), text: '', bytes: 0 }
      this.#open.bytes += Buffer.byteLength(event.text)
      // What says the same over and over must not fill the memory.
      if (this.#open.text.length <= longestText + margin) {
        const piece = cutText(event.text, longestText + margin)
        // A secret that ends with its piece may look like none once the next one goes on: it is learnt here.
        if (/\S{16}/.test(piece)) this.#redact(piece)
        this.#open.text += piece
      }
    } else {
      this.#journal(event)
    }
    show?.(event.type === 'usage' ? { ...event, tokens: { ...this.#spec.meter.sum } } : event)
  }

  /** A block goes on after what is neither said nor done: its halves are redacted as one. */
  #isAside({ type }: ToolEvent): boolean {
    return this.#open !== undefined && !this.isDone && asides.includes(type)
  }

  /** Journals the block that deltas were added to. */
  #close(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const { delta: _, ...event } = open.event
    this.#journal({ ...event, text: open.text }, open.at, open.bytes)
    this.#spec.show?.({ ...event, text: '' })
  }

  #journal(event: ToolEvent, at = this.#spec.now(), bytes?: number): void {
    if (event.type === 'provider_session') {
      this.#meet(event.id, at, event.primed_from)
      return
    }
    if (event.type === 'compacted') this.isCompacted = true
    if (event.type === 'tool_call') this.#calls.add(event.id)
    if (event.type === 'tool_result') this.#calls.delete(event.id)
    this.#unread = Math.min(this.#unread, this.#calls.size)
    if (event.type === 'usage') {
      this.#push('usage', null, this.#spec.meter.take(event, this.#provider), at)
      return
    }
    if (event.type === 'message' && event.role === undefined && event.data === undefined) {
      this.#said = event.text
    }
    const { text, data } = contentOf(event)
    // Blocks begin before there is anything in them.
    if (text === '' && (event.type === 'message' || event.type === 'thought')) return
    this.#push(event.type, text, data, at, { bytes, before: this.#commands.lineBefore(event) })
  }

  readonly #redact = (text: string) => this.#spec.session.redact({ text, data: {} }).value.text

  /** Saves the provider's id at once: without it there is no going on. */
  #meet(given: string, at: number, primedFrom?: string): void {
    const id = this.#idOf(given)
    if (id === this.#provider || this.#met > mostProviders) return
    const { session, recorder, tool, requested, onNotice, meter } = this.#spec
    if (++this.#met > mostProviders) {
      onNotice(`${tool} has told of ${mostProviders} conversations: no more of them are kept`)
      return
    }
    this.#provider = id
    const facts = { tool, provider_session_id: id }
    const data = primedFrom === undefined ? facts : { ...facts, primed_from: primedFrom }
    if (primedFrom !== undefined) {
      meter.beginAnew()
      onNotice(primedNotice(tool, primedFrom))
    }
    this.#problem = this.#problemOf(id)
    if (this.#problem !== undefined) {
      // Whoever wants to go on is told so, instead of starting anew without a word.
      const problem = { lost: true, problem: this.#problem }
      this.#push('provider_session', null, { ...data, ...problem }, at)
      onNotice(`${tool} cannot be gone on with by the id that it gave, which ${this.#problem}`)
      return
    }
    if (requested !== undefined && requested !== id) {
      this.#push('resume_mismatch', null, { tool, requested, observed: id }, at)
      onNotice(`${tool} went on with another conversation: ${id}, not ${requested}`)
    }
    if (session.state.tools[tool]?.provider_session_id === id) return
    this.#push('provider_session', null, data, at)
    recorder.hasten()
  }

  /** One that is too long is redacted before it is cut: the half of a secret looks like none. */
  #idOf(given: string): string {
    if (given.length <= longestProviderId) return given
    const head = cutText(given, 8 * longestProviderId)
    return headOf(this.#redact(head), longestProviderId + 1)
  }

  #problemOf(id: string): string | undefined {
    const data = { provider_session_id: id }
    const kept = this.#spec.session.redact({ text: id, data }).value
    if (kept.text !== id || kept.data.provider_session_id !== id) return 'looks like a secret'
    return isProviderId(id) ? undefined : 'cannot be an argument'
  }

  /** `bytes`: of all the text, where this is only its head; `before`: the line that it stands behind. */
  #push(
    type: string,
    text: string | null,
    data: EntryData,
    at: number,
    { bytes, before }: { bytes?: number | undefined; before?: string | undefined } = {},
  ): void {
    const { session, recorder, turn, budget } = this.#spec
    // What an entry has no room for need not be redacted, beyond what lets a secret at the cut be seen.
    const isLong = text !== null && text.length > longestText + margin
    const head = isLong ? cutText(text, longestText + margin) : text
    const { value, counts } = session.redact(
      { text: head, data: pruned(data) as EntryData },
      before,
    )
    const safe = isLong ? { ...value, text: safeHead(value.text ?? '') } : value
    const entry = bounded(
      { type, turn, at, ...safe },
      isLong ? (bytes ?? Buffer.byteLength(text)) : undefined,
    )
    const encoded = session.encodeRedacted(entry, counts)
    if (isStreamed(type) && !spend(budget, Buffer.byteLength(encoded.tail))) return
    recorder.push(encoded)
  }
}

/** What an event's entry has as text and as data. */
export function contentOf(
  event: Exclude<ToolEvent, { type: 'provider_session' | 'usage' }>,
): Pick<Bare, 'text' | 'data'> {
  switch (event.type) {
    case 'message':
    case 'thought': {
      const { type: _, text, delta: _delta, data, ...facts } = event
      return { text, data: { ...facts, ...data } }
    }
    case 'tool_result': {
      const { type: _, output, data, ...facts } = event
      return { text: output ?? null, data: { ...facts, ...data } }
    }
    case 'tool_call': {
      const { type: _, data, ...facts } = event
      return { text: null, data: { ...facts, ...data } }
    }
    case 'plan':
      return { text: null, data: { items: event.items } }
    case 'error':
      return { text: event.text, data: event.data ?? {} }
    case 'compacted':
      return { text: null, data: event.data ?? {} }
    case 'raw':
      return { text: null, data: withoutOurWords(event.data) }
  }
}

/** What the journal itself says of an entry. */
const ours = ['upkeep', 'redactions', 'truncated', 'bytes']

/** No word of a tool's can pass for one of the journal's: those stand beneath a key of their own. */
function withoutOurWords(fields: EntryData): EntryData {
  const entries = Object.entries(fields)
  const reserved = entries.filter(([key]) => ours.includes(key))
  if (reserved.length === 0) return fields
  const rest = entries.filter(([key]) => !ours.includes(key))
  return { ...Object.fromEntries(rest), reserved: Object.fromEntries(reserved) }
}

/** An entry whose data are not known to be small. */
export interface Bare {
  readonly type: string
  readonly turn: number
  readonly at: number
  readonly text: string | null
  readonly data: EntryData
}

/**
 * Without what is over the longest text of an entry; what was cut says how long it was. With `bytes` the
 * text is the head of one that long.
 */
export function bounded(entry: Bare, bytes?: number): Bare {
  const { text, data } = entry
  const fits = text === null || (text.length <= longestText && bytes === undefined)
  const isBig = JSON.stringify(data).length > longestText
  if (fits && !isBig) return entry
  return {
    ...entry,
    text: text === null ? null : cutText(text, longestText),
    data: {
      ...(isBig ? (cutStrings(data) as EntryData) : data),
      truncated: true,
      ...(fits ? {} : { bytes: bytes ?? Buffer.byteLength(text) }),
    },
  }
}

function cutStrings(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, longestText)
  if (Array.isArray(value)) return value.map(cutStrings)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cutStrings(one)]))
}

/** One line of what was said, for a result; without colours and the like. */
export function summaryOf(text: string | undefined): string | null {
  const { stripVTControlCharacters } = process.getBuiltinModule('node:util')
  const line = oneLine(stripVTControlCharacters(text ?? ''))
  return line === '' ? null : headOf(line, 200)
}
