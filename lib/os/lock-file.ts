/**
 * Lock files: permanent files that the kernel locks.
 *
 * The kernel's lock is the truth. The owner's facts in the file are for people: they are older than
 * the lock for a moment, and stay when it is gone. Nothing here unlinks a lock file.
 */

import { poll } from '../base/async.ts'
import { parseJson } from '../base/json.ts'
import { oneLine } from '../base/text.ts'
import { formatTimestamp } from '../base/time.ts'
import { type Holder, quietly } from '../errors.ts'
import * as disk from './disk.ts'
import { lockExclusive, lockShared } from './flock.ts'
import { decodeOwner, isStopped, type Owner, type ProcessIdentity, thisProcess } from './process.ts'
import { sweepLeftovers } from './replace.ts'

/** A lock that is held until it is released. */
export interface Lock extends Disposable {
  readonly path: string
  /** The open descriptor; whoever inherits it holds the lock too. */
  readonly fd: number
  /** Gives this process's hold up; a process that inherited the descriptor keeps its own. */
  readonly release: () => void
  /** Whether the file is still the one at its path: the session may have been moved. */
  readonly isInPlace: () => boolean
  /** Says in the file, for people, what it is held for. */
  readonly say: (errand: Errand, owner?: ProcessIdentity) => void
  /** The same hold, after the file was moved with its directory. */
  readonly movedTo: (path: string) => Lock
}

/** What the holder says of itself, beside its process. */
export interface Errand {
  readonly tool?: string
  readonly turn?: number
  /** The program, when it is another than this one. */
  readonly argv0?: string
}

/** In bytes, as long as nearly all facts are, or longer. */
const factsLength = 511

/** How long an acquirer goes on trying by default, in ms: longer than any probe can be in the way. */
export const probeTolerance = 200

/**
 * Takes an exclusive lock, or gives undefined when somebody else held it until the timeout.
 *
 * Makes the file when it is missing; throws when its directory is.
 */
export async function takeLock(
  path: string,
  errand: Errand | undefined,
  options: { readonly timeout?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<Lock | undefined> {
  return poll(() => tryLock(path, errand), { timeout: probeTolerance, ...options })
}

/** Takes an exclusive lock at once or gives undefined. */
export function tryLock(path: string, errand: Errand | undefined): Lock | undefined {
  return lockOpened(disk.openWrite(path), path, errand, lockExclusive)
}

/** Takes a shared lock at once or gives undefined. */
export function tryShared(path: string): Lock | undefined {
  return lockOpened(disk.openWrite(path), path, undefined, lockShared)
}

/** Makes a lock file that was not there, already locked; no other process can be in between. */
export function createLock(path: string, errand: Errand): Lock {
  const lock = lockOpened(disk.createFile(path), path, errand, lockExclusive)
  if (lock === undefined) throw new Error(`a new file is locked already: ${path}`)
  return lock
}

/**
 * Renames a new, already locked file over a lock file that a process of an ended turn still holds.
 *
 * The caller holds the lock that guards the path (session.lock).
 */
export function supersedeLock(path: string, errand: Errand): Lock {
  const dir = disk.parentOf(path)
  // Whoever was killed here before left its new file beside the old one.
  sweepLeftovers(dir, [path.slice(dir.length + 1)])
  const temporary = `${path}.${process.pid}`
  const lock = createLock(temporary, errand)
  try {
    disk.rename(temporary, path)
  } catch (error) {
    lock.release()
    throw error
  }
  return lock.movedTo(path)
}

/** Whether anybody holds the lock now; a missing file is free. Creates and changes nothing. */
export function probeLock(path: string): 'held' | 'free' {
  const fd = disk.findRead(path)
  if (fd === undefined) return 'free'
  try {
    return lockShared(fd, path) ? 'free' : 'held'
  } finally {
    disk.closeFile(fd)
  }
}

/** Whether anybody holds the lock, exclusively or shared. Creates nothing and says nothing. */
export function isInUse(path: string): boolean {
  const fd = disk.findWrite(path)
  if (fd === undefined) return false
  const lock = lockOpened(fd, path, undefined, lockExclusive)
  lock?.release()
  return lock === undefined
}

/** Who the lock file says holds it. Ask only when it is held. */
export function findHolder(path: string, now: number): Holder | undefined {
  const owner = findOwner(path)
  if (owner === undefined) return undefined
  const since = Date.parse(String(owner.acquired_at))
  return {
    pid: owner.pid,
    host: oneLine(owner.host),
    ...(typeof owner.tool === 'string' ? { tool: oneLine(owner.tool) } : {}),
    ...(typeof owner.turn === 'number' ? { turn: owner.turn } : {}),
    ...(Number.isNaN(since)
      ? {}
      : { acquired_at: formatTimestamp(since), held_ms: Math.max(0, now - since) }),
    ...(isStopped(owner) ? { stopped: true } : {}),
  }
}

/** The process that the lock file names, or undefined where it tells nothing. */
export function findOwner(path: string): Owner | undefined {
  // Behind the first line is what longer facts of an earlier owner left.
  const [facts = ''] = (disk.findText(path) ?? '').split('\n', 1)
  // Torn or not ours: such a file says nothing about who holds the lock.
  return decodeOwner(parseJson(facts))
}

function lockOpened(
  fd: number,
  path: string,
  errand: Errand | undefined,
  flock: typeof lockExclusive,
): Lock | undefined {
  try {
    if (flock(fd, path)) {
      const lock = heldLock(fd, path)
      if (lock.isInPlace()) {
        if (errand !== undefined) lock.say(errand)
        return lock
      }
    }
  } catch (error) {
    disk.closeFile(fd)
    throw error
  }
  disk.closeFile(fd)
  return undefined
}

function heldLock(fd: number, path: string, hold = { on: true }): Lock {
  // What was closed once may be somebody else's descriptor now.
  const release = () => {
    const { on } = hold
    hold.on = false
    if (on) disk.closeFile(fd)
  }
  return {
    fd,
    path,
    release,
    isInPlace: () => disk.isSameFile(disk.readFacts(fd, path), disk.findFacts(path)),
    say: (errand, owner = thisProcess()) => sayOwner(fd, path, errand, owner),
    movedTo: (path) => heldLock(fd, path, hold),
    [Symbol.dispose]: release,
  }
}

/** For people only, so a full disk does not keep anybody from working. */
function sayOwner(fd: number, path: string, errand: Errand, owner: ProcessIdentity): void {
  const { argv0 = process.title, ...rest } = errand
  const facts = { ...owner, ...rest, acquired_at: formatTimestamp(Date.now()), argv0 }
  // Of one length, so that nothing need be cut off: cutting is what costs.
  const text = `${JSON.stringify(facts).padEnd(factsLength)}\n`
  quietly(() => disk.overwrite(fd, path, Buffer.from(text)))
}
