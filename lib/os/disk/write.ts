/** Making, writing, syncing, renaming and removing files; directories alike, while they are empty. */

import fs from 'node:fs'
import { errnoOf, findOnDisk, isMissing, onDisk, toFailure, wary } from './call.ts'
import { parentOf } from './facts.ts'
import { closeFile } from './read.ts'

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fs.constants

/** Makes a directory of mode 0700, whatever the umask; false when something is there already. */
export function makeDir(path: string): boolean {
  return onDisk(path, () => {
    try {
      fs.mkdirSync(path, { mode: 0o700 })
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false
      throw error
    }
    if ((fs.lstatSync(path).mode & 0o700) !== 0o700) fs.chmodSync(path, 0o700)
    return true
  })
}

/** Makes a directory and its missing parents, each durably. */
export function makeDirs(path: string): void {
  if (makeDirHere(path)) return
  const parent = parentOf(path)
  if (parent === path) return
  makeDirs(parent)
  if (makeDir(path)) syncNew(path)
}

/** False when a parent is missing. */
function makeDirHere(path: string): boolean {
  const stats = findOnDisk(path, () => fs.statSync(path, { throwIfNoEntry: false }))
  if (stats?.isDirectory()) return true
  const made = findOnDisk(path, () => makeDir(path))
  if (made) syncNew(path)
  return made !== undefined
}

/** Whoever finds a directory takes its name to be on the disk: one whose name is not goes again. */
function syncNew(path: string): void {
  try {
    syncDir(parentOf(path))
  } catch (error) {
    onDisk(path, () => fs.rmdirSync(path))
    throw error
  }
}

/** Opens for reading and writing at its end, or undefined when it is not there. */
export function findAppend(path: string): number | undefined {
  return findOnDisk(path, () => fs.openSync(path, O_RDWR | O_APPEND | wary))
}

/** Opens for reading and writing at its start, or undefined when it is not there. */
export function findWrite(path: string): number | undefined {
  return findOnDisk(path, () => fs.openSync(path, O_RDWR | wary))
}

/** The same; makes the file, of mode 0600, where none is. */
export function openWrite(path: string): number {
  return findWrite(path) ?? onDisk(path, () => makeOwn(path, O_CREAT))
}

/** Makes an empty file where none is. */
export function touch(path: string): void {
  closeFile(openWrite(path))
}

/** Makes a file that was not there, of mode 0600, and opens it for reading and writing. */
export function createFile(path: string): number {
  return onDisk(path, () => makeOwn(path, O_CREAT | O_EXCL))
}

function makeOwn(path: string, flags: number): number {
  const fd = fs.openSync(path, O_RDWR | wary | flags, 0o600)
  try {
    if ((fs.fstatSync(fd).mode & 0o600) !== 0o600) fs.fchmodSync(fd, 0o600)
    return fd
  } catch (error) {
    closeFile(fd)
    throw error
  }
}

/** What is written often is encoded in one place: no memory to ask for, and none to give back. */
let outgoing: Buffer | undefined

const mostOutgoing = 2 * 1024 * 1024

/** One write(2) of texts; of how many bytes they are, and how many were taken, which may be fewer. */
export function writeTextsOnce(
  fd: number,
  path: string,
  texts: readonly string[],
): { readonly length: number; readonly taken: number } {
  // As many as texts of so many letters can have.
  const most = texts.reduce((sum, text) => sum + text.length, 0) * 3
  outgoing ??= Buffer.allocUnsafeSlow(mostOutgoing)
  const bytes = most > mostOutgoing ? Buffer.allocUnsafeSlow(most) : outgoing
  let length = 0
  for (const text of texts) length += bytes.write(text, length)
  return { length, taken: onDisk(path, () => fs.writeSync(fd, bytes, 0, length)) }
}

/** Writes all bytes at the file's position. */
export function writeAll(fd: number, path: string, bytes: Uint8Array): void {
  onDisk(path, () => {
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done)
  })
}

/** Creates a file with these bytes, durably unless the caller syncs it; it was not there before. */
export function writeNewFile(path: string, bytes: Uint8Array, sync = true): void {
  const fd = createFile(path)
  try {
    writeAll(fd, path, bytes)
    if (sync) syncFile(fd, path)
  } finally {
    closeFile(fd)
  }
}

/** Writes over the start of an open file. Not atomic: for what is read by people only. */
export function overwrite(fd: number, path: string, bytes: Uint8Array): void {
  onDisk(path, () => fs.writeSync(fd, bytes, 0, bytes.length, 0))
}

export function truncateTo(fd: number, path: string, size: number): void {
  onDisk(path, () => fs.ftruncateSync(fd, size))
}

/** Brings an open file's bytes and length to the disk. */
export function syncFile(fd: number, path: string): void {
  onDisk(path, () => fs.fdatasyncSync(fd))
}

/** The same without blocking this thread. */
export function syncFileLater(fd: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, (error) => (error ? reject(toFailure(error, path)) : resolve()))
  })
}

/**
 * Brings the names in a directory to the disk. Where directories cannot be synced at all, as on some
 * network and virtual machines' file systems, they are as safe there as a name can be.
 */
export function syncDir(path: string): void {
  onDisk(path, () => {
    const fd = fs.openSync(path, O_RDONLY)
    try {
      fs.fsyncSync(fd)
    } catch (error) {
      if (!isUnsyncable(error)) throw error
    } finally {
      closeFile(fd)
    }
  })
}

/**
 * Brings files and the names in directories to the disk, all at the same time: several take a disk
 * hardly longer than one.
 */
export async function syncAll({
  files = [],
  dirs: [own, ...dirs],
}: {
  readonly files?: readonly string[]
  readonly dirs: readonly [string, ...string[]]
}): Promise<void> {
  const others = Promise.allSettled([
    // Some file systems sync only what may be written.
    ...files.map((path) => syncLater(path, O_RDWR)),
    ...dirs.map((path) => syncLater(path, O_RDONLY, isUnsyncable)),
  ])
  try {
    // By this thread, which would only wait.
    syncDir(own)
  } finally {
    await others
  }
  for (const one of await others) if (one.status === 'rejected') throw one.reason
}

function syncLater(path: string, flags: number, isNoMatter = (_: unknown) => false): Promise<void> {
  return new Promise((resolve, reject) => {
    const fd = onDisk(path, () => fs.openSync(path, flags))
    fs.fsync(fd, (error) => {
      closeFile(fd)
      if (error === null || isNoMatter(error)) resolve()
      else reject(toFailure(error, path))
    })
  })
}

function isUnsyncable(error: unknown): boolean {
  return [...unsupported, 'EINVAL'].includes(errnoOf(error) ?? '')
}

/** What a file system says that has no such call; the second is another number on macOS alone. */
const unsupported = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** Renames within one file system. Files and empty directories at `to` are replaced: look first. */
export function rename(from: string, to: string): void {
  onDisk(to, () => fs.renameSync(from, to))
}

/**
 * Gives a file a second name; false when something has that name. A file system without hard links
 * gets a copy, which is on the disk when this returns, or what else the caller has for it.
 */
export function linkFile(
  from: string,
  to: string,
  otherwise: (from: string, to: string) => boolean = copyFile,
): boolean {
  return onDisk(to, () => {
    try {
      fs.linkSync(from, to)
      return true
    } catch (error) {
      const errno = errnoOf(error) ?? ''
      if (errno === 'EEXIST') return false
      if (![...unsupported, 'EPERM', 'EMLINK'].includes(errno)) throw error
      return otherwise(from, to)
    }
  })
}

function copyFile(from: string, to: string): boolean {
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
  const fd = fs.openSync(to, O_RDONLY)
  try {
    fs.fsyncSync(fd)
  } finally {
    closeFile(fd)
  }
  return true
}

/** Gives an open file the owner and the mode of another one. */
export function takeOwnership(fd: number, path: string, like: number): void {
  onDisk(path, () => {
    const [now, wanted] = [fs.fstatSync(fd), fs.fstatSync(like)]
    if (now.uid !== wanted.uid || now.gid !== wanted.gid) {
      fs.fchownSync(fd, wanted.uid, wanted.gid)
    }
    if ((now.mode & 0o7777) !== (wanted.mode & 0o7777)) fs.fchmodSync(fd, wanted.mode & 0o7777)
  })
}

/** Changes the mode of an open file. */
export function setMode(fd: number, path: string, mode: number): void {
  onDisk(path, () => fs.fchmodSync(fd, mode))
}

/** Removes a file; false when it was not there. */
export function removeFile(path: string): boolean {
  const removed = findOnDisk(path, () => {
    fs.unlinkSync(path)
    return true
  })
  return removed ?? false
}

/** Removes a directory in which nothing is; any other one stays. */
export function removeEmptyDir(path: string): void {
  try {
    fs.rmdirSync(path)
  } catch (error) {
    const isFull = ['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')
    if (!isFull && !isMissing(error)) throw toFailure(error, path)
  }
}

/** Sets when a file was last written, in ms since 1970; false when it is not there. */
export function stamp(path: string, at: number): boolean {
  const stamped = findOnDisk(path, () => {
    fs.utimesSync(path, at / 1000, at / 1000)
    return true
  })
  return stamped ?? false
}

/**
 * Has the file server say anew what it knows of a file: a network file system may show the size that it
 * had a second ago, and cut what is read at it. Whoever asks for a change is told what came of it.
 */
export function refresh(path: string): void {
  findOnDisk(path, () => fs.chmodSync(path, fs.lstatSync(path).mode & 0o7777))
}
