/** A session's transcript for readers: all of it, its end, and what is still to come. */

import { sleep } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { decodeLines, type Reading, readLines, readLinesBackwards } from '../journal/read.ts'
import { session as files, sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { patiently } from '../os/shortage.ts'
import { findLeft } from '../session/gone.ts'
import { isAttended, type Liveness, observe, observeHere } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { dirOf } from './hold.ts'
import { placeOf } from './place.ts'
import type { Store } from './store.ts'

export interface TranscriptQuery {
  /** Only the last ones that fit. */
  readonly tail?: number
  readonly types?: readonly string[]
  readonly turn?: number
}

/**
 * The lines of a transcript that fit, in order. Those that are no entries come without one, unless
 * filtered. Throws TURN_UNKNOWN for a turn that the session never had.
 */
export function* readTranscript(
  store: Store,
  id: SessionId,
  query: TranscriptQuery = {},
): Generator<Reading> {
  if (query.turn !== undefined) requireTurn(store, id, query.turn)
  const { path, fd } = openTranscript(store, id)
  try {
    yield* readPart(fd, path, disk.readFacts(fd, path).size, query)
  } finally {
    disk.closeFile(fd)
  }
}

/** Where the state cannot be read, nobody knows. */
function requireTurn(store: Store, id: SessionId, turn: number): void {
  const { state } = readSnapshot(id, dirOf(store, id))
  const turns = state?.turn?.number ?? 0
  if (state !== undefined && turn > turns) throw new Failure('TURN_UNKNOWN', { id, turn, turns })
}

/**
 * What `readTranscript` gives, and then what is appended, across turns. Ends when the session is at rest
 * and all was given, with `forever` only when the signal aborts; a transcript that was rewritten is given
 * from where it continues. A system that is short of files or memory is waited for, too.
 */
export async function* followTranscript(
  store: Store,
  id: SessionId,
  query: TranscriptQuery & { readonly forever?: boolean; readonly signal?: AbortSignal } = {},
): AsyncGenerator<Reading> {
  let { path, fd } = openTranscript(store, id)
  try {
    const there = disk.readFacts(fd, path).size
    yield* readPart(fd, path, there, query)
    let { at, seq } = findEnd(fd, path, there)
    const [look, open] = [patiently(), patiently()]
    for (let pause = 20; !query.signal?.aborted; pause = Math.min(pause * 1.5, 200)) {
      // Asked before the look at the file: what a turn wrote before it ended is then seen below.
      const resting = query.forever !== true && look(() => isAtRest(store, id))
      const size = disk.readFacts(fd, path).size
      if (size > at) {
        for (const reading of decodeLines(readLines(fd, path, at, size))) {
          at = reading.line.end
          pause = 20
          if (reading.entry !== undefined) seq = reading.entry.seq
          if (fits(reading, query)) yield reading
        }
      }
      const now = disk.findFacts(path)
      if (now !== undefined && !disk.isSameFile(now, disk.readFacts(fd, path))) {
        const next = open(() => disk.openRead(path))
        if (next !== undefined) {
          disk.closeFile(fd)
          fd = next
          at = offsetAfter(fd, path, seq)
          continue
        }
      } else if (resting || now === undefined) return
      await sleep(pause, query.signal)
    }
  } finally {
    disk.closeFile(fd)
  }
}

/** What the session is doing now. */
export function livenessOf(store: Store, id: SessionId): Liveness {
  const dir = dirOf(store, id)
  return observeHere(id, dir, { now: store.now(), scrutiny: 'busy' }).liveness
}

/** Also when the session has left meanwhile. */
function isAtRest(store: Store, id: SessionId): boolean {
  const dir = sessionDir(store.dir, id, placeOf(store, id))
  if (disk.findFacts(dir) === undefined) return true
  if (isAttended(dir)) return false
  const { status } = observe(readSnapshot(id, dir), { now: store.now(), scrutiny: 'busy' }).liveness
  return status !== 'running' && status !== 'busy' && status !== 'orphaned' && status !== 'unknown'
}

function openTranscript(store: Store, id: SessionId): { path: string; fd: number } {
  const dir = dirOf(store, id)
  const path = files.transcript(dir)
  const fd = disk.findRead(path)
  if (fd !== undefined) return { path, fd }
  const problem = 'it has no transcript'
  throw findLeft(id, dir) ?? new Failure('SESSION_UNREADABLE', { id, problem })
}

/** What of the lines up to `end` fits. */
function* readPart(
  fd: number,
  path: string,
  end: number,
  query: TranscriptQuery,
): Generator<Reading> {
  if (query.tail !== undefined) return yield* lastOf(fd, path, end, query)
  for (const reading of decodeLines(readLines(fd, path, 0, end))) {
    if (fits(reading, query)) yield reading
  }
}

function lastOf(fd: number, path: string, end: number, query: TranscriptQuery): Reading[] {
  const found: Reading[] = []
  const wanted = query.tail ?? 0
  if (wanted === 0) return found
  for (const reading of decodeLines(readLinesBackwards(fd, path, end))) {
    // Turns do not run into each other: before an earlier one there is nothing more to find.
    if (query.turn !== undefined && (reading.entry?.turn ?? query.turn) < query.turn) break
    if (fits(reading, query)) found.push(reading)
    if (found.length === wanted) break
  }
  return found.reverse()
}

function fits({ entry }: Reading, { types, turn }: TranscriptQuery): boolean {
  if (entry === undefined) return types === undefined && turn === undefined
  return (
    (types === undefined || types.includes(entry.type)) &&
    (turn === undefined || turn === entry.turn)
  )
}

/** Where the last whole line ends, and the number of the newest entry, also when lines that are none follow it. */
function findEnd(fd: number, path: string, size: number): { at: number; seq: number } {
  let at = 0
  for (const { line, entry } of decodeLines(readLinesBackwards(fd, path, size))) {
    at = Math.max(at, line.end)
    if (entry !== undefined) return { at, seq: entry.seq }
  }
  return { at, seq: -1 }
}

/** Where the first entry behind `seq` begins, or the next line will. */
function offsetAfter(fd: number, path: string, seq: number): number {
  let end = 0
  for (const { line, entry } of decodeLines(readLines(fd, path, 0))) {
    if (entry !== undefined && entry.seq > seq) return line.offset
    end = line.end
  }
  return end
}
