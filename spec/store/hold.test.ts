import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Failure, isFailure } from '../../lib/errors.ts'
import type { SessionId, Store } from '../../lib/index.ts'
import { probeLock, tryLock } from '../../lib/os/lock-file.ts'
import { holdSession, holdTools } from '../../lib/store/hold.ts'
import { makeStore } from '../support/place.ts'
import { nextId, type Story, started, writeSession } from './sessions.ts'

afterEach(() => vi.useRealTimers())

/** A session of a store that other machines write, too. */
function makeShared(story: Story = {}) {
  const store = makeStore()
  const session = writeSession(store, story)
  const file = `${store.dir}/project.toml`
  writeFileSync(file, readFileSync(file, 'utf8').replace('shared = false', 'shared = true'))
  return { store, ...session, lease: `${session.dir}/locks/lease` }
}

/** Another machine has the lease for a turn. */
function leaseElsewhere(lease: string): void {
  mkdirSync(lease)
  const owner = { pid: 1, start_time: '1', boot_id: 'b', pid_ns: 'n', host: 'far', machine_id: 'm' }
  writeFileSync(`${lease}/owner.far`, JSON.stringify({ ...owner, name: 'owner.far', brief: false }))
}

/** What comes of holding a session, with the time at which it does, in ms. */
function watch(store: Store, id: never, options: Parameters<typeof holdSession>[2]) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  vi.advanceTimersByTime(5_000)
  const seen: { failure?: unknown } = {}
  const done = holdSession(store, id, options).catch((failure) => {
    seen.failure = failure
  })
  return { seen, done }
}

describe('holdSession', () => {
  it.each([
    [1_000, 1_000],
    // A probe may be in the way for so long.
    [0, 200],
  ])('that may wait %i ms gives up after %i', async (wait, after) => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    using _lock = tryLock(`${dir}/locks/session.lock`, {})
    const { seen, done } = watch(store, id as never, { wait })
    await vi.advanceTimersByTimeAsync(after - 1)
    expect(seen.failure).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(isFailure(seen.failure, 'WAIT_EXPIRED') && seen.failure.data.waited_ms).toBe(after)
    await done
  })

  it.each([
    ['a turn runs', [started(1, 0)], 200],
    ['nothing runs, so that who has it will be brief', [], 1_200],
  ])('where %s is refused in the end', async (_, told, after) => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told })
    using _lock = tryLock(`${dir}/locks/session.lock`, { tool: 'codex' })
    const { seen, done } = watch(store, id as never, {})
    await vi.advanceTimersByTimeAsync(after - 1)
    expect(seen.failure).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    await done
    expect(seen.failure).toMatchObject({
      ...{ code: 'SESSION_LOCKED', data: { id, holder: { pid: process.pid, tool: 'codex' } } },
    })
  })

  it('stops waiting when it is told to', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    using _lock = tryLock(`${dir}/locks/session.lock`, {})
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(holdSession(store, id, { wait: 60_000, signal })).rejects.toThrow('enough')
  })

  it('takes no lock of what a link in place of the session leads to', async () => {
    const store = makeStore()
    const { dir } = writeSession(store)
    rmSync(`${dir}/locks`, { recursive: true })
    mkdirSync(`${dir}/locks`)
    const id = nextId()
    symlinkSync(dir, `${store.dir}/sessions/${id}`)
    await expect(holdSession(store, id)).rejects.toMatchObject({ code: 'SESSION_UNREADABLE' })
    expect(readdirSync(`${dir}/locks`)).toEqual([])
  })

  it('gives the lock back when the settings cannot be read', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    mkdirSync(dirname(store.configFile), { recursive: true })
    writeFileSync(store.configFile, 'no toml')
    await expect(holdSession(store, id)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(probeLock(`${dir}/locks/session.lock`)).toBe('free')
    rmSync(store.configFile)
    await using held = await holdSession(store, id)
    expect(held.session.id).toBe(id)
  })

  it('says in the lock who has it', async () => {
    const store = makeStore()
    const { id } = writeSession(store)
    await using held = await holdSession(store, id)
    expect(JSON.parse(readFileSync(held.lock.path, 'utf8'))).toMatchObject({ pid: process.pid })
  })

  it.skipIf(process.platform !== 'linux')('leaves nothing of the session open', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    const open = () =>
      readdirSync('/proc/self/fd')
        .map((fd) => `/proc/self/fd/${fd}`)
        .filter((fd) => existsSync(fd) && readlinkSync(fd).startsWith(dir))
    {
      await using held = await holdSession(store, id)
      await held.session.refresh()
      expect(open()).not.toEqual([])
    }
    expect(open()).toEqual([])
  })

  it('calls only an ephemeral session ephemeral where neither is listed', async () => {
    const store = makeStore()
    const { id } = writeSession(store, { place: 'ephemeral' })
    const refused = (of: SessionId) =>
      holdSession(store, of).catch((failure: Failure<'SESSION_UNKNOWN'>) => failure.data)
    expect(await refused(id)).toMatchObject({ ref: id, ephemeral: true })
    expect(await refused(nextId())).not.toHaveProperty('ephemeral')
  })

  it('has the lease for as long where the store is shared', async () => {
    const { store, id, lease } = makeShared()
    {
      await using _held = await holdSession(store, id)
      expect(readdirSync(lease)).toHaveLength(1)
    }
    expect(existsSync(lease)).toBe(false)
  })

  it('leaves the lease behind while a turn is open, which this machine alone can judge', async () => {
    const { store, id, lease } = makeShared({ told: [started(1, Date.UTC(2026, 0, 2))] })
    {
      await using held = await holdSession(store, id)
      await held.session.refresh()
    }
    expect(readdirSync(lease)).toHaveLength(1)
  })

  it('changes nothing once another machine has taken the lease over', async () => {
    const { store, id, dir, lease } = makeShared()
    const before = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
    await using held = await holdSession(store, id)
    rmSync(lease, { recursive: true })
    leaseElsewhere(lease)
    const entry = { type: 'note', turn: 0, text: 'late', data: {}, at: 0 }
    await expect(held.session.append(entry)).rejects.toMatchObject({ code: 'LEASE_LOST' })
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).toBe(before)
  })

  it('keeps no lock of a session whose lease another machine has', async () => {
    const { store, id, dir, lease } = makeShared()
    leaseElsewhere(lease)
    await expect(holdSession(store, id)).rejects.toMatchObject({
      ...{ code: 'LEASE_HELD', data: { id, host: 'far' } },
    })
    expect(probeLock(`${dir}/locks/session.lock`)).toBe('free')
    expect(readFileSync(`${dir}/locks/session.lock`, 'utf8')).toBe('')
  })

  it('waits for another machine without the lock, and no longer than it may', async () => {
    const { store, id, dir, lease } = makeShared()
    leaseElsewhere(lease)
    const { seen, done } = watch(store, id as never, { wait: 1_200 })
    await vi.advanceTimersByTimeAsync(1_199)
    expect(seen.failure).toBeUndefined()
    expect(probeLock(`${dir}/locks/session.lock`)).toBe('free')
    await vi.advanceTimersByTimeAsync(1)
    await done
    expect(isFailure(seen.failure, 'WAIT_EXPIRED') && seen.failure.data.waited_ms).toBe(1_200)
  })

  it('gets it from another machine that gives it up, and not once it is told to stop', async () => {
    const { store, id, lease } = makeShared()
    leaseElsewhere(lease)
    const aborter = new AbortController()
    const stopped = watch(store, id as never, { wait: 10_000, signal: aborter.signal })
    await vi.advanceTimersByTimeAsync(100)
    aborter.abort(new Error('enough'))
    await stopped.done
    expect(stopped.seen.failure).toMatchObject({ message: 'enough' })
    const later = holdSession(store, id, { wait: 10_000 })
    await vi.advanceTimersByTimeAsync(100)
    rmSync(lease, { recursive: true })
    await vi.advanceTimersByTimeAsync(400)
    await using _held = await later
    expect(readdirSync(lease)).toHaveLength(1)
  })
})

describe('holdTools', () => {
  it('takes the locks of all tools, or keeps none', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    const paths = ['a', 'b', 'c'].map((tool) => `${dir}/locks/${tool}.lock`)
    for (const path of paths) writeFileSync(path, '')
    await using held = await holdSession(store, id)
    const locks = await holdTools(held.session)
    expect(paths.map(probeLock)).toEqual(['held', 'held', 'held'])
    for (const lock of locks) lock.release()
    const stranger = tryLock(paths[1] as string, {})
    await expect(holdTools(held.session)).rejects.toMatchObject({
      ...{ code: 'SESSION_LEAKED', data: { id, tool: 'b' } },
    })
    stranger?.release()
    expect(paths.map(probeLock)).toEqual(['free', 'free', 'free'])
  })
})
