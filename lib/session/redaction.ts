/** Redacting what is on the disk already: a journal entry by entry, a document line by line. */

import { isTable } from '../base/decode.ts'
import { isSessionId, type SessionId } from '../base/id.ts'
import { parseJson } from '../base/json.ts'
import { isFailed } from '../file/redaction.ts'
import type { Entry, EntryData } from '../journal/entry.ts'
import type { Reading } from '../journal/read.ts'
import {
  mergeCounts,
  type Redacted,
  type RedactionCounts,
  type RedactionStream,
  type Redactor,
} from '../redact/redact.ts'

/** A line that was looked through. */
export interface Checked {
  /** What was found in it, by rule; `error` where the search failed, and nothing is changed then. */
  readonly counts: RedactionCounts | undefined
  /** What is to stand in its place; undefined when it stays as it is. */
  readonly text: string | undefined
  /** The entry that stands there then. */
  readonly entry: Entry | undefined
}

/** As many streams as one journal can have open at a time; older ones have ended. */
const mostStreams = 64

/** Looks through the lines of one journal, in their order. */
export class JournalRedaction {
  readonly #id: SessionId
  readonly #redactor: Redactor
  readonly #streams = new Map<string, RedactionStream>()

  constructor(id: SessionId, redactor: Redactor) {
    this.#id = id
    this.#redactor = redactor
  }

  /** What becomes of the next line: an entry keeps its shape, any other line is text. */
  check({ line, entry }: Reading): Checked {
    if (entry === undefined) {
      // A line that is far too long comes without its text.
      const isLost = line.text === '' && line.end - line.offset > 1
      if (isLost) return { counts: { error: 1 }, text: undefined, entry }
      const { value, counts } = this.#redactor.text(line.text)
      const isSame = value === line.text || isFailed(counts)
      return { counts, text: isSame ? undefined : value, entry }
    }
    const text = this.#text(entry)
    const data = this.#data(entry)
    const rest = this.#rest(entry)
    const counts = mergeCounts(mergeCounts(text.counts, data.counts), rest.counts)
    if (counts === undefined || isFailed(counts)) return { counts, text: undefined, entry }
    const redacted = {
      ...entry,
      ...rest.value,
      text: text.value,
      data: withCounts(data.value, counts),
    }
    return { counts, text: JSON.stringify(redacted), entry: redacted }
  }

  /** The lines of a stream belong together: a key goes over many of them. */
  #text({ text, turn, data: { stream } }: Entry): Redacted<string | null> {
    if (text === null) return { value: null, counts: undefined }
    if (typeof stream !== 'string') return this.#redactor.text(text)
    return this.#streamOf(`${turn} ${stream}`).lines(text)
  }

  #streamOf(name: string): RedactionStream {
    const known = this.#streams.get(name)
    if (known !== undefined) return known
    if (this.#streams.size >= mostStreams) {
      this.#streams.delete(this.#streams.keys().next().value ?? '')
    }
    const stream = this.#redactor.openStream()
    this.#streams.set(name, stream)
    return stream
  }

  #data(entry: Entry): Redacted<EntryData> {
    const { data } = entry
    if (isStreamFacts(data)) return { value: data, counts: undefined }
    const { redactions, ...facts } = data
    const { value, counts } = this.#redactor.json(isCounts(redactions) ? facts : data)
    if (counts === undefined || isFailed(counts)) return { value: data, counts }
    const safe = noteCwd(entry, keepFacts(this.#id, entry, value))
    // The counts of an earlier redaction keep their place among the keys.
    const next = isCounts(redactions) ? { ...data, ...safe, redactions } : safe
    const isSame = JSON.stringify(next) === JSON.stringify(data)
    return isSame ? { value: data, counts: undefined } : { value: next, counts }
  }

  /** Keys of a line that this version does not know. */
  #rest(entry: Entry): Redacted<object> {
    const { v: _v, seq: _s, ts: _t, turn: _n, type: _y, text: _x, data: _d, ...rest } = entry
    if (Object.keys(rest).length === 0) return { value: {}, counts: undefined }
    const { value, counts } = this.#redactor.json(rest)
    return isFailed(counts) ? { value: rest, counts } : { value, counts }
  }
}

/** What is left of an entry that could not be searched, where no secret may be handed on. */
export function withoutContent({ v, seq, ts, turn, type, text }: Entry): Entry {
  const said = text === null ? null : '[REDACTED:error]'
  return { v, seq, ts, turn, type, text: said, data: { redactions: { error: 1 } } }
}

function isCounts(value: unknown): value is RedactionCounts {
  return isTable(value) && Object.values(value).every((count) => typeof count === 'number')
}

function withCounts(data: EntryData, counts: RedactionCounts): EntryData {
  const before = isCounts(data.redactions) ? data.redactions : undefined
  const sum = mergeCounts(before, counts) ?? counts
  return Object.keys(sum).length === 0 ? data : { ...data, redactions: sum }
}

/** What the entry of a streamed line has by itself: nothing that a tool has said. */
function isStreamFacts(data: EntryData): boolean {
  return Object.entries(data).every(([key, value]) => {
    if (key === 'stream') return value === 'stdout' || value === 'stderr'
    if (key === 'redactions') return isCounts(value)
    if (key === 'bytes') return typeof value === 'number'
    return (key === 'partial' || key === 'truncated') && typeof value === 'boolean'
  })
}

/**
 * What the fold needs as it is. A value that was learnt from elsewhere can stand in it, and no reader
 * could take an entry without it.
 */
function keepFacts(id: SessionId, { type, data }: Entry, redacted: EntryData): EntryData {
  if (type !== 'session' && type !== 'turn_started' && type !== 'turn_ended') return redacted
  const kept = Object.entries(data).filter(([key, value]) => {
    if (key === 'process') return type === 'turn_started'
    if (typeof value !== 'string') return false
    if (key === 'id' || key === 'session_id') return value === id
    if (key === 'parent_session_id' || key === 'fork_of') return isSessionId(value)
    return (
      ['event', 'tool', 'outcome', 'signal', 'started_at', 'completed_at'].includes(key) &&
      /^(?:[A-Za-z][A-Za-z0-9_-]{0,31}|[\d-]{10}T[\d:.]{8,12}Z)$/.test(value)
    )
  })
  return { ...redacted, ...Object.fromEntries(kept) }
}

/** A directory that is not written as it was is no place to go back to. */
function noteCwd({ type, data }: Entry, redacted: EntryData): EntryData {
  if (type === 'turn_started' && redacted.cwd !== data.cwd) {
    return { ...redacted, cwd_redacted: true }
  }
  // Where it was born, and where its project was moved to.
  const key = isTable(data.git) ? 'git' : 'set'
  const [before, after] = [data[key], redacted[key]]
  return type === 'session' && isTable(before) && isTable(after) && before.cwd !== after.cwd
    ? { ...redacted, [key]: { ...after, cwd_redacted: true } }
    : redacted
}

/** Something found in a line of a document, counted from 1. */
export interface LineFind {
  readonly line: number
  readonly counts: RedactionCounts
}

/** What stint wrote of itself: ids, times and processes. */
const factKeys =
  /^(?:meta_session_id|session_id|parent_session_id|fork_of_session_id|phase|tool|outcome|signal|head_at_creation|(?:created|updated|started|ended|completed|last_compacted)_at|last_accessed)$/

/** A TOML document in the layout that formatToml writes, without the secrets in its texts. */
export function redactDocument(
  document: string,
  redactor: Redactor,
): { readonly text: string; readonly finds: readonly LineFind[] } {
  const finds: LineFind[] = []
  let table = ''
  const lines = document.split('\n').map((line, index) => {
    table = /^\[+([^\]]+)\]+$/.exec(line)?.[1] ?? table
    const { value, counts } = redactTomlLine(line, table, redactor)
    if (counts === undefined) return line
    finds.push({ line: index + 1, counts })
    return isFailed(counts) ? line : value
  })
  return finds.length === 0 ? { text: document, finds } : { text: lines.join('\n'), finds }
}

/** A text is looked at as what it says and then, with its key, as it is written. */
function redactTomlLine(line: string, table: string, redactor: Redactor): Redacted<string> {
  const [, head = '', quoted] = /^([A-Za-z0-9_-]+ = )(".*")$/.exec(line) ?? []
  if (line === '' || table === 'turn.process' || factKeys.test(head.slice(0, -3))) {
    return { value: line, counts: undefined }
  }
  const said = quoted === undefined ? undefined : parseJson(quoted)
  const text = typeof said === 'string' ? redactor.text(said) : undefined
  const once = text?.counts === undefined ? line : head + JSON.stringify(text.value)
  const { value, counts } = redactor.text(once)
  return { value, counts: mergeCounts(text?.counts, counts) }
}
