import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { poll, sleep } from '../../lib/base/async.ts'

describe('poll', () => {
  it('gives the first thing that the attempt gives, however late', async () => {
    let attempts = 0
    const got = await poll(() => (++attempts === 5 ? 'here' : undefined), { timeout: 10_000 })
    expect(got).toBe('here')
    expect(attempts).toBe(5)
  })

  it('tries once when there is no time, and gives up', async () => {
    let attempts = 0
    const got = await poll(() => void attempts++, { timeout: 0 })
    expect(got).toBeUndefined()
    expect(attempts).toBe(1)
  })

  it('gives up when the signal aborts, long before the deadline', async () => {
    const abort = new AbortController()
    let attempts = 0
    const got = await poll(
      () => {
        if (++attempts === 3) abort.abort()
        return undefined
      },
      { timeout: 1_000_000, signal: abort.signal },
    )
    expect(got).toBeUndefined()
    expect(attempts).toBe(3)
  })

  it('asks less often the longer it waits', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const asked: number[] = []
    const polling = poll(() => void asked.push(performance.now()), { timeout: 60_000 })
    await vi.advanceTimersByTimeAsync(60_000)
    await polling
    const pauses = asked.slice(1).map((at, n) => at - (asked[n] as number))
    const from = (ms: number) => Math.max(...pauses.slice(asked.findIndex((at) => at >= ms)))
    expect(pauses.slice(0, 4)).toEqual([1, 2, 4, 8])
    expect(Math.max(...pauses.slice(0, 90))).toBe(20)
    expect(from(30_000)).toBe(250)
    expect(asked.length).toBeLessThan(600)
  })

  it('passes on what the attempt throws', async () => {
    const attempt = () => {
      throw new Error('no')
    }
    await expect(poll(attempt, { timeout: 10_000 })).rejects.toThrow('no')
  })
})

describe('sleep', () => {
  it('ends at once when the signal aborts or has aborted', async () => {
    const abort = new AbortController()
    const sleeping = sleep(1_000_000, abort.signal)
    abort.abort()
    await sleeping
    await sleep(1_000_000, abort.signal)
  })
})
