import { describe, expect, it } from 'vitest'
import { type Lock, tryLock } from '../../lib/os/lock-file.ts'
import { killTurn } from '../../lib/run/kill.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const wish = (at: number): [string, object, { at: number }] => [
  'session',
  { event: 'kill_requested', turn: 1 },
  { at },
]

/** A session that another kill has ended at this time, held since now. */
function makeEnded(at: number) {
  const store = makeStore({ now: Date.now })
  const told = [started(1, at), wish(at), ended(1, at, 'cancelled')]
  const { id, dir } = writeSession(store, { told })
  const lock = tryLock(`${dir}/locks/session.lock`, { tool: 'command', turn: 1 }) as Lock
  return { store, id, lock }
}

describe('killTurn', () => {
  it('waits for the end that another kill brought about, and reports it', async () => {
    const { store, id, lock } = makeEnded(Date.now() + 10_000)
    const killed = killTurn(store, id, 10_000)
    lock.release()
    expect(await killed).toEqual({ id, turn: 1, signal: null, outcome: 'cancelled' })
  })

  it('finds that nothing runs where somebody came after that end', async () => {
    const { store, id, lock } = makeEnded(Date.now() - 10_000)
    await expect(killTurn(store, id, 10_000)).rejects.toMatchObject({
      ...{ code: 'NOTHING_RUNS', data: { id, status: 'busy' } },
    })
    lock.release()
  })

  it('records what another kill has ended as cancelled, too, where no supervisor does', async () => {
    const store = makeStore({ now: Date.now })
    const { id } = writeSession(store, { told: [started(1, Date.now()), wish(Date.now())] })
    expect(await killTurn(store, id, 1_000)).toMatchObject({ signal: null, outcome: 'cancelled' })
  })
})
