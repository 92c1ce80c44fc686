/**
 * Replacing a session's journal by a redacted one: the only time that a line is ever changed.
 *
 * The caller holds session.lock, every tool's lock and journal.lock, so nobody else writes.
 */

import type { SessionId } from '../base/id.ts'
import { Failure, quietly, withRecorded } from '../errors.ts'
import { Copy } from '../journal/copy.ts'
import type { Entry } from '../journal/entry.ts'
import { decodeLines, readLines } from '../journal/read.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { dropTemporary, replaceText, sweepLeftovers } from '../os/replace.ts'
import type { Redactor } from '../redact/redact.ts'
import { catchUp } from './catch-up.ts'
import { formatState, keepUnknown, parseState } from './codec.ts'
import { readResults } from './documents.ts'
import { FoldError, foldEntry } from './fold.ts'
import { JournalRedaction, redactDocument } from './redaction.ts'
import type { State } from './state.ts'

/**
 * Takes the secrets out of a session's transcript, state and results. Every entry stays, with its
 * number.
 *
 * The state goes first, back to where both transcripts are the same; then the new transcript takes
 * the place of the old one; then the state that counts all of it. A crash in between leaves the one
 * or the other transcript, whole, and a state from which either is folded.
 *
 * Throws what kept it from being done with nothing changed, unless the failure's `recorded` says so.
 */
export function rewriteSession(id: SessionId, dir: string, redactor: Redactor): void {
  const state = readWhole(id, dir)
  const old = disk.findText(files.state(dir))
  sweepLeftovers(dir, files.replaced)
  const staged = stageJournal(id, dir, state, redactor)
  const text = stateText(id, dir, staged?.state ?? state, redactor)
  if (staged !== undefined) {
    try {
      const before = stateText(id, dir, staged.before, redactor)
      if (!replaceText(files.state(dir), before)) throw unconfirmed(id, false)
      disk.rename(staged.path, files.transcript(dir))
    } catch (error) {
      dropTemporary(staged.path)
      throw error
    }
    publish(id, dir, text)
  } else if (text !== old && !replaceText(files.state(dir), text)) {
    throw unconfirmed(id, true)
  }
  redactResults(dir, redactor)
}

/**
 * Behind a new journal, which is on the disk. What was changed stays, whatever becomes of the state's
 * file: the old one leads to it as well.
 */
export function publish(id: SessionId, dir: string, text: string): void {
  try {
    disk.syncDir(dir)
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause
    throw new Failure('DURABILITY_UNKNOWN', { id, recorded: true }, { cause })
  }
  // Where it stays, one more copy is made.
  quietly(() => disk.removeFile(files.unsynced(dir)))
  try {
    if (!replaceText(files.state(dir), text)) throw unconfirmed(id, true)
  } catch (error) {
    throw withRecorded(error, 1)
  }
}

/** The state with all that the journal tells. Throws what keeps a writer from a session. */
function readWhole(id: SessionId, dir: string): State {
  const { state, failure, warnings } = catchUp(id, dir)
  if (state === undefined) throw failure
  const isMissing = disk.findFacts(files.state(dir)) === undefined
  const wrong = warnings.find(({ code }) => !(isMissing && code === 'STATE_INVALID'))
  if (wrong !== undefined) throw wrong
  return state
}

/** A transcript that is on the disk beside the old one. */
interface Staged {
  readonly path: string
  /** What both transcripts fold to up to the first line in which they differ. */
  readonly before: State
  /** What the new one folds to. */
  readonly state: State
}

/** Undefined when no line has to be changed; then nothing was written either. */
function stageJournal(
  id: SessionId,
  dir: string,
  old: State,
  redactor: Redactor,
): Staged | undefined {
  const from = files.transcript(dir)
  const fd = disk.openRead(from)
  const copy = new Copy(fd, from, `${from}.${process.pid}`)
  try {
    const redaction = new JournalRedaction(id, redactor)
    const fold = new Fold(id)
    let before: State | undefined
    for (const reading of decodeLines(readLines(fd, from, 0, old.journal.bytes))) {
      const { line } = reading
      const { text, entry } = redaction.check(reading)
      if (text === undefined) {
        fold.add(entry, line.end - line.offset)
        continue
      }
      if (!copy.isOpen) before = fold.upTo(line.offset)
      fold.add(entry, copy.replace(line.offset, line.end, `${text}\n`))
    }
    if (!copy.isOpen) return undefined
    const bytes = copy.finish(old.journal.bytes)
    const state = fold.isSound(old)
      ? keepUnknown(old, fold.state as State)
      : { ...old, journal: { ...old.journal, bytes } }
    return {
      path: copy.to,
      state,
      before: before === undefined ? unfolded(state) : keepUnknown(old, before),
    }
  } catch (error) {
    if (copy.isOpen) dropTemporary(copy.to)
    throw error
  } finally {
    copy.close()
    disk.closeFile(fd)
  }
}

/** No mark: whoever reads this state begins with the first entry. */
function unfolded(state: State): State {
  return { ...state, journal: { fold: 0, seq: -1, bytes: 0 } }
}

/** The fold of the lines so far, over lines that are no entries too. */
class Fold {
  state: State | undefined
  readonly #id: SessionId
  #isSound = true

  constructor(id: SessionId) {
    this.#id = id
  }

  add(entry: Entry | undefined, bytes: number): void {
    const { state } = this
    if (entry === undefined || entry.seq !== (state?.journal.seq ?? -1) + 1) this.#isSound = false
    if (entry !== undefined) this.state = this.#fold(entry, bytes)
  }

  /** The state before the line at an offset, which lines that are no entries do not count towards. */
  upTo(offset: number): State | undefined {
    const { state } = this
    return state && { ...state, journal: { ...state.journal, bytes: offset } }
  }

  /** Whether nothing but entries, each with the next number, led to where the session stands. */
  isSound(old: State): boolean {
    return (
      this.#isSound &&
      this.state?.journal.seq === old.journal.seq &&
      this.state.meta_session_id === this.#id
    )
  }

  #fold(entry: Entry, bytes: number): State | undefined {
    try {
      return foldEntry(this.state, entry, bytes)
    } catch (error) {
      if (!(error instanceof FoldError)) throw error
      // Of a journal whose start was lost nothing is folded from there.
      const { state } = this
      if (!this.#isSound)
        return state && { ...state, journal: { ...state.journal, seq: entry.seq } }
      const offset = this.state?.journal.bytes ?? 0
      const problem = error.message
      throw new Failure('TRANSCRIPT_DAMAGED', { id: this.#id, problem, offset }, { cause: error })
    }
  }
}

/** The state's file without secrets; a redaction that no reader could take is left undone. */
export function stateText(id: SessionId, dir: string, state: State, redactor: Redactor): string {
  const whole = formatState(state)
  const { text, finds } = redactDocument(whole, redactor)
  if (finds.length === 0) return whole
  try {
    return parseState(text, files.state(dir)).meta_session_id === id ? text : whole
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return whole
  }
}

function redactResults(dir: string, redactor: Redactor): void {
  for (const { path, text: before } of readResults(dir)) {
    if (before === undefined) continue
    const { text } = redactDocument(before, redactor)
    if (text !== before) replaceText(path, text)
  }
}

export function unconfirmed(id: SessionId, recorded: boolean): Failure {
  return new Failure('DURABILITY_UNKNOWN', { id, recorded })
}
