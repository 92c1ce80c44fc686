import fs from 'node:fs'
import { expect, it, vi } from 'vitest'
import { createSession } from '../../lib/index.ts'
import { Recorder } from '../../lib/run/recorder.ts'
import { makeStore } from '../support/place.ts'

it('tells of what was lost in bytes, whatever its characters', async () => {
  const { session, lock } = await createSession(makeStore(), {})
  using _lock = lock
  using _session = session
  const recorder = new Recorder(session, 1, () => {})
  const data = {}
  const entry = session.encode({ type: 'message', turn: 1, text: 'ä€😀', data, at: Date.now() })
  recorder.push(entry)
  const bytes = Buffer.byteLength(entry.tail)
  expect(recorder.close()?.tail).toContain(`"lost_entries":1,"lost_bytes":${bytes}`)
})

it('tries a sync that failed again although nothing more is said', async () => {
  const { session, lock } = await createSession(makeStore(), {})
  using _lock = lock
  using _session = session
  const troubles: string[] = []
  const recorder = new Recorder(session, 1, ({ code }) => troubles.push(code))
  const eio = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  const spy = vi.spyOn(fs, 'fdatasync').mockImplementationOnce((_fd, done) => done(eio))
  try {
    const data = {}
    recorder.push(session.encode({ type: 'message', turn: 1, text: 'a', data, at: Date.now() }))
    await expect.poll(() => troubles, { timeout: 5_000 }).toEqual(['IO_FAILED'])
    expect(session.unsynced).toBeGreaterThan(0)
    await expect.poll(() => session.unsynced, { timeout: 5_000 }).toBe(0)
    expect(troubles).toHaveLength(1)
  } finally {
    spy.mockRestore()
    recorder.close()
  }
})

it('says once that nothing comes to the disk', async () => {
  const { session, lock } = await createSession(makeStore(), {})
  using _lock = lock
  using _session = session
  const troubles: string[] = []
  const recorder = new Recorder(session, 1, ({ code }) => troubles.push(code))
  const eio = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
  let syncs = 0
  const fail = () => {
    syncs++
    throw eio
  }
  const spies = [
    vi.spyOn(fs, 'fdatasync').mockImplementation((_fd, done) => done(eio)),
    vi.spyOn(fs, 'fdatasyncSync').mockImplementation(fail),
  ]
  try {
    const data = {}
    const entry = { type: 'message', turn: 1, text: 'a', data, at: Date.now() }
    const timer = setInterval(() => recorder.push(session.encode(entry)), 100)
    await expect.poll(() => syncs, { timeout: 10_000 }).toBeGreaterThan(2)
    clearInterval(timer)
    expect(troubles).toEqual(['IO_FAILED'])
  } finally {
    for (const spy of spies) spy.mockRestore()
    recorder.close()
  }
})
