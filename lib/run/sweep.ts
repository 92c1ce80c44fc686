/** Ending what carries a session's id: TERM, a grace, KILL, each to a process verified once more. */

import { sleep } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { Failure, quietly } from '../errors.ts'
import { session as files } from '../layout.ts'
import { type Carrier, listAncestors, signalCarrier } from '../os/carriers.ts'
import * as disk from '../os/disk.ts'
import { type GroupIdentity, isForeign, isThere, signalGroup } from '../os/process.ts'
import { findSupervised, listCarriersWithin } from '../session/carriers.ts'
import { markerOf } from '../session/liveness.ts'
import type { Session } from '../session/session.ts'
import { readSnapshot } from '../session/snapshot.ts'
import type { RunOptions } from './options.ts'
import type { Ending } from './supervise.ts'

export type EndSignal = 'SIGTERM' | 'SIGKILL'

export interface Swept {
  /** The strongest signal that each process was sent, by its pid. */
  readonly told: ReadonlyMap<number, EndSignal>
  /** What was still there at the end. */
  readonly left: readonly Carrier[]
}

/** How long what a turn left behind has between TERM and KILL at most, in ms. */
const longestGrace = 2_000

/** How long a nested supervisor has to record its turn's end, once all it waits for was killed. */
const patience = 2_000

/**
 * Ends what a turn left running, if stint ended the turn. One that ended by itself may have left
 * processes on purpose.
 */
export async function sweepTurn(
  session: Session,
  group: GroupIdentity,
  { endedFor, interruptedBy }: Ending,
  grace: number,
  onNotice: RunOptions['onNotice'],
): Promise<void> {
  const wasEnded = endedFor !== undefined || interruptedBy !== undefined
  if (!wasEnded && !watchForKill(session)()) return
  const turn = session.state.turn?.number ?? 0
  try {
    const { left } = await sweepSession(session.id, turn, grace)
    for (const { pid } of left) onNotice?.(`process ${pid} of the turn does not end`)
    // Where no environment can be read, what is left of the group did not heed its TERM.
    signalGroup(group, markerOf(session.id), 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    onNotice?.(`what the turn left running cannot be looked for: ${error.message}`)
  }
  if (isForeign(group)) onNotice?.(`what is left of the turn runs on: ${foreignText(group)}`)
}

/** Tells whether somebody wants the open turn to end: that is in the journal, but perhaps not read yet. */
export function watchForKill(session: Session): () => boolean {
  const { id, dir } = session
  let looked: number | undefined
  let isWanted = false
  return () => {
    const { turn, journal } = session.state
    if (isWanted || turn?.kill_requested) return true
    const size = quietly(() => disk.findSize(files.transcript(dir)))
    // Where nobody else has appended anything, there is nothing to read.
    if (size === journal.bytes || size === looked) return false
    const isRequested = quietly(() => readSnapshot(id, dir).state?.turn?.kill_requested === true)
    if (isRequested !== undefined) looked = size
    isWanted = isRequested === true
    return isWanted
  }
}

/** Ends all that carries the session's id, or that of a session started inside, up to this turn. */
export function sweepSession(id: SessionId, turn: number, grace: number): Promise<Swept> {
  const spared = listAncestors()
  return endCarriers(
    () => listCarriersWithin(id, turn).filter(({ pid }) => !spared.includes(pid)),
    Math.min(grace, longestGrace),
  )
}

/**
 * Ends whatever `find` finds until it finds nothing twice: a process that was just starting another
 * shows in neither for a moment. Whoever appears after the grace is killed at once.
 *
 * A supervisor is killed last, so that it can still record how its turn ended.
 */
export async function endCarriers(
  find: () => readonly Carrier[],
  grace: number,
  may: (process: Carrier) => boolean = () => true,
): Promise<Swept> {
  const told = new Map<number, EndSignal>()
  const known = new Map<number, string>()
  const started = performance.now()
  for (let clear = 0, pause = 2; ; pause = Math.min(pause * 2, 50)) {
    const asked = performance.now()
    const found = find()
    clear = found.length === 0 ? clear + 1 : 0
    const waited = asked - started
    if (clear === 2 || waited > grace + 2 * patience) return { told, left: found }
    for (const process of found) {
      // A pid that was given out again is another process, which has heard nothing yet.
      if (known.get(process.pid) !== process.start_time) told.delete(process.pid)
      known.set(process.pid, process.start_time)
      const last = told.get(process.pid)
      if (last === 'SIGKILL' || (last === 'SIGTERM' && waited < grace) || !may(process)) continue
      const kill =
        waited >= grace && (waited >= grace + patience || findSupervised(process) === undefined)
      if (!kill && last === 'SIGTERM') continue
      const signal = kill ? 'SIGKILL' : 'SIGTERM'
      if (!signalCarrier(process, signal)) continue
      told.set(process.pid, signal)
      // A stopped process hears TERM only when it goes on.
      if (!kill) signalCarrier(process, 'SIGCONT')
    }
    // Looking takes long where many processes are.
    await sleep(Math.max(pause, performance.now() - asked))
  }
}

/** What is said of a tool that takes no signal from this user. */
export function foreignText({ pgid }: GroupIdentity): string {
  const [what, target] = isThere(pgid, 'group')
    ? ['process group', `-- -${pgid}`]
    : ['process', pgid]
  return `${what} ${pgid} belongs to another user; \`sudo kill ${target}\` ends it`
}

/** The strongest signal that any was sent, or null. */
export function strongest(signals: Iterable<EndSignal | null>): EndSignal | null {
  const all = [...signals]
  return all.includes('SIGKILL') ? 'SIGKILL' : all.includes('SIGTERM') ? 'SIGTERM' : null
}
