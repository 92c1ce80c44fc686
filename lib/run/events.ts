/** The output of a tool that speaks in events: bytes to lines to events to redacted entries. */

import { cutText, headOf, oneLine } from '../base/text.ts'
import type { EntryData } from '../journal/entry.ts'
import { isStreamed } from '../session/fold.ts'
import type { Session } from '../session/session.ts'
import type { Stream } from '../tools/adapter.ts'
import type { TextEvent, ToolEvent } from '../tools/event.ts'
import { type Budget, type Lines, longestText, spend } from './pump.ts'
import type { Recorder } from './recorder.ts'
import type { UsageMeter } from './usage.ts'

/** In bytes: a longer line is no event, whatever it holds. */
const longestLine = 8 * 1024 * 1024

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
  /** The id that the tool was told to give its provider's session: true once it says anything. */
  readonly given: string | undefined
  /** Called with each event, once it is journaled; a text that came in deltas ends with an empty one. */
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
  /** The block that deltas are being added to, and when it began. */
  #open: { readonly event: TextEvent; readonly at: number; text: string } | undefined
  readonly #calls = new Set<string>()
  #provider: string | undefined
  #said: string | undefined

  constructor(spec: EventSpec) {
    this.#spec = spec
  }

  /** Whether a call of a tool is under way: silence means nothing then. */
  get isWorking(): boolean {
    return this.#calls.size > 0
  }

  /** Whether the tool said that it made its conversation shorter. */
  isCompacted = false

  /** The id that the provider gave, once it was seen. */
  get provider(): string | undefined {
    return this.#provider
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
    if (events !== undefined) return
    this.#close()
    this.#spec.output.take(line)
  }

  #hold(bytes: Buffer): void {
    if (!this.#isOverlong && this.#heldBytes + bytes.length <= longestLine) {
      this.#held.push(bytes)
      this.#heldBytes += bytes.length
      return
    }
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
    if (!goesOn) this.#close()
    if (isText && event.delta) {
      this.#open ??= { event, at: this.#spec.now(), text: '' }
      this.#open.text += event.text
    } else {
      this.#journal(event)
    }
    show?.(event)
  }

  /** Journals the block that deltas were added to. */
  #close(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const { delta: _, ...event } = open.event
    this.#journal({ ...event, text: open.text }, open.at)
    this.#spec.show?.({ ...event, text: '' })
  }

  #journal(event: ToolEvent, at = this.#spec.now()): void {
    if (event.type === 'provider_session') {
      this.#meet(event.id, at)
      return
    }
    if (event.type === 'compacted') this.isCompacted = true
    if (event.type === 'tool_call') this.#calls.add(event.id)
    if (event.type === 'tool_result') this.#calls.delete(event.id)
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
    this.#push(event.type, text, data, at)
  }

  /** Saves the provider's id at once: without it there is no going on. */
  #meet(id: string, at: number): void {
    if (id === this.#provider) return
    this.#provider = id
    const { session, recorder, tool, requested } = this.#spec
    if (requested !== undefined && requested !== id) {
      this.#push('resume_mismatch', null, { tool, requested, observed: id }, at)
      this.#spec.onNotice(`${tool} went on with another conversation: ${id}, not ${requested}`)
    }
    if (session.state.tools[tool]?.provider_session_id === id) return
    this.#push('provider_session', null, { tool, provider_session_id: id }, at)
    recorder.hasten()
  }

  #push(type: string, text: string | null, data: EntryData, at: number): void {
    const { session, recorder, turn, budget } = this.#spec
    const { value, counts } = session.redact({ text, data: withoutUndefined(data) })
    const entry = bounded({ type, turn, at, ...value })
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
    case 'raw':
      return { text: null, data: event.data ?? {} }
  }
}

/** An entry whose data are not known to be small. */
export interface Bare {
  readonly type: string
  readonly turn: number
  readonly at: number
  readonly text: string | null
  readonly data: EntryData
}

/** Without what is over the longest text of an entry; what was cut says how long it was. */
export function bounded(entry: Bare): Bare {
  const { text, data } = entry
  const cut = text === null || text.length <= longestText
  const isBig = JSON.stringify(data).length > longestText
  if (cut && !isBig) return entry
  return {
    ...entry,
    text: text === null ? null : cutText(text, longestText),
    data: {
      ...(isBig ? (cutStrings(data) as EntryData) : data),
      truncated: true,
      ...(cut ? {} : { bytes: Buffer.byteLength(text) }),
    },
  }
}

function cutStrings(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, longestText)
  if (Array.isArray(value)) return value.map(cutStrings)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cutStrings(one)]))
}

/** JSON has no such value, and no redactor takes one. */
export function withoutUndefined(data: EntryData): EntryData {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}

/** One line of what was said, for a result. */
export function summaryOf(text: string | undefined): string | null {
  const line = oneLine(text ?? '')
  return line === '' ? null : headOf(line, 200)
}
