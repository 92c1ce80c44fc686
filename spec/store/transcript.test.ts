import fs, { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import {
  appendEntry,
  deleteSession,
  followTranscript,
  type Reading,
  readTranscript,
  type Store,
  type TranscriptQuery,
} from '../../lib/index.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { Session } from '../../lib/session/session.ts'
import { accessOf } from '../../lib/store/access.ts'
import { makeStore } from '../support/place.ts'
import { ended, nextId, started, writeSession } from './sessions.ts'

const at = Date.UTC(2026, 0, 2)
const mark = ({ line, entry }: Reading) => entry?.seq ?? line.text

function makeTalk(store: Store) {
  return writeSession(store, {
    told: [
      started(1, at),
      ['message', {}, { turn: 1, at, text: 'one' }],
      ['output', {}, { turn: 1, at, text: 'two' }],
      ended(1, at),
      started(2, at),
      ['message', {}, { turn: 2, at, text: 'three' }],
      ended(2, at),
    ],
  })
}

describe('readTranscript', () => {
  const queries: [TranscriptQuery, (number | string)[]][] = [
    [{}, [0, 1, 2, 3, 4, 5, 6, 7]],
    [{ tail: 3 }, [5, 6, 7]],
    [{ tail: 0 }, []],
    [{ tail: 99 }, [0, 1, 2, 3, 4, 5, 6, 7]],
    [{ types: ['message'] }, [2, 6]],
    [{ types: ['message', 'output'], tail: 2 }, [3, 6]],
    [{ types: [] }, []],
    [{ turn: 1 }, [1, 2, 3, 4]],
    [{ turn: 1, tail: 2 }, [3, 4]],
    [{ turn: 2, types: ['turn_ended'], tail: 5 }, [7]],
    [{ turn: 0 }, [0]],
  ]
  it.each(queries)('gives for %j the entries %j', (query, seqs) => {
    const store = makeStore()
    const { id } = makeTalk(store)
    expect([...readTranscript(store, id, query)].map(mark)).toEqual(seqs)
  })

  it('says that there is no such turn, unless it cannot be known', () => {
    const store = makeStore()
    const { id, dir } = makeTalk(store)
    const read = () => [...readTranscript(store, id, { turn: 9, tail: 1 })]
    expect(read).toThrow(
      expect.objectContaining({ code: 'TURN_UNKNOWN', data: { id, turn: 9, turns: 2 } }),
    )
    writeFileSync(`${dir}/state.toml`, 'damaged')
    writeFileSync(`${dir}/transcript.jsonl`, 'garbage\n')
    expect(read()).toEqual([])
  })

  it('gives lines that are no entries, unless something is asked of them, and no unfinished one', () => {
    const store = makeStore()
    const { id, dir } = makeTalk(store)
    appendFileSync(`${dir}/transcript.jsonl`, 'garbage\n{"v":1,"unfin')
    expect([...readTranscript(store, id, { tail: 2 })].map(mark)).toEqual([7, 'garbage'])
    expect([...readTranscript(store, id, { turn: 2 })].map(mark)).toEqual([5, 6, 7])
  })

  it('says when there is nothing to read', () => {
    const store = makeStore()
    expect(() => [...readTranscript(store, nextId())]).toThrow(
      expect.objectContaining({ code: 'SESSION_UNKNOWN' }),
    )
  })
})

/** Follows in the background; `seen` grows, `ended` resolves with all of it. */
function follow(store: Store, id: string, query: Parameters<typeof followTranscript>[2] = {}) {
  const seen: (number | string)[] = []
  const ended = (async () => {
    for await (const reading of followTranscript(store, id as never, query)) {
      seen.push(mark(reading))
    }
    return seen
  })()
  ended.catch(() => undefined)
  return { seen, ended }
}

async function reach(seen: readonly unknown[], count: number): Promise<void> {
  const deadline = performance.now() + 10_000
  while (seen.length < count && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(seen.length).toBeGreaterThanOrEqual(count)
}

describe('followTranscript', () => {
  it('gives what is there and ends when the session is at rest', async () => {
    const store = makeStore()
    const { id } = makeTalk(store)
    expect(await follow(store, id).ended).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(await follow(store, id, { tail: 2 }).ended).toEqual([6, 7])
    expect(await follow(store, id, { types: ['output'] }).ended).toEqual([3])
  })

  it('gives what a running turn appends, and ends behind its end', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    const lock = tryLock(`${dir}/locks/session.lock`, {})
    const { seen, ended: all } = follow(store, id)
    await reach(seen, 2)
    await appendEntry(store, id, { type: 'message', text: 'new' })
    await reach(seen, 3)
    appendFileSync(`${dir}/transcript.jsonl`, '{"v":1,"unfinished')
    using session = new Session(id, dir, accessOf(store))
    const end = { type: 'turn_ended', turn: 1, text: null, data: { outcome: 'success' }, at }
    await session.append(end)
    lock?.release()
    expect(await all).toEqual([0, 1, 2, 3])
  })

  it('goes on for ever when it is told to, until it is told to stop', async () => {
    const store = makeStore()
    const { id } = makeTalk(store)
    const abort = new AbortController()
    const { seen, ended: all } = follow(store, id, { forever: true, tail: 1, signal: abort.signal })
    await reach(seen, 1)
    await appendEntry(store, id, { type: 'message' })
    await reach(seen, 2)
    abort.abort()
    expect(await all).toEqual([7, 8])
  })

  it.each([
    [{}, 8, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    [{ tail: 2 }, 2, [6, 7, 8]],
    [{ tail: 0 }, 0, [8]],
    [{ types: ['message'] }, 2, [2, 6, 8]],
  ])(
    'goes on where it was when the transcript was rewritten, asked for %j',
    async (query, before, all) => {
      const store = makeStore()
      const { id, dir } = makeTalk(store)
      const abort = new AbortController()
      const following = follow(store, id, { ...query, forever: true, signal: abort.signal })
      await reach(following.seen, before)
      // Another entry first, so that it is known to have looked at the file by now.
      const path = `${dir}/transcript.jsonl`
      writeFileSync(`${path}.new`, readFileSync(path, 'utf8').replace('"one"', '"[REDACTED:x]"'))
      renameSync(`${path}.new`, path)
      const next = readFileSync(path, 'utf8').split('\n').at(-2)?.replace('"seq":7', '"seq":8')
      appendFileSync(path, `${next?.replace('turn_ended', 'message')}\n`)
      await reach(following.seen, all.length)
      abort.abort()
      expect(await following.ended).toEqual(all)
    },
  )

  it('misses nothing that is appended while it looks where a rewritten transcript goes on', async () => {
    const store = makeStore()
    const { id, dir } = makeTalk(store)
    const path = `${dir}/transcript.jsonl`
    const abort = new AbortController()
    const following = follow(store, id, { forever: true, signal: abort.signal })
    await reach(following.seen, 8)
    const next = readFileSync(path, 'utf8').split('\n').at(-2)?.replace('"seq":7', '"seq":8')
    writeFileSync(`${path}.new`, readFileSync(path, 'utf8'))
    const { ino } = statSync(`${path}.new`)
    const read = fs.readSync.bind(fs) as (...args: unknown[]) => number
    let isTold = false
    const spy = vi.spyOn(fs, 'readSync').mockImplementation((fd, ...rest) => {
      const count = read(fd, ...rest)
      if (!isTold && fs.fstatSync(fd as number).ino === ino) {
        isTold = true
        appendFileSync(path, `${next}\n`)
      }
      return count
    })
    try {
      renameSync(`${path}.new`, path)
      await reach(following.seen, 9)
    } finally {
      spy.mockRestore()
      abort.abort()
    }
    expect(isTold).toBe(true)
    expect(await following.ended).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('ends without a complaint when the session leaves for the trash', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    const lock = tryLock(`${dir}/locks/session.lock`, {})
    const { seen, ended: all } = follow(store, id)
    await reach(seen, 2)
    renameSync(dir, `${store.dir}/gone`)
    lock?.release()
    expect(await all).toEqual([0, 1])
  })

  it('says at once that a session is unknown', async () => {
    const store = makeStore()
    const { id } = makeTalk(store)
    await deleteSession(store, id, 'a test')
    await expect(follow(store, id).ended).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' })
  })
})
