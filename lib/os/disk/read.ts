/** Reading files and directories. */

import fs from 'node:fs'
import { Failure } from '../../errors.ts'
import { glanceAt } from '../glance.ts'
import { errnoOf, findInDir, findOnDisk, onDisk, wary } from './call.ts'

const { O_NONBLOCK, O_RDONLY } = fs.constants

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

/** The names in a directory, sorted; none when it is not there. */
export function listNames(path: string): string[] {
  return findInDir(path, () => fs.readdirSync(path))?.sort() ?? []
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
