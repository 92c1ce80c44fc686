import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import {
  appendEntry,
  deleteSession,
  type ListFilter,
  listSessions,
  readSession,
  type Store,
} from '../../lib/index.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { fingerprint } from '../session/fingerprint.ts'
import { makeStore } from '../support/place.ts'
import { ended, nextId, started, writeSession } from './sessions.ts'

const at = Date.UTC(2026, 0, 2)

function ids(store: Store, filter: ListFilter = {}): SessionId[] {
  return listSessions(store, filter).rows.map(({ id }) => id)
}

describe('listSessions', () => {
  it('lists nothing where there is no store, and makes none', () => {
    const store = makeStore()
    expect(listSessions(store)).toEqual({ rows: [], prefixes: new Map(), warnings: [] })
    expect(ids(store, { limit: 0 })).toEqual([])
  })

  it('shows all that is known of a session, and null for what is not', () => {
    const store = makeStore({ now: () => at + 60_000 })
    const bare = writeSession(store)
    const { id } = writeSession(store, {
      name: 'one',
      description: 'does it',
      branch: 'main',
      parent: bare.id,
      told: [
        started(1, at, 'codex'),
        ['usage', { input_tokens: 5 }, { turn: 1, at: at + 1 }],
        ended(1, at + 2),
      ],
    })
    const [row, least] = listSessions(store).rows
    expect(row).toEqual({
      id,
      name: 'one',
      description: 'does it',
      status: 'idle',
      phase: 'active',
      tool: 'codex',
      tools: ['codex'],
      turn: 1,
      outcome: 'success',
      created_at: '2026-01-01T00:00:00.000Z',
      last_accessed: new Date(at + 2).toISOString(),
      idle_for_ms: 59_998,
      parent_session_id: bare.id,
      fork_of_session_id: null,
      depth: 1,
      branch: 'main',
      cwd: '/',
      project_path: store.projectPath,
      pinned: false,
      usage: { input_tokens: 5 },
    })
    expect(least).toMatchObject({ name: null, tool: null, tools: [], turn: 0, usage: null })
  })

  it('lists the newest created first, and takes a limit', () => {
    const store = makeStore()
    const made = Array.from({ length: 5 }, () => writeSession(store).id).reverse()
    expect(ids(store)).toEqual(made)
    for (const limit of [0, 1, 4, 5, 99])
      expect(ids(store, { limit })).toEqual(made.slice(0, limit))
  })

  it('sorts by the last access or by size, before it takes the limit', async () => {
    const store = makeStore({ now: () => at })
    const a = writeSession(store, { told: [['message', {}, { at: at + 3 }]] })
    const b = writeSession(store, { told: [['message', {}, { at: at + 9 }]] })
    const c = writeSession(store, {
      told: [['message', {}, { at: at + 6, text: 'x'.repeat(9e4) }]],
    })
    const unreadable = writeSession(store)
    for (const name of ['state.toml', 'transcript.jsonl']) rmSync(`${unreadable.dir}/${name}`)
    expect(ids(store, { sort: 'accessed' })).toEqual([b.id, c.id, a.id, unreadable.id])
    expect(ids(store, { sort: 'accessed', limit: 2 })).toEqual([b.id, c.id])
    mkdirSync(`${a.dir}/output`)
    writeFileSync(`${a.dir}/output/large`, Buffer.alloc(200_000))
    expect(ids(store, { sort: 'size', limit: 2 })).toEqual([a.id, c.id])
    await deleteSession(store, b.id, 'a test')
    expect(ids(store)).toEqual([unreadable.id, c.id, a.id])
  })

  it('takes only what passes every filter', () => {
    const store = makeStore({ now: () => at })
    const codex = writeSession(store, {
      branch: 'main',
      told: [
        started(1, at, 'codex'),
        ended(1, at + 1),
        started(2, at + 2, 'acp'),
        ended(2, at + 3),
      ],
    })
    const dead = writeSession(store, { branch: 'main', told: [started(1, at + 9, 'command')] })
    const other = writeSession(store, { branch: 'dev', told: [['compacted', {}, { at: at - 9 }]] })
    const bare = writeSession(store, { parent: dead.id })
    const cases: [ListFilter, SessionId[]][] = [
      [{ tools: ['codex'] }, [codex.id]],
      [{ tools: ['acp', 'command'] }, [dead.id, codex.id]],
      [{ tools: [] }, []],
      [{ branch: 'main' }, [dead.id, codex.id]],
      [{ branch: 'main', limit: 1 }, [dead.id]],
      [{ branch: 'mai' }, []],
      [{ statuses: ['crashed'] }, [dead.id]],
      [{ statuses: ['available', 'idle'] }, [bare.id, other.id, codex.id]],
      [{ since: at + 3 }, [dead.id, codex.id]],
      [{ since: at + 4 }, [dead.id]],
      [{ since: at - 9, branch: 'dev' }, [other.id]],
      [{ hasParent: true }, [bare.id]],
      [{ hasParent: false }, [other.id, dead.id, codex.id]],
      [{ branch: 'main', tools: ['codex'], statuses: ['crashed'] }, []],
    ]
    for (const [filter, expected] of cases) {
      expect(ids(store, filter), JSON.stringify(filter)).toEqual(expected)
    }
  })

  it('gives the shortest start of each id that no other session has, never under four', () => {
    const store = makeStore()
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    const tail = fc.array(fc.nat({ max: 31 }), { minLength: 2, maxLength: 6 })
    const set = fc.uniqueArray(
      tail.map((digits) => {
        const text = digits.map((digit) => alphabet[digit]).join('')
        return `01${text}${'0'.repeat(24 - text.length)}`
      }),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(set, fc.option(fc.nat({ max: 9 }), { nil: undefined }), (all, limit) => {
        rmSync(`${store.dir}/sessions`, { recursive: true, force: true })
        for (const id of all) mkdirSync(`${store.dir}/sessions/${id}`, { recursive: true })
        const { prefixes, rows } = listSessions(store, limit === undefined ? {} : { limit })
        for (const { id } of rows) {
          const length = prefixes.get(id) ?? 0
          const sharing = (size: number) => all.filter((one) => one.startsWith(id.slice(0, size)))
          expect(sharing(length)).toEqual([id])
          if (length > 4) expect(sharing(length - 1).length).toBeGreaterThan(1)
          expect(length).toBeGreaterThanOrEqual(4)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('lists what cannot be read as that, and touches none of it', () => {
    const store = makeStore()
    const good = writeSession(store, { name: 'good' })
    const [gone, empty, link, file] = [nextId(), nextId(), nextId(), nextId()]
    const sessions = `${store.dir}/sessions`
    mkdirSync(`${sessions}/${gone}`)
    const { dir } = writeSession(store, { id: empty })
    rmSync(`${dir}/state.toml`)
    truncateSync(`${dir}/transcript.jsonl`, 0)
    symlinkSync(good.dir, `${sessions}/${link}`)
    writeFileSync(`${sessions}/${file}`, '')
    mkdirSync(`${sessions}/${good.id}.bak`)
    const before = fingerprint(store.root)
    const { rows } = listSessions(store)
    expect(rows.map(({ id, status }) => [id, status])).toEqual([
      [file, 'unreadable'],
      [link, 'unreadable'],
      [empty, 'unreadable'],
      [gone, 'unreadable'],
      [good.id, 'idle'],
    ])
    expect(ids(store, { statuses: ['unreadable'] })).toEqual([file, link, empty, gone])
    for (const id of [link, file]) {
      expect(readSession(store, id)).toMatchObject({ status: 'unreadable', state: null })
    }
    expect(fingerprint(store.root)).toEqual(before)
  })

  it('lists all sessions though the locks of one cannot be looked at', () => {
    const store = makeStore()
    const good = writeSession(store)
    const odd = writeSession(store, { told: [started(1, at)] })
    symlinkSync('/nowhere', `${odd.dir}/locks/session.lock`)
    expect(ids(store)).toEqual([odd.id, good.id])
  })

  it('changes no session that is reached through a link', async () => {
    const store = makeStore()
    const good = writeSession(store)
    const link = nextId()
    symlinkSync(good.dir, `${store.dir}/sessions/${link}`)
    const before = fingerprint(good.dir)
    await expect(appendEntry(store, link, { type: 'message' })).rejects.toMatchObject({
      code: 'SESSION_UNREADABLE',
    })
    await expect(deleteSession(store, link, 'a test')).rejects.toMatchObject({
      code: 'SESSION_UNREADABLE',
    })
    expect(fingerprint(good.dir)).toEqual(before)
  })

  it('sees running turns by their lock, and crashed ones by its absence', () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    const lock = tryLock(`${dir}/locks/session.lock`, {})
    expect(listSessions(store).rows[0]?.status).toBe('running')
    lock?.release()
    expect(listSessions(store).rows[0]?.status).toBe('crashed')
    const tool = tryLock(`${dir}/locks/command.lock`, {})
    expect(listSessions(store).rows[0]?.status).toBe('orphaned')
    expect(readSession(store, id).status).toBe('orphaned')
    tool?.release()
  })
})
