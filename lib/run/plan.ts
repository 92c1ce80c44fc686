/** What a turn needs to know before anything is started or changed. */

import { isUtf8 } from 'node:buffer'
import path from 'node:path'
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
import { redactorOf } from '../store/access.ts'
import type { Settings } from '../store/config.ts'
import type { Birth } from '../store/create.ts'
import { realSessionDir } from '../store/hold.ts'
import { findCaller } from '../store/search.ts'
import type { Store } from '../store/store.ts'
import type { RunOptions, RunTarget, Started } from './options.ts'
import type { KeptSignals } from './signals.ts'
import { isListed, type Task } from './task.ts'
import type { Work } from './work.ts'

/** What is known of a turn before its session is changed. */
export interface Plan {
  readonly cwd: string
  readonly work: Work
  /** The directory of the session that this one is a fork of. */
  readonly source: string | undefined
  readonly settings: Settings
  readonly signals: KeptSignals
  /** Tells the caller of the turn. */
  readonly tell: (started: Started) => void
}

/** A prompt kept in a file, or that a pipe gives. Throws USAGE when it is not there, or is no UTF-8. */
export function readPrompt(file: string): string {
  const bytes = disk.findInput(file)
  if (bytes === undefined) throw new Failure('USAGE', { problem: `there is no file ${file}` })
  return decodePrompt(bytes, file)
}

/** The prompt that these bytes are. Throws USAGE for what is no UTF-8: an agent would be given another. */
export function decodePrompt(bytes: Uint8Array, from: string): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString()
  throw new Failure('USAGE', { problem: `the prompt in ${from} is not UTF-8` })
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

/** A session that another one comes from. */
export interface Source {
  readonly id: SessionId
  readonly state: State
  readonly dir: string
}

/** Throws what keeps its state from being read. */
export function readSource(store: Store, id: SessionId): Source {
  const dir = realSessionDir(store, id)
  const { state, failure } = readSnapshot(id, dir)
  if (state === undefined) throw failure
  return { id, state, dir }
}

/** Up to where a fork has what its source has. */
export function forkPoint({ id, state }: Source): Required<Birth>['fork'] {
  return { of: id, seq: state.journal.seq, turn: state.turn?.number ?? 0 }
}

/** A child hangs under the turn it was started from; a fork stands beside its source. */
export function kinOf(
  store: Store,
  target: RunTarget & { kind: 'new' },
  source: State | undefined,
): { parent_session_id?: string; depth: number } {
  if (source !== undefined) {
    const { parent_session_id, depth } = source.genealogy
    return parent_session_id === undefined ? { depth } : { parent_session_id, depth }
  }
  if (target.parent !== undefined) {
    const parent = readSource(store, target.parent).state
    return { parent_session_id: target.parent, depth: parent.genealogy.depth + 1 }
  }
  const caller = findCaller(store)
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
