/** The store's maintenance lock: one clean-up at a time, on this machine and on any other. */

import { sleep } from '../base/async.ts'
import { Failure, isFailure } from '../errors.ts'
import { store as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type LeaseAnswer, openLease } from '../os/lease.ts'
import { findHolder, type Lock, takeLock } from '../os/lock-file.ts'
import { leaseUseOf } from './access.ts'
import type { Store } from './store.ts'

export interface Maintenance extends AsyncDisposable {
  /** Throws STORE_BUSY when another machine has taken over meanwhile. */
  readonly check: () => void
}

/**
 * Takes the maintenance lock: flock keeps this machine's processes apart, the lease under it other
 * machines'. After a SIGKILL the next one on this machine starts at once. Throws STORE_BUSY, also where
 * another one has removed the store meanwhile.
 */
export async function holdMaintenance(store: Store): Promise<Maintenance> {
  const path = files.maintenanceLock(store.dir)
  const lock = await takeLockThere(store, path)
  if (lock === undefined) {
    const holder = findHolder(path, store.now())
    throw new Failure('STORE_BUSY', { store: store.dir, ...(holder && { holder }) })
  }
  try {
    const answer = askLease(store)
    if (answer === undefined) {
      return { check: () => {}, [Symbol.asyncDispose]: async () => lock.release() }
    }
    if (answer.kind !== 'taken') {
      const host = answer.kind === 'held' ? { host: answer.host } : {}
      throw new Failure('STORE_BUSY', { store: store.dir, ...host })
    }
    const { lease } = answer
    return {
      check: () => {
        if (lease.isLost()) throw new Failure('STORE_BUSY', { store: store.dir })
      },
      [Symbol.asyncDispose]: async () => {
        using _lock = lock
        lease.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Never makes a store that is gone anew; undefined there, as where the lock is held. */
async function takeLockThere({ dir }: Store, path: string): Promise<Lock | undefined> {
  try {
    disk.makeDir(files.locks(dir))
    return await takeLock(path, {})
  } catch (error) {
    if (disk.errnoOf(error) === 'ENOENT' && disk.findFacts(dir) === undefined) return undefined
    throw error
  }
}

/** The same for who only has sessions appear; others that do hold it no longer than that. */
export async function waitForMaintenance(store: Store): Promise<Maintenance> {
  const deadline = performance.now() + 30_000
  for (;;) {
    try {
      return await holdMaintenance(store)
    } catch (error) {
      if (!isFailure(error, 'STORE_BUSY') || performance.now() > deadline) throw error
      await sleep(20)
    }
  }
}

/**
 * Undefined on a full disk where no other machine writes: there flock alone decides, and what is asked
 * for may be to make room.
 */
function askLease(store: Store): LeaseAnswer | undefined {
  const use = leaseUse(store)
  try {
    return openLease(files.maintenanceLease(store.dir), { brief: false, alone: use === 'process' })
  } catch (error) {
    if (use === 'none' && isFailure(error, 'DISK_FULL')) return undefined
    throw error
  }
}

/** Where that cannot be read, others may write: the doctor writes it anew under this lock. */
function leaseUse(store: Store): ReturnType<typeof leaseUseOf> {
  try {
    return leaseUseOf(store)
  } catch (error) {
    if (isFailure(error, 'STATE_INVALID')) return 'machine'
    throw error
  }
}
