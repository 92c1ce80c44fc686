/** A session of a stored conversation: what its file says, as redacted entries. */

import { sha256 } from '../base/sha256.ts'
import { headOf, oneLine } from '../base/text.ts'
import type { EncodedEntry, EntryData } from '../journal/entry.ts'
import type { Redactor } from '../redact/redact.ts'
import { Commands } from '../run/commands.ts'
import { type Bare, bounded, contentOf, summaryOf } from '../run/events.ts'
import { type Budget, spend } from '../run/pump.ts'
import { UsageMeter } from '../run/usage.ts'
import { isStreamed } from '../session/fold.ts'
import type { Session } from '../session/session.ts'
import type { TurnResult } from '../session/turn.ts'
import type { Tokens, ToolEvent } from '../tools/event.ts'
import { pruned } from '../tools/fields.ts'
import { type About, type Format, isProviderId, type Said } from './format.ts'
import type { Source } from './source.ts'

/** What a conversation's file says of it up to the first prompt. */
export interface Conversation {
  readonly tool: string
  readonly file: string
  readonly id: string
  readonly cwd: string
  readonly at: number
  readonly prompt: string
  readonly bytes: number
  readonly about: About
}

/**
 * Reads so much of a conversation. Gives a word for why there is nothing to import. Of a directory
 * that is given as a hash only the project itself is known.
 */
export function peek(
  format: Format,
  source: Source,
  { now, projectPath }: { readonly now: number; readonly projectPath: string },
): Conversation | string {
  const about: { -readonly [K in keyof About]: About[K] } = {}
  let prompt: Extract<Said, { kind: 'prompt' }> | undefined
  for (const said of format.read(source)) {
    if (said.kind === 'about') Object.assign(about, { ...said.facts, ...about })
    if (said.kind !== 'prompt') continue
    prompt = said
    break
  }
  const { id, cwdHash } = about
  const cwd = about.cwd ?? (cwdHash === sha256(projectPath) ? projectPath : undefined)
  if (prompt === undefined) return 'nothing was asked in it'
  if (!isProviderId(id)) return 'it has no id to go on with'
  if (!cwd?.startsWith('/') || cwd.includes('\0') || !cwd.isWellFormed())
    return 'it has no directory'
  const clock = new Clock(Math.max(earliest, Math.min(source.modifiedAt, now)), now)
  const at = clock.take(about.at, clock.take(prompt.at))
  const { path: file, size: bytes } = source
  return { tool: format.tool, file, id, cwd, at: Math.floor(at), prompt: prompt.text, bytes, about }
}

/** A prompt for lists and descriptions. Redacted before it is cut: half of a secret looks like none. */
export function headOfPrompt(prompt: string, redactor: Redactor): string {
  return headOf(oneLine(redactor.text(prompt).value.toWellFormed()), 80)
}

export interface ImportSpec {
  readonly format: Format
  readonly source: Source
  readonly conversation: Conversation
  readonly now: number
  readonly transcriptCap: number
  /** Only the first prompt and the last message. */
  readonly byReference: boolean
}

/** The entries of the session behind entry 0. */
export function* entriesOf(session: Session, spec: ImportSpec): Generator<EncodedEntry> {
  const writer = new Writer(session, spec)
  for (const said of spec.format.read(spec.source)) yield* writer.take(said)
  yield* writer.end()
}

/** A turn that is being written. */
interface Open {
  readonly startedAt: number
  readonly meter: UsageMeter
  outcome: TurnResult['outcome']
  endedAt: number | undefined
  /** The last that the assistant said, and when. */
  said: { readonly text: string; readonly at: number } | undefined
  error: string | undefined
  entries: number
}

class Writer {
  readonly #session: Session
  readonly #spec: ImportSpec
  readonly #clock: Clock
  readonly #budget: Budget
  readonly #leftOut = new Map<string, number>()
  readonly #commands = new Commands()
  #turn: Open | undefined
  /** Of the newest turn. */
  #number = 0
  #total: Tokens | undefined

  constructor(session: Session, spec: ImportSpec) {
    this.#session = session
    this.#spec = spec
    this.#clock = new Clock(spec.conversation.at, spec.now)
    this.#budget = { left: spec.transcriptCap, leftOut: { entries: 0, bytes: 0 } }
  }

  *take(said: Said): Generator<EncodedEntry> {
    switch (said.kind) {
      case 'about':
        return
      case 'left_out':
        this.#leaveOut(said.what, said.count)
        return
      case 'prompt': {
        const at = this.#clock.take(said.at)
        if (this.#spec.byReference && this.#turn !== undefined) this.#turn.outcome = 'unknown'
        else yield* this.#begin(said.text, at)
        return
      }
      case 'end':
        if (this.#turn === undefined) return
        this.#turn.outcome = said.outcome
        this.#turn.endedAt = this.#clock.take(said.at)
        return
      case 'event':
        yield* this.#event(said.event, this.#clock.take(said.at))
    }
  }

  *end(): Generator<EncodedEntry> {
    yield* this.#finish()
    const { leftOut } = this.#budget
    if (leftOut.entries > 0) {
      const text = `the transcript is full: ${leftOut.entries} lines were left out`
      const data = { code: 'TRANSCRIPT_FULL', ...leftOut, cap: this.#spec.transcriptCap }
      yield* this.#push('error', text, data, this.#clock.last)
    }
    if (this.#leftOut.size === 0) return
    const data = { event: 'left_out', records: Object.fromEntries(this.#leftOut), upkeep: true }
    yield* this.#push('session', null, data, this.#clock.last)
  }

  *#begin(prompt: string, at: number): Generator<EncodedEntry> {
    yield* this.#finish()
    const { tool, id, cwd } = this.#spec.conversation
    this.#number++
    const meter = new UsageMeter(() => this.#total, true)
    this.#turn = {
      ...{ startedAt: at, meter, outcome: 'unknown', entries: 0 },
      ...{ endedAt: undefined, said: undefined, error: undefined },
    }
    const safe = this.#session.redact({ text: cwd, data: {} }).value.text
    const place = { cwd: safe, ...(safe === cwd ? {} : { cwd_redacted: true }) }
    yield* this.#push('turn_started', null, { tool, prompt, ...place, imported: true }, at)
    if (this.#number > 1) return
    yield* this.#push('provider_session', null, { tool, provider_session_id: id }, at)
  }

  *#event(event: ToolEvent, at: number): Generator<EncodedEntry> {
    const turn = this.#turn
    if (event.type === 'provider_session') return
    // What comes before the first prompt was said to nobody.
    if (turn === undefined) {
      this.#leaveOut(`${event.type} before the first prompt`)
      return
    }
    if (event.type === 'usage') {
      const { id, about } = this.#spec.conversation
      // A fork's file has its source's turns, too, and nothing in it tells which they are.
      const meter = about.isFork ? new UsageMeter(() => undefined, false) : turn.meter
      const data = meter.take(event, id)
      if (event.scope === 'thread') this.#total = { ...this.#total, ...event.tokens }
      if (!this.#spec.byReference) yield* this.#push('usage', null, data, at)
      return
    }
    if (event.type === 'message' && event.role === undefined && event.data === undefined) {
      if (event.text !== '') turn.said = { text: event.text, at }
    }
    if (event.type === 'error') turn.error = event.text
    if (this.#spec.byReference) return
    const { text, data } = contentOf(event)
    if (text === '' && (event.type === 'message' || event.type === 'thought')) return
    yield* this.#push(event.type, text, data, at, this.#commands.lineBefore(event))
  }

  /** Ends the open turn, with what is known of it. */
  *#finish(): Generator<EncodedEntry> {
    const turn = this.#turn
    if (turn === undefined) return
    const { tool, id } = this.#spec.conversation
    const { meter, said } = turn
    if (this.#spec.byReference) {
      if (said !== undefined) yield* this.#push('message', said.text, {}, said.at)
      const scope = this.#total === undefined ? 'run' : 'thread'
      const total = this.#total === undefined ? {} : { total: this.#total }
      const data = { ...meter.sum, scope, provider_session_id: id, ...total }
      const isKnown = meter.sum !== null || this.#total !== undefined
      if (isKnown) yield* this.#push('usage', null, data, this.#clock.last)
    }
    const endedAt = Math.max(turn.startedAt, turn.endedAt ?? this.#clock.last)
    const last = turn.outcome === 'failure' ? (turn.error ?? said?.text) : said?.text
    const result: TurnResult = {
      session_id: this.#session.id,
      turn: this.#number,
      tool,
      outcome: turn.outcome,
      exit_code: null,
      signal: null,
      summary: this.#summary(last),
      started_at: new Date(turn.startedAt).toISOString(),
      completed_at: new Date(endedAt).toISOString(),
      duration_ms: endedAt - turn.startedAt,
      provider_session_id: id,
      usage: meter.sum,
      cost_usd: meter.sum?.cost_usd ?? null,
      peak_memory_bytes: null,
      events_count: turn.entries + 1,
      artifacts: [],
    }
    yield* this.#push('turn_ended', null, result, endedAt)
    this.#turn = undefined
  }

  /** Redacted before it is cut. */
  #summary(text: string | undefined): string | null {
    if (text === undefined) return null
    const { value } = this.#session.redact({ text, data: {} })
    return summaryOf(value.text?.toWellFormed())
  }

  /** `before`: the line that the text stands behind. */
  *#push(
    type: string,
    text: string | null,
    data: EntryData,
    at: number,
    before?: string,
  ): Generator<EncodedEntry> {
    const encoded = this.#encode(type, text, data, at, before)
    if (encoded === undefined) return
    if (isStreamed(type) && !spend(this.#budget, Buffer.byteLength(encoded.tail))) return
    if (this.#turn !== undefined) this.#turn.entries++
    yield encoded
  }

  #encode(
    type: string,
    text: string | null,
    data: EntryData,
    at: number,
    before: string | undefined,
  ): EncodedEntry | undefined {
    const session = this.#session
    try {
      const { value, counts } = session.redact({ text, data: pruned(data) as EntryData }, before)
      const entry: Bare = bounded({ type, turn: this.#number, at, ...value })
      return session.encodeRedacted(entry, counts)
    } catch (error) {
      // Nested so deeply that there is no room to go down to its end.
      if (!(error instanceof RangeError)) throw error
      this.#leaveOut('record nested too deeply')
      return undefined
    }
  }

  /** A hostile file has any number of kinds. */
  #leaveOut(what: string, count = 1): void {
    const known = this.#leftOut.has(what) || this.#leftOut.size < 64
    const kind = known ? what.slice(0, 64) : 'others'
    this.#leftOut.set(kind, (this.#leftOut.get(kind) ?? 0) + count)
  }
}

/** Instants that can be: without one, or with one that cannot be, a record has that of the last. */
class Clock {
  last: number
  readonly #latest: number

  constructor(start: number, now: number) {
    this.last = start
    this.#latest = now + day
  }

  take(at: number | undefined, otherwise = this.last): number {
    const isPossible = at !== undefined && at >= earliest && at <= this.#latest
    this.last = isPossible ? at : otherwise
    return this.last
  }
}

const day = 86_400_000
/** No tool of this kind is older. */
const earliest = Date.UTC(2020, 0, 1)
