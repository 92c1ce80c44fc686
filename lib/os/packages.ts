/** The packages that reach the system, each loaded on first use: most commands need none of them. */

import fs from 'node:fs'
import { createRequire } from 'node:module'
import type { lockSync as ProperLock } from 'proper-lockfile'
import type { Header } from 'tar/header'
import type { Pax } from 'tar/pax'
import type { monotonicFactory } from 'ulid'
import type { sync as WriteFileAtomicSync } from 'write-file-atomic'

const require = createRequire(import.meta.url)

export function loadWriteFileAtomic(): { sync: typeof WriteFileAtomicSync } {
  return require('write-file-atomic')
}

export function loadProperLockfile(): { lockSync: typeof ProperLock } {
  return require('proper-lockfile')
}

/** Makes ULIDs of the given times, each greater than the one before. */
export function createMint(): (at: number) => string {
  const ulid = require('ulid') as { monotonicFactory: typeof monotonicFactory }
  const bytes = new Uint8Array(64)
  let used = bytes.length
  // By itself it asks the system for one byte at a time, which takes a tenth of a session's making.
  const random = () => {
    if (used === bytes.length) {
      fillRandom(bytes)
      used = 0
    }
    return (bytes[used++] as number) / 256
  }
  return ulid.monotonicFactory(random)
}

/** To load node:crypto for it would take longer than all else of a session's making. */
function fillRandom(bytes: Uint8Array): void {
  try {
    const fd = fs.openSync('/dev/urandom', 'r')
    try {
      if (fs.readSync(fd, bytes) === bytes.length) return
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    // It is not everywhere.
  }
  process.getBuiltinModule('node:crypto').randomFillSync(bytes)
}

/** The format of tar: the rest of the package reaches the disk by itself, and is left out. */
export function loadTar(): { Header: typeof Header; Pax: typeof Pax } {
  return { ...require('tar/header'), ...require('tar/pax') }
}

/** The part of koffi that is used. */
export interface Koffi {
  load(library: null): { func(signature: string): (...args: unknown[]) => number }
  errno(): number
}

/**
 * koffi, or undefined where it does not load.
 *
 * Its binary is opened directly, which takes a millisecond instead of six; the layout of its
 * packages is no promise, so the version is pinned and the ordinary way in comes second.
 */
export function findKoffi(): Koffi | undefined {
  for (const load of [openKoffiBinary, () => require('koffi') as Koffi]) {
    try {
      return load()
    } catch (error) {
      if (!(error instanceof Error)) throw error
    }
  }
  return undefined
}

function openKoffiBinary(): Koffi {
  let failure: unknown
  for (const file of koffiFiles()) {
    try {
      const module = { exports: {} as Koffi }
      process.dlopen(module, file)
      return module.exports
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** Where npm puts koffi's binary: asking the module loader costs as much as all the rest. */
export function koffiFiles(): string[] {
  const { platform, arch } = process
  const files: string[] = []
  for (let dir = import.meta.dirname; dir !== ''; dir = dir.slice(0, dir.lastIndexOf('/'))) {
    const name = `${dir}/node_modules/@koromix/koffi-${platform}-${arch}`
    for (const libc of [platform, 'musl']) files.push(`${name}/${libc}_${arch}/koffi.node`)
  }
  return files
}
