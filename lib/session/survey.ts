/** A journal read to its end, whatever stands in it: what is wrong, and what a mended one would hold. */

import type { SessionId } from '../base/id.ts'
import { formatJson } from '../base/json.ts'
import { decodeEntry, type EncodedEntry, type Entry, formatLine } from '../journal/entry.ts'
import { decodeLines, type Line, type Reading, readLines } from '../journal/read.ts'
import * as disk from '../os/disk.ts'
import { FoldError, foldEntry } from './fold.ts'
import type { State } from './state.ts'

export type FaultKind =
  /** Behind the last line feed stands something. */
  'torn' | 'nuls' | 'garbage' | 'gap' | 'duplicate' | 'regression' | 'unfoldable' | 'foreign'

export interface Fault {
  readonly kind: FaultKind
  readonly offset: number
  readonly problem: string
}

/** A stretch of the journal: a line, or what stands behind the last one. */
export interface Surveyed {
  readonly start: number
  readonly end: number
  /** What is to stand in its place; undefined when it stays as it is. */
  readonly text: string | undefined
  readonly fault: Fault | undefined
}

export interface Journal {
  readonly fd: number
  readonly path: string
  /** Up to where it is read. */
  readonly size: number
}

/** Beyond what an entry can be. */
const longestTail = 64 * 1024 * 1024

/** One reading of a journal. */
export class JournalSurvey {
  /** What the stretches so far fold to, as they are to stand. */
  state: State | undefined
  /** The greatest number that an entry has. */
  last: number
  /** Where the last line ends that is an entry. */
  end: number
  /** The greatest version that a line has. */
  version = 0

  readonly #id: SessionId
  readonly #journal: Journal
  readonly #birth: EncodedEntry
  readonly #start: number
  /** Where the line of each number stands. */
  readonly #offsets: number[] = []
  /** The number that the next entry should have. */
  #expected: number
  /** The line before was cut, and had a number that nobody knows. */
  #isTorn = false

  /**
   * `birth` creates the session where the journal's own first entry is lost; `from` is what stands
   * before what is to be read, all of it by default.
   */
  constructor(id: SessionId, journal: Journal, birth: EncodedEntry, from?: State) {
    this.#id = id
    this.#journal = journal
    this.#birth = birth
    this.state = from
    this.#start = from?.journal.bytes ?? 0
    this.#expected = (from?.journal.seq ?? -1) + 1
    this.last = this.#expected - 1
    this.end = this.#start
  }

  /** All of it, in order; the state counts what was given so far. */
  *stretches(): Generator<Surveyed> {
    const { fd, path, size } = this.#journal
    let end = this.#start
    for (const reading of decodeLines(readLines(fd, path, end, size))) {
      end = reading.line.end
      yield this.#judge(reading)
    }
    if (end < size) yield this.#judgeTail(end)
    if (this.state === undefined) {
      yield { start: size, end: size, text: this.#bear(), fault: lost(size) }
    }
  }

  #judge({ line, entry }: Reading): Surveyed {
    if (entry === undefined) {
      this.#isTorn = true
      const isNul = /^\0+$/.test(line.text)
      return cut(line, isNul ? 'nuls' : 'garbage', isNul ? 'NULs' : 'a line that is no entry')
    }
    const order = this.#orderOf(line, entry)
    if (order?.kind === 'duplicate') return cut(line, order.kind, order.problem)
    const birth = this.state === undefined && !this.#isBirth(entry) ? this.#bear() : ''
    this.#note(line, entry)
    // What creates another session tells nothing of this one.
    if (birth !== '' && isCreation(entry) && entry.data.id !== this.#id) {
      const problem = `it creates session ${entry.data.id}`
      return { ...cut(line, 'foreign', problem), text: birth }
    }
    const seq = (this.state?.journal.seq ?? -1) + 1
    const text = entry.seq === seq ? line.text : renumber(line.text, entry, seq)
    const problem = this.#fold({ ...entry, seq }, Buffer.byteLength(text) + 1)
    if (problem !== undefined) return { ...cut(line, 'unfoldable', problem), text: birth }
    return {
      start: line.offset,
      end: line.end,
      text: birth === '' && text === line.text ? undefined : `${birth}${text}\n`,
      fault: order ?? (birth === '' ? undefined : lost(line.offset)),
    }
  }

  /** An entry that lacks nothing but its line feed is one all the same. */
  #judgeTail(start: number): Surveyed {
    const { fd, path, size } = this.#journal
    const bytes = disk.readBytes(fd, path, start, Math.min(size - start, longestTail))
    const text = bytes.toString('utf8')
    const line = { offset: start, end: size, text }
    const kind = /^\0+$/.test(text) ? 'nuls' : 'torn'
    const fault: Fault = {
      kind,
      offset: start,
      problem: kind === 'nuls' ? 'NULs' : 'the end of the file is no whole line',
    }
    const entry = size - start > longestTail ? undefined : decodeEntry(text)
    if (entry === undefined) return { start, end: size, text: '', fault }
    const surveyed = this.#judge({ line, entry })
    return { ...surveyed, text: surveyed.text ?? `${text}\n`, fault }
  }

  /** What is odd about an entry's number. */
  #orderOf(line: Line, { seq }: Entry): Fault | undefined {
    const expected = this.#expected
    const isAfterCut = this.#isTorn
    if (seq === expected || (isAfterCut && seq > expected)) return undefined
    const fault = (kind: FaultKind, problem: string) => ({ kind, offset: line.offset, problem })
    if (seq > expected) return fault('gap', `number ${seq} stands where ${expected} should`)
    return this.#isThere(line, seq)
      ? fault('duplicate', `number ${seq} stands there twice`)
      : fault('regression', `number ${seq} stands behind ${expected - 1}`)
  }

  #isThere(line: Line, seq: number): boolean {
    const offset = this.#offsets[seq]
    if (offset === undefined) return false
    const { fd, path } = this.#journal
    const there = disk.readBytes(fd, path, offset, Buffer.byteLength(line.text))
    return there.toString('utf8') === line.text
  }

  #note(line: Line, { seq, v }: Entry): void {
    this.end = line.end
    this.#offsets[seq] = line.offset
    this.#expected = seq + 1
    this.#isTorn = false
    this.last = Math.max(this.last, seq)
    this.version = Math.max(this.version, v)
  }

  #isBirth(entry: Entry): boolean {
    if (!isCreation(entry) || entry.data.id !== this.#id) return false
    try {
      foldEntry(undefined, entry, 0)
      return true
    } catch (error) {
      if (!(error instanceof FoldError)) throw error
      return false
    }
  }

  /** Begins with the entry that was made for it; gives its line. */
  #bear(): string {
    const line = formatLine(0, this.#birth)
    const entry = decodeEntry(line.slice(0, -1)) as Entry
    this.state = foldEntry(undefined, entry, Buffer.byteLength(line))
    return line
  }

  /** Gives what is wrong when the entry cannot follow. */
  #fold(entry: Entry, bytes: number): string | undefined {
    try {
      this.state = foldEntry(this.state, entry, bytes)
      return undefined
    } catch (error) {
      if (!(error instanceof FoldError)) throw error
      return error.message
    }
  }
}

function isCreation({ type, data }: Entry): boolean {
  return type === 'session' && typeof data.id === 'string'
}

function cut(line: Line, kind: FaultKind, problem: string): Surveyed {
  const { offset, end } = line
  return { start: offset, end, text: '', fault: { kind, offset, problem } }
}

function lost(offset: number): Fault {
  return { kind: 'garbage', offset, problem: 'the entry that created it is not there' }
}

/** The line as it is, but for its number. */
function renumber(line: string, entry: Entry, seq: number): string {
  const text = line.replace(/^(\{"v":\d+,"seq":)\d+(?=,)/, `$1${seq}`)
  return decodeEntry(text)?.seq === seq ? text : formatJson({ ...entry, seq })
}
