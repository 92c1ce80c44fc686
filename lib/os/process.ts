/**
 * Processes by identity: a pid alone is nobody, since it is given out again.
 *
 * With its start time and the boot id it names one process for ever; with the pid namespace it is
 * known whether this process can see it at all.
 */

import { block } from '../base/async.ts'
import { isTable } from '../base/decode.ts'
import { oneLine } from '../base/text.ts'
import { quietly } from '../errors.ts'
import { errnoOf, findLink, findText, listNames } from './disk.ts'
import { isShortage } from './shortage.ts'

/** This machine and the process namespace seen from here; what is not known is empty. */
export interface Machine {
  readonly host: string
  readonly boot_id: string
  readonly pid_ns: string
}

/** A process, for ever. `start_time` is in the system's own unit: compare it, do not read it. */
export interface ProcessIdentity extends Machine {
  readonly pid: number
  readonly start_time: string
}

/** A process group by its leader. */
export interface GroupIdentity extends Machine {
  readonly pgid: number
  readonly start_time: string
}

export interface Vitals {
  readonly verdict: 'alive' | 'dead' | 'unknown'
  readonly why: string
}

/** What a file says of the process that it belongs to, beside its identity. */
export type Owner = ProcessIdentity & Readonly<Record<string, unknown>>

/** Decodes that: what of the identity is not there is empty. Undefined where it names no process. */
export function decodeOwner(value: unknown): Owner | undefined {
  if (!isTable(value) || typeof value.pid !== 'number') return undefined
  const text = (key: string) => (typeof value[key] === 'string' ? value[key] : '')
  return {
    ...value,
    pid: value.pid,
    start_time: text('start_time'),
    boot_id: text('boot_id'),
    pid_ns: text('pid_ns'),
    host: text('host'),
  }
}

let machine: Machine | undefined
let self: ProcessIdentity | undefined

/** This machine, from here. */
export function thisMachine(): Machine {
  machine ??= {
    // Rarely asked for, and loading the module takes longer than all the rest.
    get host() {
      return process.getBuiltinModule('node:os').hostname()
    },
    boot_id:
      findProcText('/proc/sys/kernel/random/boot_id')?.trim() ?? darwinFact('kern.bootsessionuuid'),
    pid_ns: findNamespace(),
  }
  return machine
}

/**
 * Empty where /proc is another namespace's, so that its numbers are other processes. Start times are
 * shown as the time namespace counts them, so any but the machine's own, whose number is fixed, is said.
 */
function findNamespace(): string {
  const namespace = findLink('/proc/self/ns/pid')
  if (namespace === undefined) return 'host'
  if (findLink('/proc/self') !== String(process.pid)) return ''
  const time = findLink('/proc/self/ns/time') ?? machineTime
  return time === machineTime ? namespace : `${namespace} ${time}`
}

const machineTime = 'time:[4026531834]'

/** What tells this machine from others, beyond its name; undefined where the system has none, or hides it. */
export function findMachineId(): string | undefined {
  return quietly(() => findText('/etc/machine-id', 'followed'))?.trim() || undefined
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  self ??= { ...thisMachine(), pid: process.pid, start_time: startTimeOf(process.pid) ?? '' }
  return self
}

/** The start time of the process that has this pid now, or undefined where none is shown. */
export function startTimeOf(pid: number): string | undefined {
  return findRow(pid)?.startTime
}

/** Whether the process is there and stopped by a signal or a tracer. */
export function isStopped(id: ProcessIdentity): boolean {
  if (vitalsOf(id).verdict !== 'alive') return false
  return /^[Tt]/.test(findRow(id.pid)?.state ?? '')
}

/** Whether a child that was not yet waited for stands by a signal; one that is traced does not. */
export function isChildStopped(pid: number): boolean {
  return findRow(pid)?.state.startsWith('T') === true
}

/** Whether this very process still lives; a zombie does not. */
export function vitalsOf(id: ProcessIdentity): Vitals {
  const elsewhere = placeOf(id)
  if (elsewhere !== undefined) return elsewhere
  const row = findRow(id.pid)
  if (row === undefined) {
    return isThere(id.pid) ? unseen(id.pid) : { verdict: 'dead', why: `process ${id.pid} is gone` }
  }
  if (id.start_time === '') return unseen(id.pid)
  if (row.startTime !== id.start_time) {
    return { verdict: 'dead', why: `pid ${id.pid} belongs to another process now` }
  }
  return isDeadState(row.state)
    ? { verdict: 'dead', why: `process ${id.pid} is a zombie` }
    : { verdict: 'alive', why: `process ${id.pid} runs` }
}

/**
 * Whether anything of this very process group still lives.
 *
 * `marker` is a line of the environment that its processes carry: it tells the group's own members
 * from a group that got the number later, once the leader cannot be asked any more.
 */
export function vitalsOfGroup(id: GroupIdentity, marker: string): Vitals {
  const elsewhere = placeOf(id)
  if (elsewhere !== undefined) return elsewhere
  const gone: Vitals = { verdict: 'dead', why: `process group ${id.pgid} is gone` }
  const hasMembers = id.pgid > 1 && isThere(id.pgid, 'group')
  // One that has the terminal is in another's group.
  if (!hasMembers && !(id.pgid > 1 && isThere(id.pgid))) return gone
  const leader = findRow(id.pgid)
  if (leader === undefined ? isThere(id.pgid) : id.start_time === '') return unseen(id.pgid)
  if (leader !== undefined && leader.startTime !== id.start_time) {
    return { verdict: 'dead', why: `pid ${id.pgid} belongs to another process now` }
  }
  if (leader !== undefined && !isDeadState(leader.state)) {
    const what = hasMembers ? 'its process group' : 'process'
    return { verdict: 'alive', why: `${what} ${id.pgid} runs` }
  }
  const all = listGroup(id.pgid)
  const members = all.filter((row) => !isDeadState(row.state))
  const own = members.find((row) => leader !== undefined || carries(row.pid, marker))
  if (own !== undefined) {
    return { verdict: 'alive', why: `process ${own.pid} of its process group ${id.pgid} runs` }
  }
  // Some are there that are not shown, or whose environment is not.
  const isHidden = all.length === 0 || (members.length > 0 && process.platform === 'darwin')
  return isHidden && isThere(id.pgid, 'group') ? unseen(id.pgid) : gone
}

function unseen(pid: number): Vitals {
  return { verdict: 'unknown', why: `process ${pid} cannot be looked at` }
}

/**
 * Sends a signal to the group, after checking once more that it is this one; false when it is gone or
 * all of it belongs to another user.
 */
export function signalGroup(id: GroupIdentity, marker: string, signal: NodeJS.Signals): boolean {
  return vitalsOfGroup(id, marker).verdict === 'alive' && tell(-id.pgid, signal) === 'told'
}

/** The same to one process. */
export function signalProcess(id: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return id.pid > 1 && vitalsOf(id).verdict === 'alive' && tell(id.pid, signal) === 'told'
}

/** What came of a signal: to another user's processes none can be sent. */
export type Told = 'told' | 'gone' | 'refused'

/** Sends a signal to a child that was not yet waited for, or to the group that it leads. */
export function signalChild(pid: number, as: 'process' | 'group', signal: NodeJS.Signals): Told {
  return tell(as === 'group' ? -pid : pid, signal)
}

/** Whether all of the group belongs to another user; of one that has the terminal, its first process. */
export function isForeign({ pgid }: GroupIdentity): boolean {
  const group = tell(-pgid, 0)
  return (group === 'gone' ? tell(pgid, 0) : group) === 'refused'
}

function tell(to: number, signal: NodeJS.Signals | 0): Told {
  try {
    process.kill(to, signal)
    return 'told'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'refused' : 'gone'
  }
}

/**
 * Whether a shell could let this process go on once it stands. Above the first group of a terminal there is
 * none, and the system stops nothing there that leaves TSTP to it.
 */
export function canBeContinued(): boolean {
  const [, , group, session, terminal = '0'] = fieldsOf(findProcText('/proc/self/stat') ?? '')
  // In a namespace a group from outside is 0.
  return terminal === '0' || group !== session || group === '0'
}

/** Stops this process itself, as the shell's job control expects after a TSTP. */
export function stopSelf(): void {
  process.kill(process.pid, 'SIGSTOP')
}

/** Whether it ran where this process cannot look: on another machine, or in another container. */
export function isElsewhere(id: Machine): boolean {
  return placeOf(id) !== undefined
}

/** A verdict for what runs where this process cannot look, or undefined: it can. */
function placeOf(id: Machine): Vitals | undefined {
  const here = thisMachine()
  if (id.boot_id === '' || id.boot_id !== here.boot_id) {
    if (id.host !== here.host) {
      return { verdict: 'unknown', why: `it was started on another machine, ${oneLine(id.host)}` }
    }
    return id.boot_id === '' || here.boot_id === ''
      ? { verdict: 'unknown', why: 'the boot id of this machine is not known' }
      : { verdict: 'dead', why: 'the machine was started anew since' }
  }
  if (here.pid_ns === '') {
    return { verdict: 'unknown', why: 'the processes of this container are not shown (/proc)' }
  }
  return id.pid_ns === here.pid_ns
    ? undefined
    : { verdict: 'unknown', why: 'it was started in another container (pid or time namespace)' }
}

/** What the system's table says of a process. */
export interface Row {
  readonly pid: number
  readonly ppid: number
  readonly pgid: number
  readonly state: string
  readonly startTime: string
}

/** Whether the state's letter is that of a zombie, which only waits to be asked how it ended. */
export function isDeadState(state: string): boolean {
  return /^[ZXx]/.test(state)
}

/** Whether any process has this pid, or is in this group, also where none is shown. */
export function isThere(pid: number, as: 'process' | 'group' = 'process'): boolean {
  return pid > 0 && tell(as === 'group' ? -pid : pid, 0) !== 'gone'
}

/** What is shown of the process that has this pid now, or undefined when nothing is. */
export function findRow(pid: number): Row | undefined {
  if (process.platform === 'darwin') return darwinRows(['-p', String(pid)])[0]
  const stat = findProcText(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = fieldsOf(stat)
  return {
    pid,
    state: fields[0] ?? '',
    ppid: Number(fields[1]),
    pgid: Number(fields[2]),
    startTime: fields[19] ?? '',
  }
}

/** The fields of /proc/PID/stat from the third on: the state. */
export function fieldsOf(stat: string): string[] {
  // The command's name stands in parentheses and may hold anything, so count from the last one.
  return stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
}

function listGroup(pgid: number): Row[] {
  // A selection by -g may leave out what has no terminal.
  if (process.platform === 'darwin') return darwinRows(['-A']).filter((row) => row.pgid === pgid)
  return listPids()
    .map(findRow)
    .filter((row) => row?.pgid === pgid) as Row[]
}

/** The pids that /proc shows. */
export function listPids(): number[] {
  return listNames('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** Whether a process has this line in its environment; one that may not be asked has not. */
export function carries(pid: number, marker: string): boolean {
  if (process.platform === 'darwin') {
    const words = run('ps', ['-Eww', '-o', 'command=', '-p', String(pid)]).split(/\s+/)
    return words.includes(marker)
  }
  return findEnvironment(pid).includes(marker)
}

/**
 * The environment that a process was given, a line each; nothing when it is gone or hides it.
 *
 * While a process starts another program it shows an empty one, for as long as the disk takes.
 */
export function findEnvironment(pid: number): string[] {
  const path = `/proc/${pid}/environ`
  let text = findProcText(path)
  for (let tries = 0; text === '' && tries < 50 && isStartingProgram(pid); tries++) {
    block(1)
    text = findProcText(path)
  }
  return (text ?? '').split('\0')
}

/** Whether its memory is there and its program is not yet, or its environment is by now. */
function isStartingProgram(pid: number): boolean {
  const fields = fieldsOf(findProcText(`/proc/${pid}/stat`) ?? '')
  const [size = '0', code, from, to] = [20, 23, 47, 48].map((at) => fields[at])
  // Where the code stands is told last: an environment that is being written has no length until then.
  return size !== '0' && (code === '0' || from !== to)
}

/**
 * A process may end between the opening and the reading, or be another user's: it tells nothing. A
 * shortage is thrown, since nobody is dead for that.
 */
export function findProcText(path: string): string | undefined {
  try {
    return findText(path)
  } catch (error) {
    if (errnoOf(error) === undefined || isShortage(error)) throw error
    return undefined
  }
}

function darwinRows(selection: string[]): Row[] {
  return run('ps', ['-o', 'pid=,ppid=,pgid=,stat=,lstart=', ...selection])
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, ppid, pgid, state, startTime]) => ({
      pid: Number(pid),
      ppid: Number(ppid),
      pgid: Number(pgid),
      state: state ?? '',
      startTime: startTime ?? '',
    }))
}

function darwinFact(name: string): string {
  return process.platform === 'darwin' ? run('sysctl', ['-n', name]).trim() : ''
}

function run(program: string, args: string[]): string {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  return (
    spawnSync(program, args, {
      encoding: 'utf8',
      // A start time is told as of a wall clock, and is to be the same when the clock moves to summer.
      env: { PATH: '/bin:/usr/bin:/sbin:/usr/sbin', LC_ALL: 'C', TZ: 'UTC0' },
    }).stdout ?? ''
  )
}
