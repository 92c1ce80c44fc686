/**
 * Leases: what keeps machines apart where flock may be private to a mount.
 *
 * proper-lockfile makes the lease's directory and renews it. Its own way of taking over a stale lease
 * lets two waiters win, so it is told that nothing is ever stale, and the take-over is decided here:
 * by one rename of the owner's record, which lies beside the directory. One contender's rename finds
 * it, every other one's does not.
 */

import { isTable } from '../base/decode.ts'
import { Failure } from '../errors.ts'
import * as disk from './disk.ts'
import { loadProperLockfile } from './packages.ts'
import { type ProcessIdentity, thisMachine, thisProcess, vitalsOf } from './process.ts'
import { replaceText } from './replace.ts'

/** A lease that this process holds. */
export interface Lease {
  /** It was not renewed in time, or is another's now: nothing more may be written. */
  readonly isLost: () => boolean
  readonly release: () => Promise<void>
}

/** What came of asking for a lease. */
export type LeaseAnswer =
  | { readonly kind: 'taken'; readonly lease: Lease }
  /** Another process of this machine has it. */
  | { readonly kind: 'ours' }
  | { readonly kind: 'held'; readonly host: string }

/** After how long without renewal a lease counts as abandoned, in ms of the file server's clock. */
const leaseStaleAfter = 60_000

/** Asks for the lease whose directory is at `path`. Its parent is there. */
export async function openLease(path: string): Promise<LeaseAnswer> {
  const there = disk.findFacts(path)
  if (there !== undefined) {
    const record = disk.findText(recordOf(path))
    const owner = ownerOf(record)
    // Two machines may have one host name, and then would take each other for rebooted.
    const isHere = owner?.machine_id === machineId()
    const verdict = owner === undefined || !isHere ? undefined : vitalsOf(owner).verdict
    if (verdict === 'alive') return { kind: 'ours' }
    // A process that died before it wrote its record can only have been of this machine where no
    // other machine writes.
    const leftover = owner === undefined ? !disk.fileSystemOf(path).remote : verdict === 'dead'
    if (!leftover && serverTime(path) - there.modifiedAt < leaseStaleAfter) {
      return { kind: 'held', host: owner?.host ?? 'another machine' }
    }
    if (!takeOver(path, record)) {
      return { kind: 'held', host: findOwner(path)?.host ?? 'another machine' }
    }
  }
  return take(path)
}

async function take(path: string): Promise<LeaseAnswer> {
  let lost = false
  let unlock: () => Promise<void>
  // What it stamps and sees is shifted, so that the lease's age is one by the file server's clock.
  const fs = disk.fsWithClock(serverTime(path) - Date.now())
  try {
    unlock = await loadProperLockfile().lock(path, {
      lockfilePath: path,
      realpath: false,
      fs,
      stale: Number.POSITIVE_INFINITY,
      update: leaseStaleAfter / 6,
      onCompromised: () => {
        lost = true
      },
    })
  } catch (error) {
    const { code } = error as { code?: string }
    // Somebody was faster; or was, and has let go meanwhile.
    if (code === 'ELOCKED' || code === 'ENOENT') {
      return { kind: 'held', host: findOwner(path)?.host ?? 'another machine' }
    }
    throw disk.toFailure(error, path)
  }
  const record = `${JSON.stringify({ ...thisProcess(), machine_id: machineId(), taken: `${process.hrtime.bigint()}` })}\n`
  try {
    replaceText(recordOf(path), record)
  } catch (error) {
    await unlock()
    throw error
  }
  const isLost = () => lost || disk.findText(recordOf(path)) !== record
  return {
    kind: 'taken',
    lease: {
      isLost,
      release: async () => {
        // A lease that was lost is somebody else's: nothing of it is touched.
        if (isLost()) return
        disk.removeFile(recordOf(path))
        await unlock()
      },
    },
  }
}

/**
 * Whether this process may remove the abandoned lease; of all that try, one may. `judged` is the
 * record that it was judged by: one that was written since is given back.
 */
function takeOver(path: string, judged: string | undefined): boolean {
  const record = recordOf(path)
  const mine = `${record}.${process.pid}`
  try {
    if (judged === undefined) disk.closeFile(disk.createFile(record))
    disk.rename(record, mine)
  } catch (error) {
    const errno = disk.errnoOf(error)
    if (errno === 'ENOENT' || errno === 'EEXIST') return false
    throw error
  }
  if (disk.findText(mine) !== (judged ?? '')) {
    disk.rename(mine, record)
    return false
  }
  disk.removeTree(path)
  disk.removeFile(mine)
  return true
}

/** The file server's clock, which stamps the leases too. */
function serverTime(path: string): number {
  const probe = `${path}.probe.${process.pid}`
  disk.removeFile(probe)
  const fd = disk.createFile(probe)
  try {
    return disk.readFacts(fd, probe).modifiedAt
  } finally {
    disk.closeFile(fd)
    disk.removeFile(probe)
  }
}

function recordOf(path: string): string {
  return `${path}.json`
}

/** What tells this machine from others, beyond its name; the boot where the system has none. */
function machineId(): string {
  return disk.findText('/etc/machine-id', 'followed')?.trim() || thisMachine().boot_id
}

type Owner = ProcessIdentity & { readonly machine_id?: unknown }

function findOwner(path: string): Owner | undefined {
  return ownerOf(disk.findText(recordOf(path)))
}

function ownerOf(text: string | undefined): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text ?? 'null')
    const known = isTable(owner) && typeof owner.pid === 'number' && typeof owner.host === 'string'
    return known ? (owner as unknown as Owner) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Throws LEASE_LOST when a lease that was taken is gone. */
export function requireLease(lease: Lease, id: string): void {
  if (lease.isLost()) throw new Failure('LEASE_LOST', { id })
}
