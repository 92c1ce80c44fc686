/** The packages that reach the system, each loaded on first use: most commands need none of them. */

import { createRequire } from 'node:module'
import type { lock as ProperLock } from 'proper-lockfile'
import type { monotonicFactory } from 'ulid'
import type { sync as WriteFileAtomicSync } from 'write-file-atomic'

const require = createRequire(import.meta.url)

export function loadWriteFileAtomic(): { sync: typeof WriteFileAtomicSync } {
  return require('write-file-atomic')
}

export function loadProperLockfile(): { lock: typeof ProperLock } {
  return require('proper-lockfile')
}

export function loadUlid(): { monotonicFactory: typeof monotonicFactory } {
  return require('ulid')
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
  for (const load of [loadKoffiBinary, () => require('koffi') as Koffi]) {
    try {
      return load()
    } catch (error) {
      if (!(error instanceof Error)) throw error
    }
  }
  return undefined
}

function loadKoffiBinary(): Koffi {
  const name = `${process.platform}-${process.arch}`
  const from = createRequire(require.resolve('koffi'))
  const dir = from.resolve(`@koromix/koffi-${name}/package.json`).slice(0, -'package.json'.length)
  let last: unknown
  for (const libc of [process.platform, 'musl']) {
    try {
      const module = { exports: {} as Koffi }
      process.dlopen(module, `${dir}${libc}_${process.arch}/koffi.node`)
      return module.exports
    } catch (error) {
      last = error
    }
  }
  throw last
}
