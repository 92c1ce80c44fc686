/** Reading checkpoints back, and holding them against their transcripts. */

import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { session as files, sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type GitPlace, listGitNotes } from '../os/git-notes.ts'
import type { Store } from '../store/store.ts'
import { type Checkpoint, notesRef, parseNote } from './note.ts'
import { findProjectRepository, findSessionRepository } from './repository.ts'
import { isResultOf, TranscriptReader } from './transcript.ts'

/** A checkpoint, and the commit whose note it is in. */
export interface CheckpointRow extends Checkpoint {
  readonly commit: string
}

/** Whether transcript and note agree; if not, `redacted` where redaction is why, `gone` without one. */
export interface CheckpointVerdict {
  readonly verdict: 'agrees' | 'redacted' | 'differs' | 'gone'
  readonly why: string
}

/**
 * The checkpoints of a session, or all in the project's repository; newest first.
 *
 * Throws NO_REPOSITORY and GIT_FAILED.
 */
export function listCheckpoints(store: Store, id?: SessionId): CheckpointRow[] {
  const place = id === undefined ? findProjectRepository(store) : findSessionRepository(store, id)
  const rows = readRows(place).filter((row) => id === undefined || row.session_id === id)
  return rows.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}

function readRows(place: GitPlace): CheckpointRow[] {
  return listGitNotes(place, notesRef).flatMap(({ commit, text }) => {
    // Where two notes were merged, one turn can have two lines: the newer one counts.
    const newest = new Map<string, CheckpointRow>()
    for (const checkpoint of parseNote(text)) {
      const key = `${checkpoint.session_id} ${checkpoint.turn}`
      const known = newest.get(key)
      if (known === undefined || known.at <= checkpoint.at) {
        newest.set(key, { ...checkpoint, commit })
      }
    }
    return [...newest.values()]
  })
}

/** Holds a checkpoint against the transcript of its session, also of one in the trash. */
export function verifyCheckpoint(store: Store, noted: Checkpoint): CheckpointVerdict {
  const dir = (['sessions', 'trash', 'ephemeral'] as const)
    .map((place) => sessionDir(store.dir, noted.session_id, place))
    .find((dir) => disk.findFacts(dir)?.kind === 'directory')
  if (dir === undefined || disk.findFacts(files.transcript(dir)) === undefined) {
    return { verdict: 'gone', why: 'its transcript is not in this store' }
  }
  try {
    using reader = new TranscriptReader(dir)
    return compareWith(reader, noted)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { verdict: 'differs', why: `the transcript cannot be read: ${error.message}` }
  }
}

function compareWith(reader: TranscriptReader, noted: Checkpoint): CheckpointVerdict {
  const found = reader.findEntry(noted.seq)
  if (found === undefined || found.entry.type !== 'turn_ended' || found.entry.turn !== noted.turn) {
    return {
      verdict: 'differs',
      why: `entry ${noted.seq} of the transcript is not the end of turn ${noted.turn}`,
    }
  }
  const { sha256, redacted } = reader.digest(found.bytes)
  if (sha256 !== noted.sha256 || found.bytes !== noted.bytes) {
    return redacted > noted.redacted
      ? {
          verdict: 'redacted',
          why: 'the transcript was redacted after it was noted, as `stint redact --fix` does',
        }
      : { verdict: 'differs', why: 'the transcript has other bytes than when it was noted' }
  }
  return isResultOf(noted.result, found.entry)
    ? { verdict: 'agrees', why: 'transcript and note are what they were' }
    : { verdict: 'differs', why: "the note's result is not the one of the transcript" }
}
