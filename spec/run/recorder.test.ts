import fs from 'node:fs'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { createSession } from '../../lib/index.ts'
import type { EncodedEntry } from '../../lib/journal/entry.ts'
import { Recorder } from '../../lib/run/recorder.ts'
import type { Session } from '../../lib/session/session.ts'
import type { Row } from '../support/cli.ts'
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

it('keeps 8 MiB while the disk is full, counts the rest, and tells of it by itself later', async () => {
  const { session, lock } = await createSession(makeStore(), {})
  using _lock = lock
  using _session = session
  const troubles: string[] = []
  const recorder = new Recorder(session, 1, ({ code }) => troubles.push(code))
  const sink = narrowDisk()
  try {
    const [first, ...more] = [4, 4, 2].map((mib) =>
      said(session, 'x'.repeat(mib * 2 ** 20 - 1_000)),
    )
    sink.room = 0
    recorder.push(first as EncodedEntry)
    await expect.poll(() => troubles, { timeout: 5_000 }).toEqual(['DISK_FULL'])
    expect(sink.refused).toBe(1)
    expect(recorder.isFull).toBe(false)
    for (const entry of [...more, said(session, 'small')]) recorder.push(entry)
    // It is tried again by itself.
    await expect.poll(() => sink.refused, { timeout: 5_000 }).toBe(2)
    sink.room = Number.POSITIVE_INFINITY
    await expect.poll(() => linesOf(session).length, { timeout: 5_000 }).toBe(5)
    const [, loss, ...kept] = linesOf(session)
    const bytes = Buffer.byteLength((more[1] as EncodedEntry).tail)
    const data = { code: 'DISK_FULL', lost_entries: 1, lost_bytes: bytes }
    expect(loss).toMatchObject({ type: 'error', turn: 1, data })
    expect(kept.map(({ text }) => text.slice(0, 5))).toEqual(['xxxxx', 'xxxxx', 'small'])
    expect(await recorder.flush()).toBe(true)
    expect(troubles).toHaveLength(1)
  } finally {
    sink.restore()
    expect(recorder.close()).toBeUndefined()
  }
})

it('loses nothing without counting it, whatever the disk takes and when', async () => {
  const sizes = fc.constantFrom(1, 1_000, 70_000, 3 * 2 ** 20)
  const step = fc.oneof(
    sizes.map((push) => ({ push })),
    fc.oneof(fc.constant(0), fc.nat(200_000), fc.constant(2 ** 30)).map((room) => ({ room })),
    fc.constant('flush' as const),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const { session, lock } = await createSession(makeStore(), {})
      using _lock = lock
      using _session = session
      const recorder = new Recorder(session, 1, () => {})
      const sink = narrowDisk()
      const pushed: EncodedEntry[] = []
      const push = (size: number) => {
        const entry = said(session, `${pushed.length} ${'x'.repeat(size)}`)
        pushed.push(entry)
        recorder.push(entry)
      }
      try {
        for (const one of steps) {
          if (one === 'flush') {
            const isWhole = await recorder.flush()
            expect(isWhole).toBe(accountedIn(linesOf(session)) === pushed.length)
          } else if ('push' in one) push(one.push)
          else sink.room = one.room
        }
        sink.room = Number.POSITIVE_INFINITY
        // What is dropped during a write is told of by the next one.
        while (!(await recorder.flush())) push(1)
        expect(recorder.close()).toBeUndefined()
      } finally {
        sink.restore()
      }
      const lines = linesOf(session)
      expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, at) => at))
      const numbers = lines
        .filter(({ type }) => type === 'message')
        .map(({ text }) => Number.parseInt(text, 10))
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
      const missing = pushed.filter((_, at) => !numbers.includes(at))
      const lost = lines.filter(({ type }) => type === 'error').map(({ data }) => data)
      const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
      expect(sum(lost.map((it) => it.lost_entries))).toBe(missing.length)
      expect(sum(lost.map((it) => it.lost_bytes))).toBe(
        sum(missing.map(({ tail }) => Buffer.byteLength(tail))),
      )
    }),
    { numRuns: 40 },
  )
})

it('writes nothing any more once it is closed', async () => {
  const { session, lock } = await createSession(makeStore(), {})
  using _lock = lock
  using _session = session
  const troubles: string[] = []
  const recorder = new Recorder(session, 1, ({ code }) => troubles.push(code))
  const sink = narrowDisk()
  try {
    sink.room = 0
    recorder.push(said(session, 'late'))
    await expect.poll(() => troubles, { timeout: 5_000 }).toEqual(['DISK_FULL'])
    expect(recorder.close()?.tail).toContain('"lost_entries":1')
    sink.room = Number.POSITIVE_INFINITY
    // When it would try again.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(linesOf(session)).toHaveLength(1)
  } finally {
    sink.restore()
  }
})

it('brings the state to the disk after 8 MiB and when it is hastened, and not for less', async () => {
  const { session, lock } = await createSession(makeStore(), {})
  using _lock = lock
  using _session = session
  const recorder = new Recorder(session, 1, () => {})
  recorder.push(said(session, 'little'))
  await recorder.flush()
  const { unpublished } = session
  expect(unpublished).toBeGreaterThan(0)
  recorder.hasten()
  await recorder.settled()
  expect(session.unpublished).toBe(0)
  for (const mib of [4, 4]) recorder.push(said(session, 'x'.repeat(mib * 2 ** 20 - 1_000)))
  await recorder.flush()
  expect(session.unpublished).toBeGreaterThan(2 ** 22)
  recorder.push(said(session, 'x'.repeat(2_000)))
  await recorder.flush()
  expect(session.unpublished).toBe(0)
  expect(recorder.close()).toBeUndefined()
})

/** How many entries the journal has, or says that were lost. */
function accountedIn(lines: readonly Row[]): number {
  const counts = lines.map(({ type, data }) => (type === 'error' ? data.lost_entries : 1))
  return counts.slice(1).reduce((a, b) => a + b, 0)
}

function said(session: Session, text: string): EncodedEntry {
  return session.encode({ type: 'message', turn: 1, text, data: {}, at: Date.now() })
}

/** The session's journal. */
function linesOf({ dir }: Session): Row[] {
  const text = fs.readFileSync(`${dir}/transcript.jsonl`, 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** A disk that takes so many bytes more of a journal, and then is full. */
function narrowDisk(): { room: number; refused: number; restore: () => void } {
  const real = fs.writeSync as (...args: unknown[]) => number
  const spy = vi.spyOn(fs, 'writeSync')
  const disk = { room: Number.POSITIVE_INFINITY, refused: 0, restore: () => spy.mockRestore() }
  spy.mockImplementation((...args: unknown[]) => {
    const [fd, bytes, , length = (bytes as Buffer).length] = args as [
      number,
      Buffer,
      number,
      number,
    ]
    if (bytes.subarray?.(0, 5).toString() !== '{"v":') return real(...args)
    const taken = Math.min(length, disk.room)
    disk.room -= taken
    if (taken > 0) return real(fd, bytes, 0, taken)
    disk.refused++
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  })
  return disk
}
