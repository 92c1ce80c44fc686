import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import {
  deleteSession,
  emptyTrash,
  listSessions,
  listTrash,
  readSession,
  restoreSession,
} from '../../lib/index.ts'
import { session as files } from '../../lib/layout.ts'
import { probeLock, tryLock } from '../../lib/os/lock-file.ts'
import { ensureStore } from '../../lib/store/project.ts'
import { contents, fingerprint } from '../session/fingerprint.ts'
import { makeStore } from '../support/place.ts'
import { ended, nextId, started, writeSession } from './sessions.ts'

const at = Date.UTC(2026, 0, 2)

describe('deleteSession and restoreSession', () => {
  it('move a session out of sight and back, and say so in its journal', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, {
      name: 'one',
      told: [started(1, at), ended(1, at + 1)],
    })
    mkdirSync(`${dir}/output`)
    writeFileSync(`${dir}/output/kept`, 'x')
    const { last_accessed } = readSession(store, id)
    await deleteSession(store, id, 'a test')
    expect(listSessions(store).rows).toEqual([])
    expect(listTrash(store)).toMatchObject([{ id, name: 'one', last_accessed }])
    await restoreSession(store, id)
    expect(readdirSync(`${store.dir}/trash`)).toEqual([])
    const back = readSession(store, id)
    expect(back).toMatchObject({ name: 'one', status: 'idle' })
    // Whoever wants it back uses it: by its age it would be the next to go again.
    expect(Date.parse(back.last_accessed ?? '')).toBeGreaterThan(Date.parse(last_accessed ?? ''))
    expect(readFileSync(`${dir}/output/kept`, 'utf8')).toBe('x')
    const entries = readFileSync(`${dir}/transcript.jsonl`, 'utf8').split('\n').slice(-3, -1)
    expect(entries.map((line) => JSON.parse(line).data)).toEqual([
      { event: 'trashed', why: 'a test', upkeep: true },
      { event: 'restored' },
    ])
  })

  it('leave no lease behind in a shared store, for which another machine would wait', async () => {
    const store = makeStore()
    ensureStore(store, { shared: true })
    const { id, dir } = writeSession(store)
    await deleteSession(store, id, 'a test')
    expect(existsSync(files.lease(`${store.dir}/trash/${id}`))).toBe(false)
    await restoreSession(store, id)
    expect(existsSync(files.lease(dir))).toBe(false)
  })

  it('say when a session is in neither place', async () => {
    const store = makeStore()
    const { id } = writeSession(store)
    await expect(deleteSession(store, nextId(), 'x')).rejects.toMatchObject({
      code: 'SESSION_UNKNOWN',
    })
    await expect(restoreSession(store, id)).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it('record a crashed turn before they move it', async () => {
    const store = makeStore()
    const { id } = writeSession(store, { told: [started(1, at)] })
    await deleteSession(store, id, 'a test')
    expect(listTrash(store)).toMatchObject([{ id, outcome: 'crashed' }])
  })

  const obstacles: [string, (target: string) => void][] = [
    ['an empty directory', (target) => mkdirSync(target)],
    ['a directory', (target) => mkdirSync(`${target}/x`, { recursive: true })],
    ['a file', (target) => writeFileSync(target, '')],
    ['a link that leads nowhere', (target) => symlinkSync('nowhere', target)],
  ]
  it.each(obstacles)('land on nothing that is there already: %s', async (_, obstruct) => {
    const store = makeStore()
    const { id, dir } = writeSession(store)
    obstruct(`${store.dir}/trash/${id}`)
    const before = contents(`${store.dir}/sessions`).filter((item) => !item.includes('/locks'))
    await expect(deleteSession(store, id, 'x')).rejects.toMatchObject({ code: 'TRASH_OCCUPIED' })
    const after = contents(`${store.dir}/sessions`).filter((item) => !item.includes('/locks'))
    expect(after).toEqual(before)
    expect(existsSync(dir)).toBe(true)
  })

  it.each(obstacles)('restore over nothing that is there already: %s', async (_, obstruct) => {
    const store = makeStore()
    const { id } = writeSession(store, { place: 'trash' })
    obstruct(`${store.dir}/sessions/${id}`)
    const before = contents(`${store.dir}/sessions`)
    await expect(restoreSession(store, id)).rejects.toMatchObject({ code: 'TRASH_OCCUPIED' })
    expect(contents(`${store.dir}/sessions`)).toEqual(before)
    expect(existsSync(`${store.dir}/trash/${id}/state.toml`)).toBe(true)
  })

  it('look at the place once more at the end, with the journal held', async () => {
    const store = makeStore()
    const [one, other] = [writeSession(store), writeSession(store)]
    const target = `${store.dir}/trash/${one.id}`
    const seen: string[] = []
    const rename = fs.renameSync.bind(fs)
    const spy = vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      // What is said in the journal comes before the move.
      if (String(to) === `${one.dir}/state.toml`) mkdirSync(target)
      if (String(from) === other.dir) seen.push(probeLock(`${other.dir}/locks/journal.lock`))
      rename(from, to)
    })
    try {
      await expect(deleteSession(store, one.id, 'x')).rejects.toMatchObject({
        code: 'TRASH_OCCUPIED',
      })
      await deleteSession(store, other.id, 'x')
    } finally {
      spy.mockRestore()
    }
    expect(readdirSync(target)).toEqual([])
    expect(existsSync(`${one.dir}/state.toml`)).toBe(true)
    expect(seen).toEqual(['held'])
  })

  it('refuse a session whose lock is held, and name the holder', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    const lock = tryLock(`${dir}/locks/session.lock`, { tool: 'command', turn: 1 })
    await expect(deleteSession(store, id, 'x')).rejects.toMatchObject({
      code: 'SESSION_LOCKED',
      data: { holder: { pid: process.pid, tool: 'command', turn: 1 } },
    })
    lock?.release()
    expect(existsSync(dir)).toBe(true)
  })

  it('refuse a session of which a process still lives', async () => {
    const store = makeStore()
    const orphan = writeSession(store, { told: [started(1, at)] })
    const leak = writeSession(store, { told: [started(1, at), ended(1, at)] })
    const locks = [orphan, leak].map(({ dir }) => tryLock(`${dir}/locks/command.lock`, {}))
    const before = contents(leak.dir).filter((item) => !item.startsWith('/locks'))
    await expect(deleteSession(store, orphan.id, 'x')).rejects.toMatchObject({
      code: 'SESSION_ORPHANED',
    })
    await expect(deleteSession(store, leak.id, 'x')).rejects.toMatchObject({
      code: 'SESSION_LEAKED',
      status: 5,
    })
    const after = contents(leak.dir).filter((item) => !/^\/(locks|output)/.test(item))
    expect(after).toEqual(before)
    for (const lock of locks) lock?.release()
    await deleteSession(store, leak.id, 'x')
    expect(listTrash(store)).toHaveLength(1)
  })

  it('refuse a session whose process belongs to another machine or container', async () => {
    const store = makeStore()
    for (const where of [{ host: 'elsewhere', boot_id: 'other' }, { pid_ns: 'pid:[1]' }]) {
      const [type, data, options] = started(1, at)
      const process = { ...(data as { process: object }).process, ...where }
      const { id, dir } = writeSession(store, { told: [[type, { ...data, process }, options]] })
      await expect(deleteSession(store, id, 'x')).rejects.toMatchObject({
        code: 'LIVENESS_UNKNOWN',
        status: 9,
      })
      expect(existsSync(dir)).toBe(true)
    }
  })
})

describe('listTrash', () => {
  it('gives the newest created first, and says which cannot be read', () => {
    const store = makeStore()
    const [older, newer] = [0, 1].map(() => writeSession(store, { place: 'trash' }))
    writeFileSync(`${older?.dir}/state.toml`, '')
    writeFileSync(`${older?.dir}/transcript.jsonl`, '')
    expect(listTrash(store).map(({ id, status }) => [id, status])).toEqual([
      [newer?.id, 'idle'],
      [older?.id, 'unreadable'],
    ])
  })

  it('says of each since when it is there as gc counts it', async () => {
    const store = makeStore()
    const { id } = writeSession(store)
    const ahead = Date.now() + 60_000
    await deleteSession({ ...store, now: () => ahead }, id, 'by hand')
    expect(listTrash(store)[0]?.trashed_at).toBe(new Date(ahead).toISOString())
  })
})

describe('emptyTrash', () => {
  it('removes what is in the trash for good, and what an interrupted emptying left', async () => {
    const store = makeStore()
    const kept = writeSession(store)
    const gone = writeSession(store, { place: 'trash' })
    mkdirSync(`${store.dir}/trash/.gone-${nextId()}/locks`, { recursive: true })
    mkdirSync(`${store.dir}/trash/notes`)
    const removed: string[] = []
    const faster = await emptyTrash(store, { ids: [nextId()] })
    expect(faster).toEqual({ removed: [], kept: [] })
    const report = await emptyTrash(store, { onRemoved: (id) => removed.push(id) })
    expect(report).toEqual({ removed: [gone.id], kept: [] })
    expect(removed).toEqual([gone.id])
    expect(readdirSync(`${store.dir}/trash`)).toEqual(['notes'])
    expect(readSession(store, kept.id).status).toBe('idle')
    expect(await emptyTrash(store)).toEqual({ removed: [], kept: [] })
  })

  it('has the name that an interrupted emptying gave on the disk before it removes what has it', async () => {
    const store = makeStore()
    const trash = `${store.dir}/trash`
    const half = `${trash}/.gone-${nextId()}/transcript.jsonl`
    mkdirSync(half.slice(0, half.lastIndexOf('/')), { recursive: true })
    writeFileSync(half, 'x')
    const wasThere: boolean[] = []
    const spy = vi.spyOn(fs, 'fsyncSync').mockImplementation((fd) => {
      if (fs.fstatSync(fd).ino === statSync(trash).ino) wasThere.push(existsSync(half))
    })
    try {
      await emptyTrash(store)
    } finally {
      spy.mockRestore()
    }
    expect(existsSync(half)).toBe(false)
    expect(wasThere).toEqual([true])
  })

  it('makes nothing where there is no trash', async () => {
    const store = makeStore()
    expect(await emptyTrash(store)).toEqual({ removed: [], kept: [] })
    expect(existsSync(store.root)).toBe(false)
  })

  it('leaves a session one of whose locks is held, and says which', async () => {
    const store = makeStore()
    const made = ['session', 'command', 'journal'].map((name) => {
      const { id, dir } = writeSession(store, { place: 'trash' })
      for (const other of ['session', 'command']) writeFileSync(`${dir}/locks/${other}.lock`, '')
      return { id, name, dir, lock: tryLock(`${dir}/locks/${name}.lock`, {}) }
    })
    const before = made.map(({ dir }) => fingerprint(dir))
    const { removed, kept } = await emptyTrash(store)
    expect(removed).toEqual([])
    expect(kept).toEqual(made.map(({ id, name }) => ({ id, why: `its ${name}.lock is held` })))
    expect(made.map(({ dir }) => fingerprint(dir))).toEqual(before)
    for (const { lock } of made) lock?.release()
    expect((await emptyTrash(store)).removed).toHaveLength(3)
  })

  it('removes a link or a file in place of a session, and nothing behind it', async () => {
    const store = makeStore()
    const kept = writeSession(store)
    symlinkSync(kept.dir, `${store.dir}/trash/${nextId()}`)
    writeFileSync(`${store.dir}/trash/${nextId()}`, 'a file')
    expect((await emptyTrash(store)).kept).toEqual([])
    expect(readdirSync(`${store.dir}/trash`)).toEqual([])
    expect(existsSync(`${kept.dir}/transcript.jsonl`)).toBe(true)
  })

  it('gives way to another clean-up', async () => {
    const store = makeStore()
    writeSession(store, { place: 'trash' })
    const lock = tryLock(`${store.dir}/locks/maintenance.lock`, {})
    await expect(emptyTrash(store)).rejects.toMatchObject({
      code: 'STORE_BUSY',
      data: { holder: { pid: process.pid } },
    })
    expect(listTrash(store)).toHaveLength(1)
    lock?.release()
    expect((await emptyTrash(store)).removed).toHaveLength(1)
  })

  it('stops between two sessions when it is told to', async () => {
    const store = makeStore()
    for (let i = 0; i < 3; i++) writeSession(store, { place: 'trash' })
    const abort = new AbortController()
    const { removed } = await emptyTrash(store, {
      signal: abort.signal,
      onRemoved: () => abort.abort(),
    })
    expect(removed).toHaveLength(1)
    expect(listTrash(store)).toHaveLength(2)
  })
})
