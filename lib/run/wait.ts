/** Waiting for turns to end. Any number may wait: it takes no lock. */

import { sleep } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { patiently } from '../os/shortage.ts'
import { hasLeft } from '../session/gone.ts'
import { isAttended, observe, type Status } from '../session/liveness.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { dirOf } from '../store/hold.ts'
import type { Store } from '../store/store.ts'

export interface Waited {
  readonly id: SessionId
  readonly status: Status
  readonly outcome: string | null
}

/**
 * Resolves when no turn of the session runs. Throws WAIT_EXPIRED after `timeout` ms, INTERRUPTED when
 * the signal aborts, and LIVENESS_UNKNOWN when it cannot be told. A system that is short of files or
 * memory is waited for, too.
 */
export async function waitForTurn(
  store: Store,
  id: SessionId,
  options: {
    /** In ms; without end when undefined. */
    readonly timeout?: number | undefined
    readonly signal?: AbortSignal | undefined
  } = {},
): Promise<Waited> {
  const dir = dirOf(store, id)
  const started = performance.now()
  const look = patiently()
  for (let pause = 10, isFirst = true; ; pause = Math.min(pause * 1.5, 250), isFirst = false) {
    // What a long turn has said so far is not read again and again.
    const end = look(() => (isFirst || !isAttended(dir) ? findEnd(store, id, dir) : undefined))
    if (end !== undefined) return end
    const waited = performance.now() - started
    const left = (options.timeout ?? Number.POSITIVE_INFINITY) - waited
    if (left <= 0) throw new Failure('WAIT_EXPIRED', { id, waited_ms: Math.round(waited) })
    await sleep(Math.min(pause, left), options.signal)
    options.signal?.throwIfAborted()
  }
}

/** How it stands with a session of which no turn runs; undefined while one does. */
function findEnd(store: Store, id: SessionId, dir: string): Waited | undefined {
  const look = { now: store.now(), scrutiny: 'busy' } as const
  const { liveness, snapshot } = observe(readSnapshot(id, dir), look)
  // A session that lives for one turn leaves with it.
  if (hasLeft(snapshot)) return { id, status: 'idle', outcome: null }
  const { status, why } = liveness
  if (status === 'unknown') throw new Failure('LIVENESS_UNKNOWN', { id, why })
  if (snapshot.failure !== undefined) throw snapshot.failure
  if (status === 'running' || status === 'busy' || status === 'orphaned') return undefined
  return { id, status, outcome: snapshot.state?.turn?.outcome ?? null }
}
