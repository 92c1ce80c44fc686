/** Looking for secrets in sessions that were recorded before, and taking them out. */

import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { RedactionCounts, Redactor } from '../redact/redact.ts'
import { JournalRedaction, redactDocument } from '../session/redaction.ts'
import { listResults, rewriteSession } from '../session/rewrite.ts'
import { takeJournal } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn } from '../session/state.ts'
import { settle } from '../session/turn.ts'
import { openRedactorOf } from './access.ts'
import { holdSession, holdTools, realSessionDir } from './hold.ts'
import { placeOf } from './place.ts'
import type { Store } from './store.ts'
import { readTranscript } from './transcript.ts'

/** Where in a session a rule found something; never what. */
export interface SessionFinding {
  readonly session: SessionId
  /** The entry; absent for a line that is none, and for other files. */
  readonly seq?: number
  /** The file in the session's directory, unless it is an entry. */
  readonly file?: string
  /** The line of the file, from 1. */
  readonly line?: number
  readonly rule: string
  readonly count: number
}

/** How long it waits for journal.lock, in ms. */
const patience = 5_000

/** What the rules of now find in a session. Changes nothing. */
export function checkSession(
  store: Store,
  id: SessionId,
  redactor: Redactor = openRedactorOf(store),
): SessionFinding[] {
  const dir = realSessionDir(store, id, placeOf(store, id))
  const redaction = new JournalRedaction(id, redactor)
  const found: SessionFinding[] = []
  let line = 0
  for (const reading of readTranscript(store, id)) {
    line++
    const { counts } = redaction.check(reading)
    if (counts === undefined) continue
    const place =
      reading.entry === undefined
        ? { file: fileName(dir, files.transcript(dir)), line }
        : { seq: reading.entry.seq }
    found.push(...findingsOf(id, place, counts))
  }
  for (const path of [files.state(dir), ...listResults(dir)]) {
    const { finds } = redactDocument(disk.findText(path) ?? '', redactor)
    const file = fileName(dir, path)
    for (const { line, counts } of finds) found.push(...findingsOf(id, { file, line }, counts))
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
  const place = placeOf(store, id)
  const { state, failure } = readSnapshot(id, realSessionDir(store, id, place))
  if (state === undefined) {
    throw failure ?? new Failure('SESSION_UNREADABLE', { id, problem: 'it has no state' })
  }
  await using held = await holdSession(store, id, { place })
  // What is learnt here at the end of the journal is found at its beginning when it is rewritten.
  const redactor = openRedactorOf(store)
  const found = checkSession(store, id, redactor)
  if (found.length === 0) return found
  const { session } = held
  // A result that is missing would now be made of what is not redacted yet.
  if (hasOpenTurn(await session.refresh())) await settle(session, store.now())
  const tools = await holdTools(session)
  try {
    using _journal = await takeJournal(id, session.dir, patience)
    if (session.isLeaseLost) throw new Failure('LEASE_LOST', { id })
    rewriteSession(id, session.dir, redactor)
  } finally {
    for (const lock of tools) lock.release()
  }
  return found
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
