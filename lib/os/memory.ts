/** The memory of a process tree, from /proc: one file of each process, which the kernel has at hand. */

import { quietly } from '../errors.ts'
import { findHead } from './disk.ts'
import { carries, fieldsOf, listPids, thisMachine } from './process.ts'

/** So many looks pass over those of whom it is known that they are none of the tree. */
const passes = 30

/** A process in one look at /proc. */
interface Seen {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  readonly startTime: string
  /** Resident pages. */
  readonly pages: number
}

/** Each gives the bytes that the tree has in memory now; undefined when none of it is seen. */
export interface MemoryProbe {
  /** All of it: looks at every process of the system that is not known to be another's. */
  readonly whole: () => number | undefined
  /** The leader and what descends from it, where the kernel lists children: looks at nothing else. */
  readonly quick: () => number | undefined
}

/**
 * A probe for the processes that are in this group or in its leader's session, descend from one that
 * is, or have carried `marker` in their environment since they were first seen. Shared pages count in
 * each process. Undefined where the system does not tell.
 */
export function openMemoryProbe(pgid: number, marker: string): MemoryProbe | undefined {
  if (process.platform !== 'linux' || thisMachine().pid_ns === '') return undefined
  const bytesPerPage = pageSize()
  if (bytesPerPage === undefined) return undefined
  // Whose environment was looked at, and whether it had the marker: that is asked only once.
  let known = new Map<string, boolean>()
  // None of them ever joins the tree, but another may be given its number one day.
  const strangers = new Set<number>()
  let looks = 0
  const whole = () => {
    const isAnew = looks++ % passes === 0
    if (isAnew) strangers.clear()
    const asked = isAnew ? new Map<string, boolean>() : known
    const all = listPids()
      .filter((pid) => !strangers.has(pid))
      .map(findSeen)
      .filter((seen) => seen !== undefined)
    const own = new Set<number>()
    for (const one of all) {
      const key = `${one.pid} ${one.startTime}`
      const isNear = one.group === pgid || one.session === pgid
      const isOwn = isNear || (known.get(key) ?? carries(one.pid, marker))
      asked.set(key, isOwn)
      if (isOwn) own.add(one.pid)
    }
    known = asked
    addDescendants(all, own)
    let pages = 0
    for (const one of all) {
      if (!own.has(one.pid)) {
        strangers.add(one.pid)
        continue
      }
      pages += one.pages
      // It stays one of the tree when its parent goes.
      known.set(`${one.pid} ${one.startTime}`, true)
    }
    return pages === 0 ? undefined : pages * bytesPerPage
  }
  const quick = () => {
    const pages = listBelow(pgid).reduce((sum, pid) => sum + (findSeen(pid)?.pages ?? 0), 0)
    return pages === 0 ? undefined : pages * bytesPerPage
  }
  return { whole, quick }
}

function listBelow(leader: number): number[] {
  const found = [leader]
  for (const pid of found) {
    const children = read(`/proc/${pid}/task/${pid}/children`) ?? ''
    found.push(...(children.match(/\d+/g) ?? []).map(Number))
  }
  return found
}

function addDescendants(all: readonly Seen[], own: Set<number>): void {
  for (let before = -1; before !== own.size; ) {
    before = own.size
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid)
  }
}

function findSeen(pid: number): Seen | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = fieldsOf(stat)
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: fields[19] ?? '',
    pages: Number(fields[21]) || 0,
  }
}

/** This process's own size is known both in pages and in bytes; a page is a power of two. */
function pageSize(): number | undefined {
  const pages = findSeen(process.pid)?.pages ?? 0
  if (pages === 0) return undefined
  return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages))
}

/** One read(2) gives such a file whole. A process may be gone, or another user's: it tells nothing. */
function read(path: string): string | undefined {
  return quietly(() => findHead(path))
}
