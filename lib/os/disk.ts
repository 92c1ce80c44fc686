/**
 * Files and directories.
 *
 * All calls are synchronous: on a warm cache they are several times faster than asynchronous ones,
 * and a change of a session is over before anything else of this process runs. Every errno becomes a
 * Failure that names the path.
 */

import fs from 'node:fs'
import { Failure } from '../errors.ts'
import { systemErrno, systemFailure } from './errno.ts'
import { glanceAccess, glanceAt, glanceStat } from './glance.ts'

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = fs.constants
/** Follows no link and waits for no pipe: what lies in a session's directory may be anybody's. */
const wary = O_NOFOLLOW | O_NONBLOCK

/** A path as text, or as bytes where it has a name in it that is no UTF-8. */
export type Path = string | Buffer
export type FileId = { readonly dev: number; readonly ino: number }
export type FileFacts = FileId & {
  readonly size: number
  /** What it takes on the disk, in bytes. */
  readonly blockBytes: number
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  readonly mode: number
  /** When its inode last changed, in ms since 1970. */
  readonly changedAt: number
  readonly modifiedAt: number
}

/** The errno name of a thrown value (`ENOENT`), also through a Failure's cause. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return error instanceof Failure ? errnoOf(error.cause) : systemErrno(error)
}

/** What `act` returns; an errno it throws becomes the Failure that names `path`. */
function onDisk<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw toFailure(error, path)
  }
}

/** The Failure for an errno; anything else comes back as it is. */
export function toFailure(error: unknown, path: string): unknown {
  if (error instanceof Failure) return error
  if (String(path).includes('\0')) {
    const problem = 'a path cannot have a NUL in it'
    return new Failure('IO_FAILED', { path, errno: 'EINVAL', problem }, { cause: error })
  }
  return (error instanceof Error && systemFailure(error, path)) || error
}

/**
 * The path, unless it has U+FFFD in it and nothing is there: that stands for bytes of a name that are no
 * UTF-8, and what is made at it would be somewhere else. Throws IO_FAILED.
 */
export function requireUtf8(path: string): string {
  if (!path.includes('\ufffd') || findFacts(path) !== undefined) return path
  throw new Failure('IO_FAILED', { path, errno: 'EILSEQ', problem: 'a name in it is no UTF-8' })
}

/** What `act` returns, or undefined when the path is not there: often so, and then no Failure. */
function findOnDisk<T>(path: string, act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw toFailure(error, path)
  }
}

/** Whether it was thrown because nothing is at the path. */
export function isMissing(error: unknown): boolean {
  const errno = errnoOf(error)
  // The last: it was there, says the server, until another machine removed it.
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ESTALE'
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────

const largestText = 16 * 1024 * 1024
/** What has a line for each of a store's sessions may be as large, in bytes. */
export const largestList: number = 256 * 1024 * 1024
let scratch = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * The whole text of a regular file, or undefined when it is not there; one that is far too large for
 * what it should be is refused.
 */
export function findText(
  path: string,
  links: 'refused' | 'followed' = 'refused',
  largest: number = largestText,
): string | undefined {
  return findWhole(path, links === 'followed' ? O_NONBLOCK : wary, largest)?.toString()
}

/** All that a file holds, or a pipe gives until its writers are gone; links are followed. */
export function findInput(path: string, largest: number = largestText): Buffer | undefined {
  const bytes = findWhole(path, 0, largest)
  return bytes && Buffer.from(bytes)
}

/** What the next one that is read overwrites. */
function findWhole(path: string, flags: number, largest: number): Buffer | undefined {
  return findOnDisk(path, () => {
    const fd = fs.openSync(path, O_RDONLY | flags)
    try {
      let length = 0
      for (;;) {
        if (length === scratch.length) growScratch(path, largest)
        const got = fs.readSync(fd, scratch, length, scratch.length - length, null)
        if (got === 0) return scratch.subarray(0, length)
        length += got
      }
    } finally {
      closeFile(fd)
    }
  })
}

function growScratch(path: string, largest: number): void {
  if (scratch.length >= largest) {
    const problem = 'the file is too large'
    const cause = Object.assign(new Error(problem), { code: 'EFBIG' })
    throw new Failure('IO_FAILED', { path, errno: 'EFBIG', problem }, { cause })
  }
  const larger = Buffer.allocUnsafeSlow(scratch.length * 4)
  scratch.copy(larger)
  scratch = larger
}

/**
 * What one read(2) gives of the start of a file, at least 16 KiB of a longer one, or undefined when
 * it is not there. For who can tell whether that was all.
 */
export function findHead(path: string): string | undefined {
  const length = findPart(path, 0, scratch)
  return length === undefined ? undefined : scratch.toString('utf8', 0, length)
}

const tail = Buffer.allocUnsafeSlow(4 * 1024)

/**
 * What one read(2) gives of the 4 KiB of a file before `end`, or undefined when it is not there. Good
 * until it is called again.
 */
export function findTail(path: string, end: number): Buffer | undefined {
  const part = tail.subarray(0, end)
  const length = findPart(path, end - part.length, part)
  return length === undefined ? undefined : part.subarray(0, length)
}

/** How much of what stands from `at` on one read(2) put into `into`; undefined when the file is not there. */
function findPart(path: string, at: number, into: Buffer): number | undefined {
  const flags = O_RDONLY | wary
  return (
    glanceAt(path, flags, at, into) ??
    findOnDisk(path, () => {
      const fd = fs.openSync(path, flags)
      try {
        // From its start on a pipe can be read, too.
        return fs.readSync(fd, into, 0, into.length, at === 0 ? null : at)
      } finally {
        closeFile(fd)
      }
    })
  )
}

/** Where a symbolic link points, or undefined when there is none. */
export function findLink(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch {
    // Absent, no link, or not for us to read: in each case it tells nothing.
    return undefined
  }
}

/** Facts about what is at the path itself (links not followed), or undefined. */
export function findFacts(path: Path): FileFacts | undefined {
  const stats = findOnDisk(String(path), () => fs.lstatSync(path, { throwIfNoEntry: false }))
  return stats === undefined ? undefined : factsOf(stats)
}

/** The kind and size of what is at the path itself, as findFacts has them: sooner, of thousands. */
export function findShape(path: string): Pick<FileFacts, 'kind' | 'size'> | undefined {
  const seen = glanceStat(path, false)
  if (seen !== undefined) {
    return { kind: kindOf(seen.mode), size: seen.size }
  }
  const facts = findFacts(path)
  return facts && { kind: facts.kind, size: facts.size }
}

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK } = fs.constants
const kinds: Readonly<Record<number, FileFacts['kind']>> = {
  [S_IFREG]: 'file',
  [S_IFDIR]: 'directory',
  [S_IFLNK]: 'link',
}

function kindOf(mode: number): FileFacts['kind'] {
  return kinds[mode & S_IFMT] ?? 'other'
}

/** Facts about an open file. */
export function readFacts(fd: number, path: string): FileFacts {
  return factsOf(onDisk(path, () => fs.fstatSync(fd)))
}

/** The size of a file in bytes; undefined when it is not there. */
export function findSize(path: string): number | undefined {
  return (
    glanceStat(path, true)?.size ??
    findOnDisk(path, () => fs.statSync(path, { throwIfNoEntry: false })?.size)
  )
}

/** The user that something belongs to; undefined when it is not there. */
export function findOwner(path: string): number | undefined {
  return findOnDisk(path, () => fs.statSync(path, { throwIfNoEntry: false })?.uid)
}

function factsOf(stats: fs.Stats): FileFacts {
  return {
    dev: stats.dev,
    ino: stats.ino,
    size: stats.size,
    blockBytes: stats.blocks * 512,
    mode: stats.mode & 0o7777,
    changedAt: dateOf(stats.ctimeMs),
    modifiedAt: dateOf(stats.mtimeMs),
    kind: kindOf(stats.mode),
  }
}

/** Some file systems keep instants that no Date holds. */
function dateOf(at: number): number {
  return Math.max(-8.64e15, Math.min(at, 8.64e15))
}

/** Whether two paths or descriptors are one file. */
export function isSameFile(a: FileId | undefined, b: FileId | undefined): boolean {
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino
}

/** What `act` returns, or undefined when no directory is there; a file in its place is no such absence. */
function findInDir<T>(path: string, act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (isMissing(error) && errnoOf(error) !== 'ENOTDIR') return undefined
    throw toFailure(error, path)
  }
}

/** The names in a directory, sorted; none when it is not there. */
export function listNames(path: string): string[] {
  return findInDir(path, () => fs.readdirSync(path))?.sort() ?? []
}

/** The paths of what is in a directory, sorted; none when it is not there. */
export function listPaths(dir: Path): Path[] {
  const inner = findInDir(String(dir), () => listInner(dir).map(({ inner }) => inner)) ?? []
  return inner.sort((a, b) => (String(a) < String(b) ? -1 : 1))
}

/** The entries of a directory, unsorted, one at a time: memory does not grow with it. */
export function* scanDir(path: string): Generator<fs.Dirent> {
  const dir = findInDir(path, () => fs.opendirSync(path, { bufferSize: 256 }))
  if (dir === undefined) return
  try {
    for (;;) {
      const item = onDisk(path, () => dir.readSync())
      if (item === null) return
      yield item
    }
  } finally {
    dir.closeSync()
  }
}

/** The entries of a directory at once: faster than scanDir up to some ten thousand. */
export function listDir(path: string): fs.Dirent[] {
  return findInDir(path, () => fs.readdirSync(path, { withFileTypes: true })) ?? []
}

/** The absolute path without links, or undefined when it is not there. */
export function findRealPath(path: string): string | undefined {
  return findOnDisk(path, () => fs.realpathSync.native(path))
}

/** Opens for reading; refuses links. */
export function openRead(path: string): number {
  return onDisk(path, () => fs.openSync(path, O_RDONLY | wary))
}

/** The same, or undefined when it is not there. */
export function findRead(path: string): number | undefined {
  return findOnDisk(path, () => fs.openSync(path, O_RDONLY | wary))
}

/** Reads up to `length` bytes at `position`; fewer only at the end of the file. */
export function readBytes(fd: number, path: string, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length)
  return onDisk(path, () => {
    let filled = 0
    while (filled < length) {
      const got = fs.readSync(fd, buffer, filled, length - filled, position + filled)
      if (got === 0) break
      filled += got
    }
    return buffer.subarray(0, filled)
  })
}

/**
 * Closes a descriptor, which is then given back whatever the system says: what was read was read, and
 * what has to reach the disk was synced before.
 */
export function closeFile(fd: number): void {
  try {
    fs.closeSync(fd)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === undefined || errno === 'EBADF') throw error
  }
}

// ── changing ─────────────────────────────────────────────────────────────────────────────────────

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

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** The last name in a path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
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
 * Removes a directory and everything in it, following no links; also what its owner closed to
 * himself. What somebody else removes meanwhile, or what is not there, is no trouble.
 */
export function removeTree(path: string): void {
  try {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stats?.isDirectory()) forgiving('ENOENT', () => removeDir(path, parentOf(path)))
    else if (stats !== undefined) forgiving('ENOENT', () => fs.unlinkSync(path))
  } catch (error) {
    // The one among thousands that a person has to look at.
    throw toFailure(error, String((error as NodeJS.ErrnoException).path ?? path))
  }
}

/** The same, giving what kept it from being removed. */
export function tryRemoveTree(path: string): Failure | undefined {
  try {
    removeTree(path)
    return undefined
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

/** The same for several at once: a disk that is slow to free what files had frees that of others meanwhile. */
export async function tryRemoveTrees(paths: readonly string[]): Promise<(Failure | undefined)[]> {
  if (paths.length > 1) await Promise.allSettled(paths.map(removeLater))
  // What is still there takes more care.
  return paths.map(tryRemoveTree)
}

async function removeLater(path: Path): Promise<void> {
  if (!fs.lstatSync(path).isDirectory()) return fs.promises.unlink(path)
  // One after the other: all at once would take memory for each, and a tool may have left millions.
  for (const { inner } of listInner(path)) await removeLater(inner)
  await fs.promises.rmdir(path)
}

/** Node's own takes twice as long, and stops at directories such as those of Go's module cache. */
function removeDir(path: Path, parent: Path): void {
  // Somebody may still be writing there.
  for (let left = 3; left > 0; left--) {
    for (const { inner, isDirectory } of withAccess(path, () => listInner(path))) {
      if (isDirectory) forgiving('ENOENT', () => removeDir(inner, path))
      else withAccess(path, () => forgiving('ENOENT', () => fs.unlinkSync(inner)))
    }
    const remove = () => withAccess(parent, () => fs.rmdirSync(path))
    if (left === 1) remove()
    else if (forgiving('ENOTEMPTY', remove)) return
  }
}

/** What is in a directory. A path with a name that is no UTF-8 comes as bytes: no text leads back to it. */
function listInner(dir: Path): { readonly inner: Path; readonly isDirectory: boolean }[] {
  const items = fs.readdirSync(dir, { withFileTypes: true })
  if (typeof dir === 'string' && !items.some(({ name }) => name.includes('\ufffd'))) {
    return items.map((item) => ({
      inner: `${dir}/${item.name}`,
      isDirectory: item.isDirectory(),
    }))
  }
  return fs.readdirSync(dir, { withFileTypes: true, encoding: 'buffer' }).map((item) => {
    const bytes = Buffer.concat([Buffer.from(dir), Buffer.from('/'), item.name])
    const inner = bytes.equals(Buffer.from(String(bytes))) ? String(bytes) : bytes
    return { inner, isDirectory: item.isDirectory() }
  })
}

/** Bytes on the disk of all beneath a path, links not followed; what cannot be looked at counts nothing. */
export function sizeOf(path: string, except: readonly string[] = []): number {
  let total = 0
  const rest: Path[] = [path]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    try {
      const stats = fs.lstatSync(next, { throwIfNoEntry: false })
      total += (stats?.blocks ?? 0) * 512
      if (!stats?.isDirectory()) continue
      for (const { inner } of listInner(next)) {
        if (!except.includes(String(inner))) rest.push(inner)
      }
    } catch (error) {
      // What a tool left there may be closed to us, or deeper than a path can name.
      if (errnoOf(error) === undefined) throw error
    }
  }
  return total
}

/** What `act` does, when need be after its directory was opened for its owner. */
function withAccess<T>(dir: Path, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    fs.chmodSync(dir, 0o700)
    return act()
  }
}

/** Whether `act` did what it should; false when it failed in the way that is expected. */
function forgiving(errno: string, act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (errnoOf(error) === errno) return false
    throw error
  }
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

/**
 * Has the file server say anew what it knows of a file: a network file system may show the size that it
 * had a second ago, and cut what is read at it. Whoever asks for a change is told what came of it.
 */
export function refresh(path: string): void {
  findOnDisk(path, () => fs.chmodSync(path, fs.lstatSync(path).mode & 0o7777))
}

/** The time by the clock that stamps the files in a directory, in ms since 1970. */
export function serverTime(dir: string): number {
  const path = `${dir}/.clock.${process.getBuiltinModule('node:crypto').randomUUID()}`
  const fd = createFile(path)
  try {
    return readFacts(fd, path).changedAt
  } finally {
    closeFile(fd)
    removeFile(path)
  }
}

/** Whether the path's file system keeps its files on another machine, and what it is called. */
export function fileSystemOf(path: string): { readonly name: string; readonly remote: boolean } {
  const type = onDisk(path, () => fs.statfsSync(path).type) >>> 0
  const name = remoteFileSystems[type]
  return name === undefined
    ? { name: `0x${type.toString(16)}`, remote: false }
    : { name, remote: true }
}

/** What is left of the path's file system. No count of files where it has no limit of them. */
export interface Space {
  readonly freeBytes: number
  readonly bytes: number
  readonly freeFiles: number
  readonly files: number
}

/** How much more the path's file system takes from this user. */
export function spaceOf(path: string): Space {
  const { bavail, blocks, bsize, ffree, files } = onDisk(path, () => fs.statfsSync(path))
  return { freeBytes: bavail * bsize, bytes: blocks * bsize, freeFiles: ffree, files }
}

/** Magic numbers of statfs(2) on Linux. */
const remoteFileSystems: Readonly<Record<number, string>> = {
  26985: 'nfs',
  4283649346: 'cifs',
  4266872130: 'smb2',
  20859: 'smb',
  12805120: 'ceph',
  198183888: 'lustre',
  1196443219: 'gpfs',
  1397113167: 'afs',
  1799439955: 'afs',
  16914839: '9p',
  1702057286: 'fuse',
  1952539503: 'ocfs2',
  18225520: 'gfs2',
}

/** Whether something is there that this user may not both read and write. */
export function isForbidden(path: string): boolean {
  const mode = fs.constants.R_OK | fs.constants.W_OK
  if (glanceAccess(path, mode)) return false
  try {
    fs.accessSync(path, mode)
    return false
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')
  }
}

/** Whether it is a file, no link, that this user owns and may read and write; false where that takes a longer look. */
export function isOwnFile(path: string): boolean {
  const seen = glanceStat(path, false)
  return seen?.user === user && (seen.mode & 0o170600) === 0o100600
}

const user = process.getuid?.() ?? -1

/** Whether this user may execute the file. */
export function isExecutable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.X_OK)
    return true
  } catch {
    // Whatever the reason, this user cannot execute it.
    return false
  }
}
