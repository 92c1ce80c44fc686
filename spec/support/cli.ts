/** The built program as a person, a script or a supervisor runs it: a real child process each time. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, inject, onTestFinished } from 'vitest'
import { makeDir } from './place.ts'

/** The built program. */
export const program: string = inject('cli')

/** How long anything may take before a test gives up on it, in ms. */
const patience = 30_000

/** What a command left behind when it had ended. */
export interface Ran {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly out: Buffer
  readonly err: Buffer
}

/** A command that may still be running. */
export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  readonly isOver: () => boolean
  readonly ended: Promise<Ran>
  readonly kill: (signal: NodeJS.Signals) => void
  /** The session that it says it runs, once it has said so. */
  readonly session: () => Promise<string>
  /** Resolves once its standard output or error holds the text. */
  readonly says: (text: string) => Promise<void>
}

export interface How {
  readonly cwd?: string
  /** A value of undefined takes the variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What it reads from standard input, which is a pipe then; otherwise /dev/null. */
  readonly input?: string | Buffer
  readonly stdio?: SpawnOptions['stdio']
  /** Modules that its Node loads first. */
  readonly preload?: readonly string[]
}

/** A project with an empty store of its own, and the program in it. */
export interface Place {
  /** The directory that all of it is in. */
  readonly dir: string
  /** The project. */
  readonly cwd: string
  /** What STINT_HOME names. */
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** Runs the program to its end. */
  readonly stint: (args: readonly string[], how?: How) => Promise<Ran>
  /** Starts the program. */
  readonly start: (args: readonly string[], how?: How) => Running
  /** Starts any other program in the same surroundings. */
  readonly startOther: (command: readonly string[], how?: How) => Running
  /** Runs the program with --json and gives what it printed; it has to exit 0. */
  readonly json: <T = Row>(args: readonly string[], how?: How) => Promise<T>
  /** Makes a session by running `echo hello` or another command, and gives its id. */
  readonly make: (args?: readonly string[], how?: How) => Promise<string>
  /** The store's directory. */
  readonly store: () => string
  /** A session's directory. */
  readonly session: (id: string) => string
}

/** An object that the program printed. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into documents whose shape they check
export type Row = Record<string, any>

/** A place that goes away, with every process that was started in it, when the test has finished. */
export function makePlace(options: { cwd?: string } = {}): Place {
  const dir = makeDir()
  const home = `${dir}/state`
  const cwd = options.cwd ?? `${dir}/project`
  mkdirSync(cwd, { recursive: true })
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !/^(STINT_|GIT_|FORCE_COLOR|NO_COLOR)/.test(name)) env[name] = value
  }
  Object.assign(env, {
    HOME: dir,
    STINT_HOME: home,
    STINT_TEST: '1',
    XDG_CONFIG_HOME: `${dir}/config`,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  })
  onTestFinished(() => endAll(home))

  const startOther = (command: readonly string[], how: How = {}) => {
    const merged: Record<string, string> = { ...env }
    for (const [name, value] of Object.entries(how.env ?? {})) {
      if (value === undefined) delete merged[name]
      else merged[name] = value
    }
    return startChild(command, {
      cwd: how.cwd ?? cwd,
      env: merged,
      stdio: how.stdio ?? [how.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      input: how.input,
    })
  }
  const start = (args: readonly string[], how: How = {}) => {
    const loaders = (how.preload ?? []).flatMap((file) => ['--require', file])
    return startOther([process.execPath, ...loaders, program, ...args], how)
  }
  const stint = (args: readonly string[], how?: How) => start(args, how).ended
  const store = () => {
    const projects = `${home}/projects`
    const names = readdirSync(projects)
    expect(names).toHaveLength(1)
    return `${projects}/${names[0]}`
  }
  return {
    dir,
    cwd,
    home,
    env,
    start,
    startOther,
    stint,
    json: async <T>(args: readonly string[], how?: How) => {
      const ran = await stint([...args, '--json'], how)
      expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' })
      return JSON.parse(ran.stdout) as T
    },
    make: async (args = ['--', 'echo', 'hello'], how) => {
      const ran = await stint(['run', ...args], how)
      const id = sessionOf(ran.stderr)
      if (id === undefined) throw new Error(`no session was made: ${ran.status} ${ran.stderr}`)
      return id
    },
    store,
    session: (id) => `${store()}/sessions/${id}`,
  }
}

/** The session that the talk on standard error names first, or undefined. */
export function sessionOf(stderr: string): string | undefined {
  return /^session ([0-9A-HJKMNP-TV-Z]{26}) turn \d+$/m.exec(stderr)?.[1]
}

function startChild(
  command: readonly string[],
  options: {
    cwd: string
    env: Record<string, string>
    stdio: SpawnOptions['stdio']
    input: string | Buffer | undefined
  },
): Running {
  const [file = '', ...args] = command
  const { cwd, env, stdio } = options
  const child = spawn(file, args, { cwd, env, ...(stdio === undefined ? {} : { stdio }) })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  let over = false
  const ended = new Promise<Ran>((done, fail) => {
    child.once('error', fail)
    child.once('close', (status, signal) => {
      over = true
      const [o, e] = [Buffer.concat(out), Buffer.concat(err)]
      done({ status, signal, out: o, err: e, stdout: o.toString(), stderr: e.toString() })
    })
  })
  ended.catch(() => undefined)
  child.stdin?.on('error', () => undefined)
  if (options.input !== undefined) child.stdin?.end(options.input)
  const stdout = () => Buffer.concat(out).toString()
  const stderr = () => Buffer.concat(err).toString()
  const running: Running = {
    child,
    pid: child.pid ?? 0,
    stdout,
    stderr,
    isOver: () => over,
    ended,
    kill: (signal) => void child.kill(signal),
    session: () =>
      until('the program names its session', () => {
        const id = sessionOf(stderr())
        if (id === undefined && over) throw new Error(`it ended without: ${stderr()}`)
        return id
      }),
    says: async (text) => {
      await until(`the program says ${JSON.stringify(text)}`, () => {
        if (stdout().includes(text) || stderr().includes(text)) return true
        if (over) throw new Error(`it ended without: ${stdout()}${stderr()}`)
        return undefined
      })
    },
  }
  onTestFinished(async () => {
    if (over || child.pid === undefined) return
    child.kill('SIGKILL')
    await until(`process ${child.pid} ends`, () => (child.exitCode ?? child.signalCode) !== null)
    for (const stream of child.stdio) stream?.destroy()
  })
  return running
}

/** What `probe` gives once it gives something that is not undefined or false; fails at the deadline. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  timeout: number = patience,
): Promise<T> {
  const deadline = performance.now() + timeout
  for (;;) {
    const got = await probe()
    if (got !== undefined && got !== false) return got
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await new Promise((done) => setTimeout(done, 15))
  }
}

/** Resolves once the file is there, and gives its text. */
export async function fileText(path: string): Promise<string> {
  return until(`${path} has a line`, () => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    return text.endsWith('\n') ? text : undefined
  })
}

/** Says to who waits for the file that it may go on. */
export function touch(path: string): void {
  writeFileSync(path, '\n')
}

/** Whether a process is there and no zombie. */
export function isRunning(pid: number): boolean {
  const state = processState(pid)
  return state !== undefined && !/^[ZXx]/.test(state)
}

/** The kernel's letter for what a process does (`R S D T Z`), or undefined when there is none. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(') ') + 2, stat.lastIndexOf(') ') + 3)
  } catch {
    return undefined
  }
}

/** Ends every process whose environment names this place: each by its own pid, and waits for it. */
async function endAll(home: string): Promise<void> {
  const marker = `STINT_HOME=${home}`
  const own = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(marker)
        } catch {
          return false
        }
      })
  if (!existsSync('/proc/self/environ')) return
  await until('no process of this test is left', () => {
    const left = own()
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    return left.length === 0
  })
}

/** The lines of a session's transcript as entries. */
export function entriesOf(dir: string): Row[] {
  return readFileSync(`${dir}/transcript.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

/** Checks that entries are numbered from 0 without a gap. */
export function expectWhole(entries: readonly Row[]): void {
  expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index))
}

/** The last line of standard error as the failure that --json prints. */
export function failureOf(ran: Ran): {
  code: string
  message: string
  hint?: string
  data: Row
} {
  const line = ran.stderr.trimEnd().split('\n').at(-1) ?? ''
  return (JSON.parse(line) as { error: ReturnType<typeof failureOf> }).error
}

/** Checks that a command refused with this code and status, and printed nothing but that. */
export function expectRefusal(
  ran: Ran,
  wanted: { status: number; code: string; hint?: RegExp | false },
): void {
  expect(ran.stderr).toContain(`error[${wanted.code}]: `)
  expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: wanted.status, stdout: '' })
  if (wanted.hint !== false) expect(ran.stderr).toMatch(wanted.hint ?? /^hint: \S/m)
}

/** All that is beneath a path: names, kinds, modes, contents and times, to be compared. */
export function snapshot(root: string): Record<string, string> {
  const seen: Record<string, string> = {}
  const look = (path: string) => {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return
    const facts = [stats.mode.toString(8), stats.ino, stats.mtimeMs]
    if (stats.isSymbolicLink()) facts.push(readlinkSync(path))
    if (stats.isFile()) {
      facts.push(stats.size, createHash('sha256').update(readFileSync(path)).digest('hex'))
    }
    seen[path] = facts.join(' ')
    if (stats.isDirectory()) for (const name of readdirSync(path)) look(join(path, name))
  }
  look(root)
  return seen
}

/** The same without lock files: what they say of their last holder changes with each who takes one. */
export function withoutLocks(seen: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(seen).filter(([path]) => !path.includes('/locks')))
}

/** The path of a module that a program can be made to load first. */
export function preload(name: string): string {
  return resolve('spec/support', `${name}.mjs`)
}

/** The path of a program that plays an agent. */
export function agent(name: string): string {
  return resolve('fixtures/agents', name)
}
