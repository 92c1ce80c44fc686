/** Who lives of a session: its turn, its locks, and what the end of a turn leaves. */

import { shellWord } from '../../base/text.ts'
import { Failure, quietly } from '../../errors.ts'
import { session as files } from '../../layout.ts'
import * as disk from '../../os/disk.ts'
import { findHolder, findOwner } from '../../os/lock-file.ts'
import { vitalsOf } from '../../os/process.ts'
import { findHeldTool } from '../../session/liveness.ts'
import { hasOpenTurn } from '../../session/state.ts'
import type { Sighting } from '../check.ts'
import type { Examined } from '../examine.ts'
import { thingAt } from './ground.ts'
import { moveAside } from './store.ts'

/** Looks at a session's turn and locks. */
export function* checkLife(examined: Examined): Generator<Sighting> {
  const { id, dir, snapshot, liveness, isLive, names } = examined
  const { state } = snapshot
  const locks = files.locks(dir)
  if (!(names instanceof Failure) && !names.includes(locks.slice(dir.length + 1))) {
    yield { id: 'lock.directory', evidence: 'it is not there', file: locks }
  }
  // One call for both: of all the locks nobody has asked for this one.
  const isJournalSound = disk.isOwnFile(files.journalLock(dir))
  yield* checkAccess(examined, isJournalSound)
  const { status, why } = liveness
  yield* checkLockKinds(examined, isJournalSound)
  const turn = `turn ${state?.turn?.number} of ${state?.turn?.tool}`
  if (status === 'crashed') yield { id: 'turn.crashed', evidence: `${turn}: ${why}` }
  if (status === 'orphaned') {
    yield { id: 'turn.orphaned', evidence: `${turn}: ${why}`, fix: `stint kill ${id}` }
  }
  if (status === 'unknown' && state && hasOpenTurn(state)) {
    const evidence = `${turn}: ${why}; once that is gone for good, \`stint kill --lost\` ends it`
    yield { id: 'turn.unknown', evidence }
  }
  if (liveness.holder?.stopped) {
    const { pid } = liveness.holder
    yield { id: 'turn.stopped', evidence: `process ${pid} is stopped`, fix: `kill -CONT ${pid}` }
  }
  if (status === 'leaked') yield* checkLeak(examined)
  if (isLive) yield* checkFacts(files.sessionLock(dir))
  if (state === undefined) return
  if (hasOpenTurn(state)) yield* checkLockFiles(examined, state.turn?.tool ?? '')
  else if (state.turn !== undefined) {
    const file = files.result(dir, state.turn.number)
    // A turn that was imported has no directory either.
    const isThere = (path: string) => disk.findShape(path) !== undefined
    if (!isThere(file) && isThere(files.turnOutput(dir, state.turn.number))) {
      yield { id: 'result.missing', evidence: `${turn} has ended: ${state.turn.outcome}`, file }
    }
  }
}

/** One says it: with it nothing of the session can be changed. */
function* checkAccess(
  { dir, snapshot: { state } }: Examined,
  isJournalSound: boolean,
): Generator<Sighting> {
  const own = [files.state(dir), files.transcript(dir), files.locks(dir)]
  const tools = new Set(Object.keys(state?.tools ?? {}))
  if (state?.turn) tools.add(state.turn.tool)
  const ofTools = [...tools].map((tool) => files.toolLock(dir, tool))
  const locks = [
    files.sessionLock(dir),
    ...(isJournalSound ? [] : [files.journalLock(dir)]),
    ...ofTools,
  ]
  const file = [dir, ...own, ...locks].find(disk.isForbidden)
  if (file === undefined) return
  const user = process.getuid?.() ?? 0
  const owner = quietly(() => disk.findOwner(file)) ?? user
  yield {
    id: 'session.access',
    file,
    ...(owner === user
      ? { evidence: 'its mode keeps its owner out', fix: `chmod -R u+rwX ${shellWord(dir)}` }
      : {
          evidence: `it belongs to user ${owner}, not ${user}`,
          fix: `sudo chown -R ${user} ${shellWord(dir)}`,
        }),
  }
}

/** None of its own: stint opens no link, and a lock behind one would be another file's. */
function* checkLockKinds(
  { store, id, dir, now, liveness }: Examined,
  isJournalSound: boolean,
): Generator<Sighting> {
  // With a link among those that were asked whether they are held, nothing is known.
  const isKnown = liveness.status !== 'unknown'
  if (isKnown && isJournalSound) return
  for (const name of isKnown ? ['journal.lock'] : disk.listNames(files.locks(dir))) {
    if (!name.endsWith('.lock')) continue
    const file = `${files.locks(dir)}/${name}`
    const kind = quietly(() => disk.findFacts(file)?.kind)
    if (kind === undefined || kind === 'file') continue
    const evidence = `${thingAt(file)} stands in place of a lock's file`
    yield { id: 'lock.kind', evidence, file, fix: moveAside(store, file, now, id) }
  }
}

/** Whom the lock's file names need not be who holds it: it may have been handed on. */
function* checkLeak({ dir, now }: Examined): Generator<Sighting> {
  const tool = findHeldTool(dir)
  if (tool === undefined) return
  const file = files.toolLock(dir, tool)
  const holder = findHolder(file, now)
  const who = holder === undefined ? '' : `; its file names process ${holder.pid}`
  yield {
    id: 'lock.leaked-holder',
    evidence: `the ${tool} lock is held${who}`,
    file,
    fix: 'stint reap',
  }
  yield* checkFacts(file)
}

function* checkFacts(file: string): Generator<Sighting> {
  const owner = findOwner(file)
  if (owner === undefined) return
  const { verdict, why } = vitalsOf(owner)
  if (verdict === 'dead') yield { id: 'lock.stale-facts', evidence: `it is held, but ${why}`, file }
}

function* checkLockFiles({ dir }: Examined, tool: string): Generator<Sighting> {
  for (const file of [files.sessionLock(dir), files.toolLock(dir, tool)]) {
    if (disk.findFacts(file) === undefined) {
      yield { id: 'lock.missing', evidence: 'a turn is open and the file is not there', file }
    }
  }
}
