/**
 * Leases: what keeps machines apart where flock may be private to a mount.
 *
 * A lease is a directory with one file in it, whose name is the owner's and nobody else's. It appears
 * whole by one rename, and is taken over by renaming that file from the old owner's name to the new
 * one's: of all that try, one finds it. What an owner does to its lease it does to its own name, so
 * that one who wakes up late touches nothing of the next.
 *
 * proper-lockfile keeps the schedule of the renewals. Its own operations (mkdir, and a take-over by
 * stat, rmdir, mkdir, which two can win) are replaced by these.
 *
 * All times are those of the file server's clock: of files that were just written there.
 */

import { parseJson } from '../base/json.ts'
import { leaseFiles } from '../layout.ts'
import * as disk from './disk.ts'
import { loadProperLockfile } from './packages.ts'
import {
  decodeOwner,
  findMachineId,
  type Owner,
  thisMachine,
  thisProcess,
  vitalsOf,
} from './process.ts'

/** A lease that this process holds. */
export interface Lease {
  /** It was taken from an owner that had not renewed it in time, wherever that is. */
  readonly wasStale: boolean
  /** It is another's now, or gone: nothing more may be written. Looks at the disk. */
  readonly isLost: () => boolean
  /** Gives it up; one that was lost is somebody else's, and nothing of it is touched. */
  readonly release: () => void
  /** Lets it grow stale: whoever comes from elsewhere waits, and takes it over then. */
  readonly abandon: () => void
  /** The same lease, after its directory was moved with what it is in. */
  readonly movedTo: (path: string) => Lease
}

/** What came of asking for a lease. */
export type LeaseAnswer =
  | { readonly kind: 'taken'; readonly lease: Lease }
  /** A living process of this machine has it, which serves the others, too. */
  | { readonly kind: 'ours' }
  /** `brief`: it will not be for long. */
  | { readonly kind: 'held'; readonly host: string; readonly brief: boolean }

export interface LeaseUse {
  /** For one change, or for as long as something takes. */
  readonly brief: boolean
  /** It is this process's alone: there is no other lock to keep its machine's processes apart. */
  readonly alone?: boolean
}

/** After how long without renewal a lease counts as abandoned, in ms of the file server's clock. */
const staleAfter = 60_000
const renewEvery = staleAfter / 6

/** As long as a record is, or longer: of one length, it is written over another's in one write. */
const recordLength = 511

/**
 * Asks for the lease whose directory is at `path`; what that is in is there.
 *
 * The caller holds the lock that keeps this machine's processes apart, unless it is to be alone.
 */
export function openLease(path: string, use: LeaseUse): LeaseAnswer {
  const seen = findLease(path)
  const isServed = seen !== undefined && use.brief && isNeighbour(path, seen, use)
  if (isServed && Math.abs(Date.now() - seen.renewedAt) < 2 * renewEvery) return { kind: 'ours' }
  const draft = new Draft(path, use)
  try {
    draft.write()
    if (!use.brief) draft.sweep()
    if (seen === undefined) return draft.place() ? taken(draft, false) : held(path)
    if (isServed) {
      // Its owner was stopped or suspended: it is renewed before anybody relies on it.
      return disk.stamp(seen.file, draft.madeAt) ? { kind: 'ours' } : held(path)
    }
    const isStale = draft.madeAt - seen.renewedAt >= staleAfter
    if (!isStale && !isFree(path, seen, use)) return held(path, seen)
    return draft.takeOver(seen.file) ? taken(draft, isStale) : held(path)
  } finally {
    draft.remove()
  }
}

/** Whether a process that is seen to live from here has the lease. */
export function isLeaseAlive(path: string): boolean {
  return vitalsFrom(findLease(path)?.owner) === 'alive'
}

/** Makes a lease in a directory that nobody else knows yet. */
export function createLease(path: string, use: Pick<LeaseUse, 'alone'>): Lease {
  const answer = openLease(path, { ...use, brief: false })
  if (answer.kind !== 'taken') throw new Error(`a new session is leased already: ${path}`)
  return answer.lease
}

interface Seen {
  /** The file that is the lease. */
  readonly file: string
  /** Undefined when it says nothing of whoever has the lease now. */
  readonly owner: Owner | undefined
  readonly renewedAt: number
}

function findLease(path: string): Seen | undefined {
  const name = disk.listNames(path).find(leaseFiles.isOwner)
  if (name === undefined) return undefined
  const file = `${path}/${name}`
  // Only what was opened and read is known to be as the server has it: names and times are cached.
  const fd = disk.findRead(file)
  if (fd === undefined) return undefined
  try {
    const text = disk.readBytes(fd, file, 0, 64 * 1024).toString()
    const { modifiedAt } = disk.readFacts(fd, file)
    return { file, owner: ownerOf(text, name), renewedAt: modifiedAt }
  } catch (error) {
    // Over a network a file may go away although it is open.
    if (disk.isMissing(error)) return undefined
    throw error
  } finally {
    disk.closeFile(fd)
  }
}

/** What the record says, if it is of whoever has the name: after a take-over it comes a moment later. */
function ownerOf(text: string, name: string): Owner | undefined {
  const owner = decodeOwner(parseJson(text))
  return owner?.name === name ? owner : undefined
}

function vitalsFrom(owner: Owner | undefined): 'alive' | 'dead' | 'unknown' {
  // Two machines may have one host name, and then would take each other for rebooted.
  return owner?.machine_id === machineId() ? vitalsOf(owner).verdict : 'unknown'
}

/** Whether a living process has it that is kept apart from this one by locks already. */
function isNeighbour(path: string, { owner }: Seen, { alone }: LeaseUse): boolean {
  return !alone && owner?.mount === mountOf(path) && vitalsFrom(owner) === 'alive'
}

/** Whether nobody need wait until it is stale. */
function isFree(path: string, seen: Seen, use: LeaseUse): boolean {
  const { owner } = seen
  // Whoever else here had it for longer had the lock that the caller has now.
  if (owner !== undefined) return vitalsFrom(owner) === 'dead' || isNeighbour(path, seen, use)
  // Who died between the two steps of a take-over was of this machine where no other writes.
  return !use.alone && !disk.fileSystemOf(path).remote
}

/** Tells two mounts of one file system apart: locks may be private to each. */
function mountOf(path: string): number | undefined {
  return disk.findFacts(disk.parentOf(path))?.dev
}

function held(path: string, seen: Seen | undefined = findLease(path)): LeaseAnswer {
  const owner = seen?.owner
  const isBrief = owner === undefined || owner.brief === true
  return { kind: 'held', host: owner?.host || 'another machine', brief: isBrief }
}

/** A lease made ready beside its place. */
class Draft {
  readonly path: string
  readonly name: string
  readonly record: Buffer
  /** By the file server's clock. */
  madeAt = 0
  readonly #dir: string

  constructor(path: string, { brief }: LeaseUse) {
    const token = process.getBuiltinModule('node:crypto').randomUUID()
    this.path = path
    this.name = leaseFiles.owner(token)
    this.#dir = leaseFiles.draft(path, token)
    const machine = { ...thisProcess(), machine_id: machineId(), mount: mountOf(path) }
    const facts = { ...machine, name: this.name, brief }
    this.record = Buffer.from(`${JSON.stringify(facts).padEnd(recordLength)}\n`)
  }

  write(): void {
    disk.makeDir(this.#dir)
    const file = `${this.#dir}/${this.name}`
    const fd = disk.createFile(file)
    try {
      this.madeAt = disk.readFacts(fd, file).modifiedAt
      disk.writeAll(fd, file, this.record)
    } finally {
      disk.closeFile(fd)
    }
  }

  /** Puts it where nothing is, or an empty directory; false when somebody else was faster. */
  place(): boolean {
    // What is no lease would keep everybody from this one for ever.
    for (const name of disk.listNames(this.path)) {
      if (!leaseFiles.isOwner(name)) disk.removeTree(`${this.path}/${name}`)
    }
    return this.#rename(this.#dir, this.path)
  }

  /** Makes another's lease this one's; false when somebody else was faster. */
  takeOver(file: string): boolean {
    // First: under its new name nobody may see it stale.
    if (!disk.stamp(file, this.madeAt)) return false
    const own = `${this.path}/${this.name}`
    return this.#rename(file, own) && writeRecord(own, this.record)
  }

  /** What cannot be removed is swept later: what came of it is not to be lost over that. */
  remove(): void {
    disk.tryRemoveTree(this.#dir)
  }

  #rename(from: string, to: string): boolean {
    try {
      disk.rename(from, to)
      return true
    } catch (error) {
      const errno = disk.errnoOf(error)
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errno ?? '')) throw error
      // A server that was asked twice may deny what it did the first time.
      return disk.findFacts(`${this.path}/${this.name}`) !== undefined
    }
  }

  /** Whoever was killed here before left a draft; one who still is at it only loses. */
  sweep(): void {
    const dir = disk.parentOf(this.path)
    for (const name of disk.listNames(dir)) {
      if (!leaseFiles.isDraft(`${dir}/${name}`, this.path)) continue
      const at = disk.findFacts(`${dir}/${name}`)?.modifiedAt ?? this.madeAt
      if (this.madeAt - at >= staleAfter) disk.tryRemoveTree(`${dir}/${name}`)
    }
  }
}

/** Writes an owner's record over what is there, so that the server says when; false when it is gone. */
function writeRecord(file: string, record: Buffer): boolean {
  const fd = disk.findWrite(file)
  if (fd === undefined) return false
  try {
    disk.overwrite(fd, file, record)
    disk.syncFile(fd, file)
    return true
  } catch (error) {
    if (disk.isMissing(error)) return false
    throw error
  } finally {
    disk.closeFile(fd)
  }
}

function taken({ path, name, record }: Draft, wasStale: boolean): LeaseAnswer {
  let at = path
  let isKept = true
  let renewedAt = Date.now()
  const file = () => `${at}/${name}`
  const renew = () => {
    const renewed = writeRecord(file(), record)
    if (renewed) renewedAt = Date.now()
    return renewed
  }
  let stampedAt = new Date()
  const unlock = loadProperLockfile().lockSync(path, {
    lockfilePath: path,
    realpath: false,
    stale: Number.POSITIVE_INFINITY,
    update: renewEvery,
    onCompromised: () => undefined,
    fs: {
      mkdirSync: () => undefined,
      statSync: () => ({ mtime: stampedAt }),
      utimesSync: (_path: string, _atime: Date, mtime: Date) => {
        // It asks at the start, too.
        const isNew = Date.now() - renewedAt < renewEvery / 10
        if (!isNew && !renew()) throw Object.assign(new Error('it is gone'), { code: 'ENOENT' })
        stampedAt = mtime
      },
      rmdirSync: () => {
        if (isKept && disk.removeFile(file())) disk.removeEmptyDir(at)
      },
    },
  })
  const isLost = () => {
    // Who was away for long, stopped or suspended, may have it still: renewed, it lasts.
    if (Math.abs(Date.now() - renewedAt) > 2 * renewEvery) return !renew()
    const fd = disk.findRead(file())
    if (fd !== undefined) disk.closeFile(fd)
    return fd === undefined
  }
  const lease: Lease = {
    wasStale,
    isLost,
    release: () => {
      if (!isLost()) unlock()
    },
    abandon: () => {
      isKept = false
      if (!isLost()) unlock()
    },
    movedTo: (path) => {
      at = path
      return lease
    },
  }
  return { kind: 'taken', lease }
}

/** The boot stands for a machine that has no id. */
function machineId(): string {
  return findMachineId() ?? thisMachine().boot_id
}
