/** What a turn needs to know before anything is started or changed. */

import path from 'node:path'
import type { Writable } from 'node:stream'
import type { SessionId } from '../base/id.ts'
import { commandLine, headOf, oneLine } from '../base/text.ts'
import { Failure } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findProgram } from '../os/program.ts'
import { formatOuter, outerName } from '../session/carriers.ts'
import type { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import type { State } from '../session/state.ts'
import type { TurnResult } from '../session/turn.ts'
import { redactorOf } from '../store/access.ts'
import type { Config } from '../store/config.ts'
import { realSessionDir } from '../store/hold.ts'
import { type Caller, findCaller } from '../store/search.ts'
import type { Store } from '../store/store.ts'
import type { OpenSpec } from '../tools/adapter.ts'
import type { ToolEvent } from '../tools/event.ts'
import type { SignalSource } from './supervise.ts'
import { isListed, type Next, type Task } from './task.ts'
import type { Work } from './work.ts'

export interface RunOptions {
  /** Programs are looked for in the environment's PATH. */
  readonly task: Task
  readonly target: RunTarget
  /** What the user has set; by default read from the store's config.toml and environment. */
  readonly config?: Pick<Config, 'settings' | 'tools'>
  /** How long the turn may take, in ms, in place of the setting. */
  readonly timeout?: number | undefined
  /** How long the tool may be silent, in ms, in place of the setting. */
  readonly idleTimeout?: number | undefined
  /** The caller's working directory. */
  readonly cwd: string
  /** The directory to run in, when it was asked for. */
  readonly chdir?: string
  readonly ignoreHup?: boolean
  /** A file to write the session's id into before the tool starts. */
  readonly idFile?: string
  /** The tool reads this process's standard input, and not /dev/null. */
  readonly stdin?: boolean
  /**
   * Shows a tool's events, on `stdout` too, to which the tool's bytes go without it. A text that came in
   * deltas ends with an empty one. The tokens of usage are those of the turn so far.
   */
  readonly show?: (event: ToolEvent) => void
  /** Where the tool's bytes go on to. */
  readonly stdout?: Writable
  readonly stderr?: Writable
  /** Called before bytes of the tool go to `stderr`. */
  readonly onComplaint?: (chunk: Uint8Array) => void
  /** Called before this process stops, as a terminal asks it to. */
  readonly onStop?: () => void
  /**
   * The process's signals, to be passed on to the tool. Without it they do to this process what they
   * always do: a program that dies leaves its tool orphaned.
   */
  readonly signals?: SignalSource
  /** Asks a person what an agent may do; without it that is a no. */
  readonly ask?: OpenSpec['ask']
  /** What agents are told of who talks with them. */
  readonly clientVersion?: string
  /** Called once the turn is on the disk and before the tool starts. */
  readonly onStarted?: (started: Started) => void
  /** What a person should hear while the turn runs. */
  readonly onNotice?: (text: string) => void
}

export type RunTarget =
  | {
      readonly kind: 'new'
      readonly name?: string
      readonly description?: string
      readonly parent?: SessionId
      readonly fork?: SessionId
      readonly ephemeral?: boolean
      /** Other machines write to the store, too: marks one that is made now. */
      readonly shared?: boolean
    }
  | {
      readonly kind: 'resume'
      readonly id: SessionId
      /** How long to wait for a running turn, in ms; not at all when undefined. */
      readonly wait?: number
      readonly signal?: AbortSignal
    }

export interface Started {
  readonly id: SessionId
  readonly turn: number
  readonly cwd: string
  readonly dir: string
}

export interface RunReport {
  readonly result: TurnResult
  /** The exit status that stands for the turn. */
  readonly status: number
  /** Whether the turn's end is in the journal; if not, the next turn records it as crashed. */
  readonly recorded: boolean
  /** What the disk refused at the end. */
  readonly failure: Failure | undefined
  /** What a resume would do now; absent for a plain command, which takes no prompt. */
  readonly next: Next | undefined
}

/** A prompt kept in a file. Throws USAGE when it is not there. */
export function readPrompt(file: string): string {
  const text = disk.findText(file, 'followed')
  if (text === undefined) throw new Failure('USAGE', { problem: `there is no file ${file}` })
  return text
}

/** The directory of a turn: where the session `id` ran, if there is one. Throws CWD_GONE. */
export function findCwd(options: RunOptions, recorded?: string, id?: SessionId): string {
  const wanted = options.chdir ?? recorded ?? options.cwd
  const real = disk.findRealPath(wanted)
  if (real === undefined || disk.findFacts(real)?.kind !== 'directory') {
    throw new Failure('CWD_GONE', { cwd: wanted, ...(recorded && id ? { id } : {}) })
  }
  return real
}

/** Where the session ran last, unless another directory was asked for. Throws PROVENANCE_REDACTED. */
export function recordedCwd(state: State, chdir: string | undefined): string | undefined {
  if (chdir !== undefined) return undefined
  if (state.git.cwd_redacted) {
    throw new Failure('PROVENANCE_REDACTED', { id: state.meta_session_id, field: 'cwd' })
  }
  return state.git.cwd
}

/** Throws USAGE, PROGRAM_MISSING and PROGRAM_NOT_EXECUTABLE, before there is a session for it. */
export function checkProgram(store: Store, { argv, tool }: Work, cwd: string): void {
  if (argv.some((word) => word.includes('\0'))) {
    const problem = 'a prompt or an argument with a NUL in it can be given to no program'
    throw new Failure('USAGE', { problem })
  }
  const program = argv[0] ?? ''
  const found = findProgram(program, cwd, store.env.PATH)
  if ('path' in found) return
  const { problem } = found
  throw problem === 'missing'
    ? new Failure('PROGRAM_MISSING', { program, ...(isListed(tool) ? { tool } : {}) })
    : new Failure('PROGRAM_NOT_EXECUTABLE', {
        ...{ program, problem },
        ...('denied' in found ? { path: path.normalize(found.denied) } : {}),
      })
}

/** The state of a session that another one comes from. Throws what keeps it from being read. */
export function readSource(store: Store, id: SessionId): State {
  const { state, failure } = readSnapshot(id, realSessionDir(store, id))
  if (state === undefined) throw failure
  return state
}

/** A child hangs under the turn it was started from; a fork stands beside its source. */
export function kinOf(
  store: Store,
  target: RunTarget & { kind: 'new' },
  caller: Caller | undefined,
  source: State | undefined,
): { parent_session_id?: string; depth: number } {
  if (source !== undefined) {
    const { parent_session_id, depth } = source.genealogy
    return parent_session_id === undefined ? { depth } : { parent_session_id, depth }
  }
  if (target.parent !== undefined) {
    const parent = readSource(store, target.parent)
    return { parent_session_id: target.parent, depth: parent.genealogy.depth + 1 }
  }
  if (caller === undefined || caller.store.dir !== store.dir) return { depth: 0 }
  return { parent_session_id: caller.id, depth: caller.state.genealogy.depth + 1 }
}

/** The environment of a turn's tool: the caller's, and where it is. */
export function toolEnv(
  store: Store,
  session: Session,
  state: State,
  turn: number,
  cwd: string,
  work: Pick<Work, 'env' | 'isDropped'>,
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(store.env)) {
    if (value !== undefined && !work.isDropped(name)) env[name] = value
  }
  const caller = findCaller(store)
  return {
    ...env,
    ...work.env,
    PWD: cwd,
    [outerName]:
      caller === undefined
        ? ''
        : formatOuter(store.env[outerName], caller.id, caller.state.turn?.number ?? 0),
    STINT_SESSION_ID: session.id,
    STINT_DEPTH: String(state.genealogy.depth),
    STINT_PROJECT_ROOT: store.projectPath,
    STINT_PARENT_SESSION: state.genealogy.parent_session_id ?? '',
    STINT_SESSION_DIR: session.dir,
    STINT_OUTPUT_DIR: files.turnOutput(session.dir, turn),
    STINT_TURN: String(turn),
    STINT_STORE: store.dir,
  }
}

/** What a session is about where nobody says: redacted before it is cut, since half a secret looks like none. */
export function describe(store: Store, task: Task): string {
  const redactor = redactorOf(store)
  const text =
    task.kind === 'command'
      ? commandLine(redactor.json(task.argv).value)
      : task.kind === 'compact'
        ? ''
        : redactor.text(task.prompt ?? task.tool ?? '').value
  return headOf(oneLine(text), 80)
}
