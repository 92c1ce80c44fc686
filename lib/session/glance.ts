/**
 * A state read at a glance: line by line as formatState writes it.
 *
 * It tells enough to judge a session, and to pass over most of ten thousand, without a parser. Where
 * a text is anything else, or the journal has gone on, it tells nothing: readSnapshot then does.
 */

import type { SessionId } from '../base/id.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { GroupIdentity } from '../os/process.ts'
import { foldVersion, stateFormat, usageKeys } from './state.ts'

/** A part of a session's state. */
export interface Glance {
  readonly name: string | undefined
  readonly phase: string
  readonly turn: GlancedTurn | undefined
  /** How long the journal was when the state was written. */
  readonly bytes: number
}

export interface GlancedTurn {
  readonly number: number
  readonly ended_at: string | undefined
  readonly outcome: string | undefined
  readonly process: GroupIdentity | undefined
}

/** What a session's state says, or undefined where it takes a closer look. */
export function glanceAt(id: SessionId, dir: string): Glance | undefined {
  try {
    const text = disk.findHead(files.state(dir))
    const glance = text === undefined ? undefined : glanceAtText(id, text)
    if (glance === undefined) return undefined
    return disk.findSize(files.transcript(dir)) === glance.bytes ? glance : undefined
  } catch (error) {
    // A link, a directory, no permission: to be looked at in earnest.
    if (disk.errnoOf(error) === undefined) throw error
    return undefined
  }
}

/** The same of the text alone. */
export function glanceAtText(id: SessionId, text: string): Glance | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(text)) return undefined
  const lines = new Lines(text)
  lines.begin(`format = ${stateFormat}\nmeta_session_id = "${id}"\n`)
  lines.may('description', isText)
  const name = lines.may('name', isWord) ? lines.word : undefined
  lines.must('project_path', isText)
  lines.must('created_at', isInstant)
  lines.must('last_accessed', isInstant)
  lines.must('phase', isWord)
  const phase = lines.word
  lines.must('pinned', isTruth)
  lines.begin('\n[genealogy]\n')
  lines.may('parent_session_id', isText)
  lines.may('fork_of_session_id', isText)
  lines.must('depth', isCount)
  lines.begin('\n[context_status]\n')
  lines.must('is_compacted', isTruth)
  lines.may('last_compacted_at', isInstant)
  const tools = new Set<string>()
  while (lines.opensAnother('\n[tools.', tools)) {
    lines.may('provider_session_id', isText)
    lines.may('provider_session_history', isTexts)
    lines.may('last_action_summary', isText)
    lines.may('last_exit_code', isCount)
    lines.may('updated_at', isInstant)
  }
  if (lines.opens('\n[git]\n')) {
    lines.may('branch', isText)
    lines.may('head_at_creation', isText)
    lines.may('cwd', isText)
    lines.may('cwd_redacted', isTruth)
  }
  const turn = lines.opens('\n[turn]\n') ? turnOf(lines) : undefined
  if (lines.opens('\n[usage]\n')) for (const key of usageKeys) lines.may(key, isAmount)
  lines.begin(`\n[journal]\nfold = ${foldVersion}\n`)
  lines.must('seq', isCount)
  lines.must('bytes', isCount)
  const bytes = lines.number
  lines.may('streamed_bytes', isCount)
  if (!lines.areAllTaken) return undefined
  return { name, phase, turn, bytes }
}

function turnOf(lines: Lines): GlancedTurn {
  lines.must('number', isCount)
  const { number } = lines
  lines.must('tool', isText)
  lines.must('started_at', isInstant)
  const ended_at = lines.may('ended_at', isInstant) ? lines.value : undefined
  const outcome = lines.may('outcome', isWord) ? lines.word : undefined
  lines.may('exit_code', isCount)
  lines.may('signal', isText)
  lines.may('kill_requested', isTruth)
  const process = lines.opens('\n[turn.process]\n') ? processOf(lines) : undefined
  return { number, ended_at, outcome, process }
}

function processOf(lines: Lines): GroupIdentity {
  lines.must('pgid', isCount)
  const pgid = lines.number
  lines.must('start_time', isWord)
  const start_time = lines.word
  lines.must('boot_id', isWord)
  const boot_id = lines.word
  lines.must('pid_ns', isWord)
  const pid_ns = lines.word
  lines.must('host', isWord)
  return { pgid, start_time, boot_id, pid_ns, host: lines.word }
}

/** Whether `text` has a value of some kind from `start` to `end`. */
type Kind = (text: string, start: number, end: number) => boolean

/** The lines of a document, taken in the order that they are written in. */
class Lines {
  readonly #text: string
  #at = 0
  /** Where the value taken last stands. */
  #start = 0
  #isOther = false

  constructor(text: string) {
    this.#text = text
  }

  /** Whether every line was one that was asked for. */
  get areAllTaken(): boolean {
    return !this.#isOther && this.#at === this.#text.length
  }

  /** The value taken last. */
  get value(): string {
    return this.#text.slice(this.#start, this.#at - 1)
  }

  get word(): string {
    return this.#text.slice(this.#start + 1, this.#at - 2)
  }

  get number(): number {
    return Number(this.value)
  }

  /** Takes the line of this key if it comes next. */
  may(key: string, isKind: Kind): boolean {
    const text = this.#text
    const equals = this.#at + key.length
    if (!text.startsWith(key, this.#at) || !text.startsWith(' = ', equals)) return false
    this.#start = equals + 3
    const end = text.indexOf('\n', this.#start)
    if (end < 0 || !isKind(text, this.#start, end)) this.#isOther = true
    this.#at = end + 1
    return end >= 0
  }

  must(key: string, isKind: Kind): void {
    if (!this.may(key, isKind)) this.#isOther = true
  }

  /** Takes these very lines if they come next. */
  opens(lines: string): boolean {
    const isNext = this.#text.startsWith(lines, this.#at)
    if (isNext) this.#at += lines.length
    return isNext
  }

  begin(lines: string): void {
    if (!this.opens(lines)) this.#isOther = true
  }

  /** Whether a table that begins so and is none of those seen comes next; it is one of them then. */
  opensAnother(start: string, seen: Set<string>): boolean {
    if (!this.opens(start)) return false
    const end = this.#text.indexOf(']\n', this.#at)
    const key = this.#text.slice(this.#at, end)
    if (end < 0 || seen.has(key) || !/^[A-Za-z0-9_-]+$/.test(key)) this.#isOther = true
    seen.add(key)
    this.#at = end + 2
    return !this.#isOther
  }
}

// Values as formatToml writes them, and of those only what every reader takes for the same.

function isWord(text: string, start: number, end: number): boolean {
  if (text[start] !== '"' || text.indexOf('"', start + 1) !== end - 1) return false
  const backslash = text.indexOf('\\', start)
  return backslash < 0 || backslash > end
}

function isText(text: string, start: number, end: number): boolean {
  return isWord(text, start, end) || /^"(?:[^"\\]|\\["\\bfnrt])*"$/.test(text.slice(start, end))
}

function isTexts(text: string, start: number, end: number): boolean {
  const value = text.slice(start + 1, end - 1)
  return (
    text[start] === '[' &&
    text[end - 1] === ']' &&
    value.split(', ').every((one) => isWord(one, 0, one.length))
  )
}

function isTruth(text: string, start: number, end: number): boolean {
  const value = text.slice(start, end)
  return value === 'true' || value === 'false'
}

function isCount(text: string, start: number, end: number): boolean {
  if (end - start > 15 || end === start) return false
  if (text[start] === '0') return end === start + 1
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code < 48 || code > 57) return false
  }
  return true
}

function isAmount(text: string, start: number, end: number): boolean {
  return isCount(text, start, end) || /^(?:0|[1-9]\d{0,14})\.\d{1,15}$/.test(text.slice(start, end))
}

const instant = /[1-9]\d{3}-(?:0[1-9]|1[0-2])-[0-3]\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z/y
/** The last day of each month; a leap day is left to those who know the year. */
const lastDays = ['31', '28', '31', '30', '31', '30', '31', '31', '30', '31', '30', '31']

function isInstant(text: string, start: number, end: number): boolean {
  instant.lastIndex = start
  if (end - start !== 24 || !instant.test(text)) return false
  const day = text.slice(start + 8, start + 10)
  if (day < '29') return day !== '00'
  return day <= (lastDays[Number(text.slice(start + 5, start + 7)) - 1] as string)
}
