/** Starting a tool: in a process group of its own, behind a gate, with its lock in hand. */

import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { Failure } from '../errors.ts'
import * as disk from './disk.ts'
import { findKoffi } from './packages.ts'
import { type GroupIdentity, signalChild, startTimeOf, type Told, thisMachine } from './process.ts'

/** The descriptor that the tool's lock has in its processes: launchers and scripts use low ones. */
const lockDescriptor = 100

/**
 * Waits for one line on descriptor 3, then becomes the tool. When the supervisor dies first, the tool
 * never starts.
 */
const gate = 'read -r STINT_GATE <&3 || exit 125; exec 3<&-; unset STINT_GATE; exec "$@"'

export interface SpawnSpec {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /**
   * What the tool reads: this process's standard input, what is written to `Child.stdin`, or nothing. A
   * tool on the `terminal` has all three of this process's streams, and stays in its process group.
   */
  readonly stdin: 'inherit' | 'pipe' | 'terminal' | undefined
  /** An open, locked file that the tool's processes keep. */
  readonly lock: number
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A tool that waits to be let go. */
export interface Child {
  readonly group: GroupIdentity
  readonly stdout: Readable
  readonly stderr: Readable
  /** Undefined unless it was asked for. What the tool no longer reads is no error. */
  readonly stdin: Writable | undefined
  readonly exited: Promise<Exit>
  /** Sends a signal to its group, or to the tool alone where the group is not its own. */
  readonly send: (signal: NodeJS.Signals) => Told
  /** Whether the terminal's own signals reach it by themselves. */
  readonly hasTerminal: boolean
  /** Lets the tool start. */
  readonly release: () => void
  /** Ends it without its ever having started. */
  readonly abandon: () => void
}

/** Starts a tool behind its gate. Throws SPAWN_FAILED, or CWD_GONE when the directory is not there. */
export async function spawnTool(spec: SpawnSpec): Promise<Child> {
  const { spawn } = process.getBuiltinModule('node:child_process')
  const { stdin } = spec
  const hasTerminal = stdin === 'terminal'
  const [out, err] = hasTerminal ? [] : [openPipe(), openPipe()]
  const stdio: (number | 'ignore' | 'inherit' | 'pipe')[] = hasTerminal
    ? ['inherit', 'inherit', 'inherit', 'pipe']
    : [stdin ?? 'ignore', out?.write ?? 'pipe', err?.write ?? 'pipe', 'pipe']
  while (stdio.length < lockDescriptor) stdio.push('ignore')
  stdio.push(spec.lock)
  const { env, argv } = throughShell(spec)
  let child: ChildProcess | undefined
  let group: GroupIdentity
  try {
    const started = spawn('/bin/sh', ['-c', gate, 'sh', ...argv], {
      cwd: spec.cwd,
      env,
      stdio,
      detached: !hasTerminal,
    })
    child = started
    await new Promise((resolve, reject) => {
      started.once('spawn', resolve)
      started.once('error', reject)
    })
    const pgid = started.pid as number
    group = { pgid, start_time: startTimeOf(pgid) ?? '', ...thisMachine() }
  } catch (error) {
    // One that nobody could tell from others later is not let go. Of one that never was there are none.
    child?.stdio?.[3]?.destroy()
    closeEnds(out?.read, err?.read)
    const errno = disk.errnoOf(error) ?? String(error)
    if (errno === 'ENOENT') throw new Failure('CWD_GONE', { cwd: spec.cwd }, { cause: error })
    const problem = problems[errno] ?? errno
    throw new Failure('SPAWN_FAILED', { program: spec.argv[0] ?? '', problem }, { cause: error })
  } finally {
    closeEnds(out?.write, err?.write)
  }
  const barrier = child.stdio[3] as Writable
  // The tool may be killed before it is let go.
  barrier.on('error', () => undefined)
  child.stdin?.on('error', () => undefined)
  return {
    group,
    stdout: out === undefined ? (child.stdout ?? nothing()) : readEnd(out.read),
    stdin: child.stdin ?? undefined,
    stderr: err === undefined ? (child.stderr ?? nothing()) : readEnd(err.read),
    exited: new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    }),
    send: (signal) => signalChild(group.pgid, hasTerminal ? 'process' : 'group', signal),
    hasTerminal,
    release: () => barrier.end('\n'),
    abandon: () => barrier.destroy(),
  }
}

const needed = `more than ${lockDescriptor} open files are needed (ulimit -n)`
/** What can be said of an errno; the last is what a descriptor above the limit gives. */
const problems: Readonly<Record<string, string>> = {
  E2BIG: 'its arguments and environment are too long',
  EAGAIN: 'no more processes are allowed (ulimit -u, or the limit of a container)',
  EMFILE: needed,
  EINVAL: needed,
}

/**
 * A shell drops variables whose names it cannot spell, so env(1) hands those on; but not to a program
 * with = in its name, which env would take for one more variable.
 */
function throughShell(spec: SpawnSpec): { env: Record<string, string>; argv: string[] } {
  const env: Record<string, string> = {}
  const odd: string[] = []
  for (const [name, value] of Object.entries(spec.env)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) env[name] = value
    else odd.push(`${name}=${value}`)
  }
  const direct = odd.length === 0 || spec.argv[0]?.includes('=')
  return { env, argv: direct ? [...spec.argv] : ['env', '--', ...odd, ...spec.argv] }
}

/**
 * A real pipe, or undefined where koffi is not there and Node's own will do: Node makes socket pairs,
 * which a tool cannot open again as /dev/stderr.
 */
function openPipe(): { read: number; write: number } | undefined {
  if (process.platform !== 'linux') return undefined
  const koffi = findKoffi()
  if (koffi === undefined) return undefined
  const ends = new Int32Array(2)
  const closeOnExec = 0o2000000
  const pipe2 = koffi.load(null).func('int pipe2(int *ends, int flags)')
  if (pipe2(ends, closeOnExec) !== 0) return undefined
  return { read: ends[0] as number, write: ends[1] as number }
}

function closeEnds(...ends: readonly (number | undefined)[]): void {
  for (const end of ends) if (end !== undefined) disk.closeFile(end)
}

/** What comes of a tool that has the terminal itself. */
function nothing(): Readable {
  return process.getBuiltinModule('node:stream').Readable.from([])
}

/**
 * The terminal's modes as they are now, to be set again: a tool that was killed leaves them as it needed
 * them, and the terminal to a process group of its own, outside of which who sets them would be stopped.
 */
export function keepTerminal(): () => void {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const stty = (args: readonly string[]) =>
    spawnSync('/bin/sh', ['-c', 'trap "" TTOU; exec stty "$@"', 'sh', ...args], {
      encoding: 'utf8',
      stdio: ['inherit', 'pipe', 'ignore'],
    }).stdout
  const modes = stty(['-g'])?.trim()
  return () => {
    if (modes) stty([modes])
  }
}

function readEnd(fd: number): Readable {
  const { Socket } = process.getBuiltinModule('node:net')
  return new Socket({ fd, readable: true, writable: false })
}
