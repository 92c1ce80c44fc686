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
import { foldVersion, type State, stateFormat, type TurnState, usageKeys } from './state.ts'

/** A part of a session's state. */
export interface Glance extends Pick<State, 'name' | 'phase'> {
  readonly turn?: Pick<TurnState, 'number' | 'ended_at' | 'outcome' | 'process'>
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

/** The same of the text, with how long the journal was when it was written. */
export function glanceAtText(
  id: SessionId,
  text: string,
): (Glance & { readonly bytes: number }) | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(text)) return undefined
  const lines = new Lines(text)
  lines.need('format', String(stateFormat))
  lines.need('meta_session_id', `"${id}"`)
  lines.may('description', isText)
  const name = lines.may('name', isWord)
  lines.must('project_path', isText)
  lines.must('created_at', isInstant)
  lines.must('last_accessed', isInstant)
  const phase = lines.must('phase', isWord)
  lines.must('pinned', isTruth)
  lines.mustOpen('genealogy')
  lines.may('parent_session_id', isText)
  lines.may('fork_of_session_id', isText)
  lines.must('depth', isCount)
  lines.mustOpen('context_status')
  lines.must('is_compacted', isTruth)
  lines.may('last_compacted_at', isInstant)
  const tools = new Set<string>()
  while (lines.openAnother('tools', tools)) {
    lines.may('provider_session_id', isText)
    lines.may('provider_session_history', isTexts)
    lines.may('last_action_summary', isText)
    lines.may('last_exit_code', isCount)
    lines.may('updated_at', isInstant)
  }
  if (lines.mayOpen('git')) {
    lines.may('branch', isText)
    lines.may('head_at_creation', isText)
    lines.may('cwd', isText)
    lines.may('cwd_redacted', isTruth)
  }
  const turn = lines.mayOpen('turn') ? turnOf(lines) : undefined
  if (lines.mayOpen('usage')) for (const key of usageKeys) lines.may(key, isAmount)
  lines.mustOpen('journal')
  lines.need('fold', String(foldVersion))
  lines.must('seq', isCount)
  const bytes = lines.must('bytes', isCount)
  lines.may('streamed_bytes', isCount)
  if (!lines.areAllTaken) return undefined
  return {
    ...(name === undefined ? {} : { name: unquote(name) }),
    phase: unquote(phase),
    ...(turn === undefined ? {} : { turn }),
    bytes: Number(bytes),
  }
}

function turnOf(lines: Lines): Glance['turn'] {
  const number = lines.must('number', isCount)
  lines.must('tool', isText)
  lines.must('started_at', isInstant)
  const ended_at = lines.may('ended_at', isInstant)
  const outcome = lines.may('outcome', isWord)
  lines.may('exit_code', isCount)
  lines.may('signal', isText)
  lines.may('kill_requested', isTruth)
  return {
    number: Number(number),
    ...(ended_at === undefined ? {} : { ended_at }),
    ...(outcome === undefined ? {} : { outcome: unquote(outcome) }),
    ...(lines.mayOpen('turn.process') ? { process: processOf(lines) } : {}),
  }
}

function processOf(lines: Lines): GroupIdentity {
  const pgid = Number(lines.must('pgid', isCount))
  const [start_time, boot_id, pid_ns, host] = (
    ['start_time', 'boot_id', 'pid_ns', 'host'] as const
  ).map((key) => unquote(lines.must(key, isWord))) as [string, string, string, string]
  return { pgid, start_time, boot_id, pid_ns, host }
}

/** The lines of a document, taken in the order that they are written in. */
class Lines {
  readonly #text: string
  #at = 0
  #isOther = false

  constructor(text: string) {
    this.#text = text
  }

  /** Whether every line was one that was asked for. */
  get areAllTaken(): boolean {
    return !this.#isOther && this.#at === this.#text.length
  }

  /** The value of this key, if it comes next. */
  may(key: string, isValue: (value: string) => boolean): string | undefined {
    if (!this.#text.startsWith(`${key} = `, this.#at)) return undefined
    const start = this.#at + key.length + 3
    const end = this.#text.indexOf('\n', start)
    const value = this.#text.slice(start, end)
    if (end < 0 || !isValue(value)) this.#isOther = true
    this.#at = end + 1
    return value
  }

  must(key: string, isValue: (value: string) => boolean): string {
    const value = this.may(key, isValue)
    if (value === undefined) this.#isOther = true
    return value ?? ''
  }

  need(key: string, value: string): void {
    this.must(key, (there) => there === value)
  }

  /** Whether this table comes next. */
  mayOpen(name: string): boolean {
    const header = `\n[${name}]\n`
    const isNext = this.#text.startsWith(header, this.#at)
    if (isNext) this.#at += header.length
    return isNext
  }

  mustOpen(name: string): void {
    if (!this.mayOpen(name)) this.#isOther = true
  }

  /** Whether a table of this one's that is none of those seen comes next; it is one of them then. */
  openAnother(name: string, seen: Set<string>): boolean {
    const header = `\n[${name}.`
    if (!this.#text.startsWith(header, this.#at)) return false
    const end = this.#text.indexOf(']\n', this.#at)
    const key = this.#text.slice(this.#at + header.length, end)
    if (end < 0 || seen.has(key) || !/^[A-Za-z0-9_-]+$/.test(key)) {
      this.#isOther = true
      return false
    }
    this.#at = end + 2
    seen.add(key)
    return true
  }
}

// Values as formatToml writes them, and of those only what every reader takes for the same.

function isWord(value: string): boolean {
  const { length } = value
  return (
    length > 1 &&
    value.startsWith('"') &&
    value.indexOf('"', 1) === length - 1 &&
    !value.includes('\\')
  )
}

function isText(value: string): boolean {
  return isWord(value) || /^"(?:[^"\\]|\\["\\bfnrt])*"$/.test(value)
}

function isTexts(value: string): boolean {
  return (
    value.startsWith('["') && value.endsWith('"]') && value.slice(1, -1).split(', ').every(isWord)
  )
}

function isTruth(value: string): boolean {
  return value === 'true' || value === 'false'
}

function isCount(value: string): boolean {
  const number = Number(value)
  return number >= 0 && number <= Number.MAX_SAFE_INTEGER && String(number) === value
}

function isAmount(value: string): boolean {
  return isCount(value) || /^(?:0|[1-9]\d{0,14})\.\d{1,15}$/.test(value)
}

/** Of each month; a leap day is left to those who know the year. */
const lastDays = ['31', '28', '31', '30', '31', '30', '31', '31', '30', '31', '30', '31']

function isInstant(value: string): boolean {
  if (!/^[1-9]\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z$/.test(value)) return false
  const day = value.slice(8, 10)
  const lastDay = lastDays[Number(value.slice(5, 7)) - 1]
  return day > '00' && lastDay !== undefined && day <= lastDay && value.slice(11, 13) < '24'
}

function unquote(value: string): string {
  return value.slice(1, -1)
}
