/** Looking for secrets in sessions that were recorded before, and taking them out. */

import { giveWay } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { parseToml, TomlError } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import { isFailed } from '../file/redaction.ts'
import type { Entry } from '../journal/entry.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { RedactionCounts, Redactor } from '../redact/redact.ts'
import { findDocument, readResults } from '../session/documents.ts'
import { JournalRedaction, redactDocument, withoutContent } from '../session/redaction.ts'
import { rewriteSession } from '../session/rewrite.ts'
import { takeJournal } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { settle } from '../session/turn.ts'
import { openRedactorOf } from './access.ts'
import { dirOf, holdSession, holdTools, realSessionDir } from './hold.ts'
import type { SessionRow } from './list.ts'
import { placeOf } from './place.ts'
import { readSession } from './show.ts'
import type { Store } from './store.ts'
import { readTranscript } from './transcript.ts'

/** Where in a session a rule found something; never what. */
export interface SessionFinding {
  readonly session: SessionId
  /** The entry; absent for a line that is none, and for other files. */
  readonly seq?: number
  /** The file in the session's directory, unless it is an entry. */
  readonly file?: string
  /** The line of the file, from 1; absent when the whole file could not be searched. */
  readonly line?: number
  /** `error` for what could not be searched: it may hold secrets. */
  readonly rule: string
  readonly count: number
}

/**
 * What today's rules find in a session, and under the rule `error` what could not be searched: a file
 * that cannot be opened, or is not what it should be. Changes nothing.
 *
 * Throws SESSION_UNREADABLE when it has no transcript, and SESSION_UNKNOWN when it is not there.
 */
export function checkSession(
  store: Store,
  id: SessionId,
  redactor: Redactor = openRedactorOf(store),
): SessionFinding[] {
  const dir = dirOf(store, id)
  const redaction = new JournalRedaction(id, redactor)
  const found: SessionFinding[] = []
  const note = (path: string, line: number, counts: RedactionCounts) =>
    found.push(...findingsOf(id, { file: fileName(dir, path), line }, counts))
  const unsearched = (path: string) =>
    found.push({ session: id, file: fileName(dir, path), rule: 'error', count: 1 })
  const transcript = files.transcript(dir)
  try {
    let line = 0
    for (const reading of readTranscript(store, id)) {
      line++
      const { counts } = redaction.check(reading)
      if (counts === undefined) continue
      if (reading.entry === undefined) note(transcript, line, counts)
      else found.push(...findingsOf(id, { seq: reading.entry.seq }, counts))
    }
    if (disk.findFacts(transcript)?.kind !== 'file') unsearched(transcript)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'SESSION_UNREADABLE' || error.code === 'SESSION_UNKNOWN') throw error
    unsearched(transcript)
  }
  for (const { path, text } of [findDocument(files.state(dir)) ?? [], readResults(dir)].flat()) {
    if (text === undefined) {
      unsearched(path)
      continue
    }
    const { finds } = redactDocument(text, redactor)
    for (const { line, counts } of finds) note(path, line, counts)
    if (!isToml(text)) unsearched(path)
  }
  return found
}

/**
 * Takes out of a session what the rules of now find in it, and gives what that was. Every entry
 * stays, with its number; where nothing is found, nothing is written.
 *
 * Throws SESSION_LOCKED, SESSION_ORPHANED, SESSION_LEAKED or LIVENESS_UNKNOWN when anything of it may
 * still live, and what keeps a writer from a session that is damaged.
 */
export async function redactSession(store: Store, id: SessionId): Promise<SessionFinding[]> {
  // Nothing below waits: where proper-lockfile listens for signals, they are heard between two sessions.
  await giveWay()
  const place = placeOf(store, id)
  const { state, failure } = readSnapshot(id, realSessionDir(store, id, place))
  if (state === undefined) throw failure
  await using held = await holdSession(store, id, { place })
  // What is learnt here at the end of the journal is found at its beginning when it is rewritten.
  const redactor = openRedactorOf(store)
  const found = checkSession(store, id, redactor)
  if (found.every(({ rule }) => rule === 'error')) return found
  const { session } = held
  // A result that is missing would now be made of what is not redacted yet.
  if (hasOpenTurn(await session.refresh())) await settle(session, store.now())
  const tools = await holdTools(session)
  try {
    using _journal = await takeJournal(id, session.dir)
    if (session.isLeaseLost) throw new Failure('LEASE_LOST', { id })
    rewriteSession(id, session.dir, redactor)
  } finally {
    for (const lock of tools) lock.release()
  }
  return found
}

/** A session without what the rules of now find in it, for others to read. */
export interface SharedSession {
  readonly session: SessionRow
  readonly state: State
  readonly entries: Iterable<Entry>
}

/**
 * Opens a session for others to read, also where redaction is switched off for what is recorded. An
 * entry that cannot be searched is empty, and says so.
 */
export function openShared(store: Store, id: SessionId): SharedSession {
  const { dir: _d, state, locks: _l, liveness: _v, warnings, ...row } = readSession(store, id)
  if (state === null) {
    throw warnings[0] ?? new Failure('SESSION_UNREADABLE', { id, problem: 'it has no state' })
  }
  const redactor = openRedactorOf(store)
  // What is learnt at the end of the journal is found at its beginning then.
  checkSession(store, id, redactor)
  const texts = { ...row, id: null, parent_session_id: null, fork_of_session_id: null }
  const {
    id: _i,
    parent_session_id: _p,
    fork_of_session_id: _f,
    ...safe
  } = redactor.json(texts).value
  return {
    session: { ...row, ...safe },
    state: redactor.json(state).value,
    entries: sharedEntries(store, id, redactor),
  }
}

function* sharedEntries(store: Store, id: SessionId, redactor: Redactor): Generator<Entry> {
  const redaction = new JournalRedaction(id, redactor)
  for (const reading of readTranscript(store, id)) {
    if (reading.entry === undefined) continue
    const { counts, entry = reading.entry } = redaction.check(reading)
    yield isFailed(counts) ? withoutContent(entry) : entry
  }
}

/** What is damaged cannot be taken apart, so nobody knows what its lines mean. */
function isToml(text: string): boolean {
  try {
    parseToml(text)
    return true
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    return false
  }
}

function findingsOf(
  session: SessionId,
  place: Pick<SessionFinding, 'seq' | 'file' | 'line'>,
  counts: RedactionCounts,
): SessionFinding[] {
  return Object.entries(counts).map(([rule, count]) => ({ session, ...place, rule, count }))
}

function fileName(dir: string, path: string): string {
  return path.slice(dir.length + 1)
}
