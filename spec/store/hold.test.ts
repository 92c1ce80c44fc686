import { afterEach, describe, expect, it, vi } from 'vitest'
import { isFailure } from '../../lib/errors.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { holdSession } from '../../lib/store/hold.ts'
import { makeStore } from '../support/place.ts'
import { writeSession } from './sessions.ts'

afterEach(() => vi.useRealTimers())

describe('holdSession', () => {
  it.each([
    [1_000, 1_000],
    // A probe may be in the way for so long.
    [0, 200],
  ])('that may wait %i ms gives up after %i', async (wait, after) => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    using _lock = tryLock(`${dir}/locks/session.lock`, {})
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    let failure: unknown
    const held = holdSession(store, id, { wait }).catch((error) => {
      failure = error
    })
    await vi.advanceTimersByTimeAsync(after - 1)
    expect(failure).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(isFailure(failure, 'WAIT_EXPIRED') && failure.data.waited_ms).toBe(after)
    await held
  })
})
