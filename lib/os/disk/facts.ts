/** What is at a path: its kind, size, owner and modes. */

import fs from 'node:fs'
import { Failure } from '../../errors.ts'
import { glanceAccess, glanceStat } from '../glance.ts'
import { errnoOf, findOnDisk, onDisk } from './call.ts'

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

/**
 * The path, unless it has U+FFFD in it and nothing is there: that stands for bytes of a name that are no
 * UTF-8, and what is made at it would be somewhere else. Throws IO_FAILED.
 */
export function requireUtf8(path: string): string {
  if (!path.includes('\ufffd') || findFacts(path) !== undefined) return path
  throw new Failure('IO_FAILED', { path, errno: 'EILSEQ', problem: 'a name in it is no UTF-8' })
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

/** The absolute path without links, or undefined when it is not there. */
export function findRealPath(path: string): string | undefined {
  return findOnDisk(path, () => fs.realpathSync.native(path))
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** The last name in a path. */
export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
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
