/** Writing a checkpoint: what a turn came to, noted on the commit that is checked out. */

import type { SessionId } from '../base/id.ts'
import { formatTimestamp } from '../base/time.ts'
import { Failure } from '../errors.ts'
import type { EntryData } from '../journal/entry.ts'
import { changeGitNote, findHeadCommit } from '../os/git-notes.ts'
import { openRedactorOf } from '../store/access.ts'
import { appendEntry } from '../store/change.ts'
import { realSessionDir } from '../store/hold.ts'
import { readTurnEnd } from '../store/show.ts'
import type { Store } from '../store/store.ts'
import { type Checkpoint, notesRef, replaceInNote } from './note.ts'
import { findSessionRepository } from './repository.ts'
import { TranscriptReader } from './transcript.ts'

/**
 * Notes the result of a turn, the newest ended one by default, on the commit that HEAD is at, and
 * then says so in the journal. The same turn noted again on that commit replaces its line.
 *
 * Throws TURN_UNKNOWN, RESULT_MISSING, NO_REPOSITORY, NO_COMMIT and GIT_FAILED with nothing changed.
 * What the journal's append throws leaves the note: doing it again makes up for the entry.
 */
export async function writeCheckpoint(
  store: Store,
  id: SessionId,
  wanted?: number,
): Promise<Checkpoint> {
  const { turn } = readTurnEnd(store, id, wanted)
  const dir = realSessionDir(store, id)
  const place = findSessionRepository(store, id)
  const head = findHeadCommit(place)
  if (head === undefined) throw new Failure('NO_COMMIT', { dir: place.dir })
  using reader = new TranscriptReader(dir)
  const end = reader.findTurnEnd(turn)
  if (end === undefined) throw new Failure('RESULT_MISSING', { id })
  const { bytes, sha256, redacted } = end
  const at = store.now()
  const checkpoint: Checkpoint = {
    session_id: id,
    turn,
    head,
    at: formatTimestamp(at),
    seq: end.entry.seq,
    bytes,
    sha256,
    redacted,
    result: redactResult(store, end.entry.data),
  }
  const message = `checkpoint: session ${id} turn ${turn}`
  const change = (text: string) => replaceInNote(text, checkpoint)
  await changeGitNote(place, notesRef, head, change, { message, at })
  // Looking after a session is not using it.
  const data = { turn, head, ref: notesRef, seq: end.entry.seq, sha256, upkeep: true }
  const text = `turn ${turn} noted on commit ${head}`
  await appendEntry(store, id, { type: 'checkpoint', text, data })
  return checkpoint
}

/** A note is pushed and fetched, so it is redacted also where the journal is not. */
function redactResult(store: Store, result: EntryData): EntryData {
  const { value } = openRedactorOf(store).json(result)
  const { session_id, turn, outcome } = result
  return { ...value, session_id, turn, outcome }
}
