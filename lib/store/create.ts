/** Making a session appear whole: built aside, synced, and put in place by one rename. */

import { poll } from '../base/async.ts'
import { isSessionId, nameOf, normaliseId, type SessionId } from '../base/id.ts'
import { hasControls } from '../base/text.ts'
import { Failure, quietly } from '../errors.ts'
import { type EncodedEntry, formatLine } from '../journal/entry.ts'
import { session as files, sessionDir, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { createLease, type Lease } from '../os/lease.ts'
import { createLock, type Errand, type Lock, tryLock, tryShared } from '../os/lock-file.ts'
import { createMint } from '../os/packages.ts'
import { formatState } from '../session/codec.ts'
import { foldLine, Session, type SessionAccess } from '../session/session.ts'
import type { State } from '../session/state.ts'
import { accessOf, cwdFacts, leaseUseOf, redactorOf } from './access.ts'
import { type Held, heldOf } from './hold.ts'
import { noteName } from './names.ts'
import { checkId } from './place.ts'
import { ensureStore } from './project.ts'
import type { Store } from './store.ts'

/** What a new session begins with. */
export interface Birth {
  /** From mintId; by default a new one. */
  readonly id?: SessionId
  /** One line; redacted here. */
  readonly description?: string
  readonly name?: string
  readonly tool?: string
  readonly parent_session_id?: string
  readonly depth?: number
  /** The session it is a fork of, up to which entry and turn. */
  readonly fork?: { readonly of: SessionId; readonly seq: number; readonly turn: number }
  readonly branch?: string
  readonly head?: string
  readonly cwd?: string
  /** It lives for one turn and is not listed. */
  readonly ephemeral?: boolean
  /** What it was before it was a session. */
  readonly past?: Past
}

/** A conversation that took place elsewhere. */
export interface Past {
  /** When it began, in ms since 1970. */
  readonly at: number
  /** Stands in entry 0. */
  readonly source: Readonly<Record<string, unknown>>
  /** The entries behind entry 0. */
  readonly entries: (session: Session) => Iterable<EncodedEntry>
  /**
   * Asked once all of it is on the disk: what is given is held while the session appears, and without
   * it the session never does.
   */
  readonly admit: () => Promise<AsyncDisposable | undefined>
}

/**
 * Creates a session that others see whole or not at all; when it returns, the session is on the disk.
 *
 * It is held until the caller disposes of what this gives, so that the first turn is the caller's.
 * What fails leaves nothing; a crash leaves a directory in staging/, which the next one that creates
 * sweeps away.
 * Throws NAME_INVALID, DESCRIPTION_INVALID, REF_MALFORMED, ENTRY_INVALID, DISK_FULL, ACCESS_DENIED, IO_FAILED, NO_LOCKS.
 */
export async function createSession(store: Store, birth: Birth, errand?: Errand): Promise<Held>
/** The same for one with a past; undefined when it was not admitted. */
export async function createSession(
  store: Store,
  birth: Birth & { readonly past: Past },
  errand?: Errand,
): Promise<Held | undefined>
export async function createSession(
  store: Store,
  birth: Birth,
  errand: Errand = {},
): Promise<Held | undefined> {
  checkName(birth.name)
  checkDescription(birth.description)
  // Before the store is made.
  for (const id of [birth.id, birth.parent_session_id, birth.fork?.of]) {
    if (id !== undefined) checkId(id)
  }
  if ((birth.depth ?? 0) < 0) {
    throw new Failure('ENTRY_INVALID', { type: 'session', problem: 'its depth is negative' })
  }
  // A configuration that cannot be read is said before anything is made.
  redactorOf(store)
  return inStaging(store, async () => {
    // Not before: whether the store is shared may have been found out just now.
    const access = accessOf(store)
    const place = birth.ephemeral === true ? 'ephemeral' : 'sessions'
    if (birth.ephemeral) disk.makeDirs(storeFiles.ephemeral(store.dir))
    noteName(store, birth.name)
    const { past } = birth
    const at = past?.at ?? store.now()
    const id = birth.id ?? (past === undefined ? mintId(at) : idOfPast(at))
    const staged = sessionDir(store.dir, id, 'staging')
    const lock = await build(store, access, id, staged, birth, at, errand)
    let lease: Lease | undefined
    try {
      // Before anybody else can ask for it; one with a past is at rest when it appears.
      if (access.lease !== 'none' && past === undefined) {
        lease = createLease(files.lease(staged), { alone: access.lease === 'process' })
      }
      await using admitted = past === undefined ? undefined : await past.admit()
      if (past !== undefined && admitted === undefined) {
        unbuild(staged, lock)
        return undefined
      }
      const final = await appear(store, id, staged, place)
      return heldOf(
        new Session(id, final, access, lease?.movedTo(files.lease(final))),
        lock.movedTo(files.sessionLock(final)),
      )
    } catch (error) {
      lease?.release()
      unbuild(staged, lock)
      throw error
    }
  })
}

/** Does something in staging/ while nobody sweeps it; what was left there is swept before. */
export async function inStaging<T>(store: Store, act: () => Promise<T>): Promise<T> {
  ensureStore(store)
  sweepStaging(store)
  const building = await holdStaging(store)
  try {
    return await act()
  } finally {
    building.release()
  }
}

/** Puts a session that was built, and is on the disk, in its place. Throws TRASH_OCCUPIED. */
export async function appear(
  store: Store,
  id: SessionId,
  staged: string,
  place: 'sessions' | 'ephemeral',
): Promise<string> {
  const final = sessionDir(store.dir, id, place)
  if (disk.findFacts(final) !== undefined) throw new Failure('TRASH_OCCUPIED', { id })
  disk.rename(staged, final)
  try {
    await disk.syncAll({ dirs: [disk.parentOf(final), disk.parentOf(staged)] })
  } catch (error) {
    // Whoever found it there would take it to be on the disk.
    disk.rename(final, staged)
    throw error
  }
  return final
}

/**
 * Takes a session whose session.lock the caller holds out of everybody's reach, and gives the directory
 * that is to be removed once nothing in it is open any more: a file system over a network keeps what is.
 */
export function withdrawSession(store: Store, { id, dir }: Session): string {
  const staged = sessionDir(store.dir, id, 'staging')
  disk.rename(dir, staged)
  return staged
}

/** An id that sorts behind all that this process made before. */
export function mintId(at: number): SessionId {
  mint ??= createMint()
  return mint(at) as SessionId
}

let mint: ((at: number) => string) | undefined

/** An id of a time gone by: none of this process's row. */
function idOfPast(at: number): SessionId {
  return createMint()(at) as SessionId
}

async function build(
  store: Store,
  access: SessionAccess,
  id: SessionId,
  dir: string,
  birth: Birth,
  at: number,
  errand: Errand,
): Promise<Lock> {
  disk.makeDir(dir)
  disk.makeDir(files.locks(dir))
  // Its name need not survive a power cut: nobody holds it then, and a lock file that is missing is free.
  const lock = createLock(files.sessionLock(dir), errand)
  try {
    const session = new Session(id, dir, access)
    const first = session.encode({
      type: 'session',
      turn: 0,
      text: null,
      data: firstData(store, id, birth),
      at,
    })
    const state = writeJournal(files.transcript(dir), first, birth.past?.entries(session) ?? [])
    disk.writeNewFile(files.state(dir), Buffer.from(formatState(state)), false)
    await disk.syncAll({ files: [files.transcript(dir), files.state(dir)], dirs: [dir] })
    return lock
  } catch (error) {
    unbuild(dir, lock)
    throw error
  }
}

/** Gives the room back at once that a session of which nobody was told has taken. */
function unbuild(dir: string, lock: Lock): void {
  lock.release()
  // What cannot be removed now is swept by the next that creates.
  quietly(() => disk.removeTree(dir))
}

/** How much of a journal that is built is held before it is written, in UTF-16 units. */
const batch = 256 * 1024

/** Writes a journal from entry 0 on, and gives what it folds to. */
function writeJournal(path: string, first: EncodedEntry, rest: Iterable<EncodedEntry>): State {
  let seq = 0
  let held = ''
  const take = (encoded: EncodedEntry, before: State | undefined): State => {
    const line = formatLine(seq++, encoded)
    held += line
    return foldLine(before, encoded, line)
  }
  const fd = disk.createFile(path)
  try {
    let state = take(first, undefined)
    for (const encoded of rest) {
      state = take(encoded, state)
      if (held.length < batch) continue
      disk.writeAll(fd, path, Buffer.from(held))
      held = ''
    }
    disk.writeAll(fd, path, Buffer.from(held))
    return state
  } finally {
    disk.closeFile(fd)
  }
}

/** Entry 0 carries all that creation knows: from it alone the state can be rebuilt. */
function firstData(store: Store, id: SessionId, birth: Birth): Record<string, unknown> {
  const { fork, cwd, past } = birth
  return {
    event: past !== undefined ? 'imported' : fork === undefined ? 'created' : 'forked',
    id,
    description: birth.description,
    name: birth.name,
    tool: birth.tool,
    project_path: store.projectPath,
    parent_session_id: birth.parent_session_id,
    depth: birth.depth ?? 0,
    ...(fork === undefined ? {} : { fork_of: fork.of, seq: fork.seq, turn: fork.turn }),
    git: {
      branch: birth.branch,
      head_at_creation: birth.head,
      ...(cwd === undefined ? {} : cwdFacts(store, cwd)),
    },
    ...(birth.ephemeral ? { ephemeral: true } : {}),
    ...(past === undefined ? {} : { source: past.source }),
  }
}

/** Throws NAME_INVALID. */
export function checkName(name: string | undefined): void {
  if (name === undefined) return
  const valid = typeof name === 'string' && /^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$/.test(name)
  // A REF of these looks like a path.
  const isPath = name === '.' || name === '..'
  if (!valid || isPath || isSessionId(normaliseId(name)))
    throw new Failure('NAME_INVALID', { name: nameOf(name) })
}

/** Throws DESCRIPTION_INVALID. */
export function checkDescription(text: string | undefined): void {
  if (text === undefined) return
  if (typeof text !== 'string') throw new Failure('DESCRIPTION_INVALID', { problem: 'is no text' })
  const length = [...text].length
  const problem =
    length > 500
      ? `has ${length} characters`
      : hasControls(text)
        ? 'has control characters'
        : text.isWellFormed()
          ? undefined
          : 'has half a character'
  if (problem !== undefined) throw new Failure('DESCRIPTION_INVALID', { problem })
}

/** Keeps sweepers out of staging/ while something is built there. */
async function holdStaging(store: Store): Promise<Lock> {
  const path = storeFiles.stagingLock(store.dir)
  const lock = await poll(() => tryShared(path), { timeout: 10_000 })
  if (lock !== undefined) return lock
  throw new Failure('STORE_BUSY', { store: store.dir })
}

/** How long a builder on another machine, whose lock is not seen here, may take, in ms. */
const longestBuild = 24 * 60 * 60 * 1000

/**
 * Removes what crashed builders left, unless somebody builds right now; on a shared store, what has not
 * changed for a day of the file server's clock. Gives what kept one of them from being removed: there
 * it is in nobody's way.
 */
export function sweepStaging(store: Store): Failure | undefined {
  const staging = storeFiles.staging(store.dir)
  const names = disk.listNames(staging)
  if (names.length === 0) return undefined
  const lock = tryLock(storeFiles.stagingLock(store.dir), undefined)
  if (lock === undefined) return undefined
  let failure: Failure | undefined
  try {
    const age = leaseUseOf(store) === 'none' ? 0 : longestBuild
    const now = age === 0 ? 0 : disk.serverTime(staging)
    for (const name of disk.listNames(staging)) {
      const path = `${staging}/${name}`
      const at = age === 0 ? 0 : (disk.findFacts(path)?.modifiedAt ?? now)
      if (now - at >= age) failure = disk.tryRemoveTree(path) ?? failure
    }
    return failure
  } finally {
    lock.release()
  }
}
