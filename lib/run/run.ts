/** The main job: one turn of a tool in a session, from what was asked to how it ended. */

import path from 'node:path'
import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { session as files, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findRepository, readHead } from '../os/git.ts'
import { type Lock, supersedeLock, takeLock } from '../os/lock-file.ts'
import { replaceText } from '../os/replace.ts'
import { type Child, spawnTool } from '../os/spawn.ts'
import type { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import type { State } from '../session/state.ts'
import { settle } from '../session/turn.ts'
import { isRedacting, redactorOf } from '../store/access.ts'
import { checkDescription, checkName, createSession, discardSession } from '../store/create.ts'
import { sweepEphemeral } from '../store/ephemeral.ts'
import { type Held, holdSession, keepHeld } from '../store/hold.ts'
import { ensureStore } from '../store/project.ts'
import { findCaller } from '../store/search.ts'
import type { Store } from '../store/store.ts'
import { follow } from './follow.ts'
import {
  checkProgram,
  commandTool,
  describe,
  findCwd,
  kinOf,
  type RunOptions,
  type RunReport,
  readSource,
  recordedCwd,
  toolEnv,
} from './plan.ts'

/**
 * Runs one turn and resolves when it has ended. Throws, before anything was started, what creating or
 * holding a session throws, and PROGRAM_MISSING, PROGRAM_NOT_EXECUTABLE, CWD_GONE, DEPTH_EXCEEDED,
 * PROVENANCE_REDACTED, SPAWN_FAILED.
 */
export async function runTurn(store: Store, options: RunOptions): Promise<RunReport> {
  const { target } = options
  const caller = findCaller(store)
  if (target.kind === 'resume') {
    await using held = await holdSession(store, target.id, {
      errand: { tool: commandTool },
      wait: target.wait,
      signal: target.signal,
    })
    const before = await settle(held.session, store.now())
    const cwd = findCwd(options, recordedCwd(before, options.chdir))
    checkProgram(store, options.argv, cwd)
    return await runHeld(store, held, before, cwd, options)
  }

  checkName(target.name)
  checkDescription(target.description)
  const source = target.fork === undefined ? undefined : readSource(store, target.fork)
  const cwd = findCwd(
    options,
    source === undefined ? undefined : recordedCwd(source, options.chdir),
  )
  checkProgram(store, options.argv, cwd)
  const kin = kinOf(store, target, caller, source)
  if (kin.depth > options.depthLimit) {
    throw new Failure('DEPTH_EXCEEDED', { depth: kin.depth, limit: options.depthLimit })
  }
  ensureStore(store)
  sweepEphemeral(store)
  const repository = findRepository(cwd, store.env)
  const head = repository === undefined ? {} : readHead(repository)
  const { session, lock } = await createSession(
    store,
    {
      ...kin,
      ...head,
      cwd,
      tool: commandTool,
      description: target.description ?? source?.description ?? describe(store, options.argv),
      ...(target.name === undefined ? {} : { name: target.name }),
      ...(target.ephemeral ? { ephemeral: true } : {}),
      ...(source === undefined || target.fork === undefined
        ? {}
        : { fork: { of: target.fork, seq: source.journal.seq, turn: source.turn?.number ?? 0 } }),
    },
    { tool: commandTool, turn: 1 },
  )
  await using held = await keepHeld(session, lock)
  try {
    return await runHeld(store, held, await session.refresh(), cwd, options)
  } catch (error) {
    // Nobody was told of it, so it leaves as if it had never been.
    if (!hasHadTurn(session)) discardSession(store, session)
    throw error
  } finally {
    if (target.ephemeral) disk.removeTree(session.dir)
  }
}

function hasHadTurn(session: Session): boolean {
  return readSnapshot(session.id, session.dir).state?.turn !== undefined
}

/** The turn itself, in a session whose lock is held and that is at rest. */
async function runHeld(
  store: Store,
  { session, lock }: Held,
  before: State,
  cwd: string,
  options: RunOptions,
): Promise<RunReport> {
  const turn = (before.turn?.number ?? 0) + 1
  lock.say({ tool: commandTool, turn })
  const toolLock = await takeToolLock(session, turn)
  let child: Child | undefined
  try {
    disk.makeDirs(files.turnOutput(session.dir, turn))
    if (options.idFile !== undefined) {
      writeIdFile(path.resolve(options.cwd, options.idFile), session.id)
    }
    child = await spawnTool({
      argv: options.argv,
      cwd,
      env: toolEnv(store, session, before, turn, cwd),
      stdin: options.stdin,
      lock: toolLock.fd,
    })
    const { pgid, ...identity } = child.group
    const argv0 = redactorOf(store).text(options.argv[0] ?? '').value
    toolLock.say({ tool: commandTool, turn, argv0 }, { ...identity, pid: pgid })
    const startedAt = store.now()
    const safeCwd = redactorOf(store).text(cwd).value
    await session.append({
      type: 'turn_started',
      turn,
      text: null,
      data: {
        tool: commandTool,
        argv: options.argv,
        cwd: safeCwd,
        ...(safeCwd === cwd ? {} : { cwd_redacted: true }),
        process: child.group,
        ...(isRedacting(store) ? {} : { redaction: 'off' }),
      },
      at: startedAt,
    })
    const isListed = !(options.target.kind === 'new' && options.target.ephemeral)
    const isRoot = before.genealogy.parent_session_id === undefined
    if (isListed && isRoot) hintLast(store, session.id)
    const started = { id: session.id, turn, cwd, dir: session.dir }
    return await follow(store, session, { child, toolLock, started, startedAt }, options)
  } catch (error) {
    child?.abandon()
    throw error
  } finally {
    toolLock.release()
  }
}

/** The tool's lock; one that a process of an ended turn still holds is superseded. */
async function takeToolLock(session: Session, turn: number): Promise<Lock> {
  const path = files.toolLock(session.dir, commandTool)
  const errand = { tool: commandTool, turn }
  return (await takeLock(path, errand)) ?? supersedeLock(path, errand)
}

function writeIdFile(path: string, id: SessionId): void {
  const confirmed = replaceText(path, `${id}\n`)
  if (!confirmed) throw new Failure('DURABILITY_UNKNOWN', { id, recorded: false })
}

/** Only a hint: without it the states are looked through. */
function hintLast(store: Store, id: SessionId): void {
  try {
    replaceText(storeFiles.last(store.dir), `${id}\n`)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}
