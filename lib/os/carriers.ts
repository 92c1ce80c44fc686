/**
 * Processes by what they carry in their environment, which they inherit wherever they go: into other
 * process groups and sessions, and past the death of whoever started them.
 *
 * Only Linux tells a process's environment apart from its arguments. Elsewhere nothing is found,
 * which is safer than to take a word of a command line for an inheritance.
 */

import { quietly } from '../errors.ts'
import * as disk from './disk.ts'
import {
  findEnvironment,
  findProcText,
  findRow,
  isDeadState,
  listPids,
  type ProcessIdentity,
  signalChild,
  thisMachine,
  thisProcess,
  vitalsOf,
} from './process.ts'

/** A living process, and those variables of its environment that were asked for. */
export interface Carrier extends ProcessIdentity {
  readonly ppid: number
  readonly pgid: number
  /** By a signal or a tracer. */
  readonly stopped: boolean
  readonly age_ms: number
  readonly variables: Readonly<Record<string, string>>
}

/** In ms: the system counts start times in hundredths of a second, whatever its own tick is. */
const startTimeUnit = 10

/** Whether this system lets processes be found by what they carry. */
export function canFindCarriers(): boolean {
  return findProcText('/proc/self/environ') !== undefined && thisMachine().pid_ns !== ''
}

/**
 * Every process of this user that has the first of these variables in its environment, but this one.
 *
 * What ends meanwhile is left out, and so is what may not be read. A process that forks at
 * this moment can be missed: ask again before taking nothing for an answer.
 */
export function listCarriers(names: readonly [string, ...string[]]): Carrier[] {
  // The numbers in another namespace's /proc are other processes here.
  if (thisMachine().pid_ns === '') return []
  return listPids()
    .filter((pid) => pid !== process.pid)
    .map((pid) => findCarrier(pid, names))
    .filter((carrier) => carrier !== undefined)
}

/** The pids that this process descends from. */
export function listAncestors(pid: number = process.pid): number[] {
  const pids: number[] = []
  // A parent can end while it is looked at, and its pid be given to a child of its child.
  for (let at = findRow(pid)?.ppid ?? 0; at > 0 && !pids.includes(at); ) {
    pids.push(at)
    at = findRow(at)?.ppid ?? 0
  }
  return pids
}

/** Whether it is still this very process, and still carries what it did. */
export function isStillThere(carrier: Carrier): boolean {
  if (vitalsOf(carrier).verdict !== 'alive') return false
  const found = findVariables(carrier.pid, Object.keys(carrier.variables))
  return Object.entries(carrier.variables).every(([name, value]) => found[name] === value)
}

/** Sends a signal after checking once more that it is this process; false when it could not be sent. */
export function signalCarrier(carrier: Carrier, signal: NodeJS.Signals): boolean {
  return (
    carrier.pid > 1 &&
    isStillThere(carrier) &&
    signalChild(carrier.pid, 'process', signal) === 'told'
  )
}

/** The words of its command line; none when it is gone or hides them. */
export function commandOf({ pid }: { readonly pid: number }): string[] {
  const text = findProcText(`/proc/${pid}/cmdline`) ?? ''
  return text === '' ? [] : text.replace(/\0+$/, '').split('\0')
}

/** The paths of the files that a process has open, as far as they are told. */
export function openFilesOf({ pid }: { readonly pid: number }): string[] {
  const descriptors = quietly(() => disk.listNames(`/proc/${pid}/fd`)) ?? []
  return descriptors
    .map((fd) => disk.findLink(`/proc/${pid}/fd/${fd}`))
    .filter((path) => path !== undefined)
}

/** How long a process has run, in ms: on Linux by this one's start, as containers lie about the machine's. */
export function ageOf(startTime: string): number {
  if (process.platform === 'darwin') {
    return Math.max(0, Date.now() - Date.parse(`${startTime} UTC`)) || 0
  }
  const apart = Number(thisProcess().start_time) - Number(startTime)
  return Math.max(0, Math.round(process.uptime() * 1000 + apart * startTimeUnit)) || 0
}

function findCarrier(pid: number, names: readonly [string, ...string[]]): Carrier | undefined {
  // Few carry anything, so that is asked first, and again once it is known who was asked.
  if (findVariables(pid, names)[names[0]] === undefined) return undefined
  const row = findRow(pid)
  if (row === undefined || isDeadState(row.state) || !isOwn(pid)) return undefined
  const carrier = {
    ...thisMachine(),
    pid,
    start_time: row.startTime,
    ppid: row.ppid,
    pgid: row.pgid,
    stopped: /^[Tt]/.test(row.state),
    age_ms: ageOf(row.startTime),
    variables: findVariables(pid, names),
  }
  return carrier.variables[names[0]] === undefined ? undefined : carrier
}

/** As getenv(3) has them: the first of a name counts. */
function findVariables(pid: number, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of findEnvironment(pid)) {
    const name = line.slice(0, Math.max(0, line.indexOf('=')))
    if (names.includes(name)) found[name] ??= line.slice(name.length + 1)
  }
  return found
}

/** Root may look into everybody's processes, and is to leave them alone all the same. */
function isOwn(pid: number): boolean {
  return quietly(() => disk.findOwner(`/proc/${pid}`)) === process.geteuid?.()
}
