import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import {
  appendEntry,
  type Birth,
  createSession,
  listSessions,
  readSession,
  renameSession,
  type Store,
} from '../../lib/index.ts'
import { decodeEntry } from '../../lib/journal/entry.ts'
import { probeLock, tryShared } from '../../lib/os/lock-file.ts'
import { readSnapshot } from '../../lib/session/snapshot.ts'
import { checkDescription, checkName } from '../../lib/store/create.ts'
import { ensureStore } from '../../lib/store/project.ts'
import { makeStore } from '../support/place.ts'

async function create(store: Store, birth: Birth = {}): Promise<{ id: SessionId; dir: string }> {
  const { session, lock } = await createSession(store, birth)
  lock.release()
  return session
}

function modes(dir: string): Set<string> {
  const found = new Set<string>()
  const walk = (path: string) => {
    const stats = lstatSync(path)
    found.add(`${stats.isDirectory() ? 'directory' : 'file'} ${(stats.mode & 0o7777).toString(8)}`)
    if (stats.isDirectory()) for (const name of readdirSync(path)) walk(`${path}/${name}`)
  }
  walk(dir)
  return found
}

describe('createSession', () => {
  it.each([0o000, 0o077, 0o777])(
    'makes nothing that others may read under umask %o',
    async (umask) => {
      const store = makeStore()
      const before = process.umask(umask)
      try {
        const { id } = await create(store, { name: 'one' })
        await appendEntry(store, id, { type: 'message', text: 'x' })
      } finally {
        process.umask(before)
      }
      expect(modes(store.root)).toEqual(new Set(['directory 700', 'file 600']))
    },
  )

  it.each([
    ['an empty directory', (place: string) => mkdirSync(place)],
    ['a file', (place: string) => writeFileSync(place, '')],
  ])('takes no place that is taken, by %s', async (_, take) => {
    const store = makeStore()
    const { id } = await create(store)
    const place = `${store.dir}/sessions/${id}`
    rmSync(place, { recursive: true })
    take(place)
    const before = lstatSync(place).ino
    await expect(create(store, { id })).rejects.toMatchObject({ code: 'TRASH_OCCUPIED' })
    expect(lstatSync(place).ino).toBe(before)
  })

  it('makes nothing where the configuration cannot be read', async () => {
    const store = makeStore()
    const config = `${store.projectPath}/.config/stint`
    mkdirSync(config, { recursive: true })
    writeFileSync(`${config}/config.toml`, 'x = =')
    await expect(create(store)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(existsSync(store.root)).toBe(false)
  })

  it('gives a session whose lock is held, and leaves nothing in staging', async () => {
    const store = makeStore()
    const held = await createSession(store, {}, { tool: 'codex', turn: 1 })
    const { session, lock } = held
    const path = `${session.dir}/locks/session.lock`
    expect(probeLock(path)).toBe('held')
    expect(lock.isInPlace()).toBe(true)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ tool: 'codex', turn: 1 })
    expect(readdirSync(`${store.dir}/staging`)).toEqual([])
    expect(readdirSync(session.dir).sort()).toEqual(['locks', 'state.toml', 'transcript.jsonl'])
    await held[Symbol.asyncDispose]()
    expect(probeLock(path)).toBe('free')
  })

  it('gives a session whose lease goes with its lock', async () => {
    const store = makeStore()
    ensureStore(store, { shared: true })
    const held = await createSession(store, {})
    const lease = `${held.session.dir}/locks/lease`
    expect(existsSync(lease)).toBe(true)
    await held[Symbol.asyncDispose]()
    expect(existsSync(lease)).toBe(false)
  })

  it('puts everything it knows into entry 0, from which alone the state can be rebuilt', async () => {
    const store = makeStore()
    const births: Birth[] = [
      {},
      {
        name: 'one',
        description: 'with "quotes" and é',
        tool: 'codex',
        parent_session_id: '01JH4QWERT0000000000000000',
        depth: 3,
        branch: 'feat/x',
        head: 'a'.repeat(40),
        cwd: '/some/where',
      },
      { fork: { of: '01JH4QWERT0000000000000001' as SessionId, seq: 7, turn: 2 } },
    ]
    for (const birth of births) {
      const { id, dir } = await create(store, birth)
      const whole = readSnapshot(id, dir)
      rmSync(`${dir}/state.toml`)
      const rebuilt = readSnapshot(id, dir)
      expect(rebuilt.state).toEqual(whole.state)
      expect(whole.state?.description).toBe(birth.description)
      expect(whole.state?.git.cwd).toBe(birth.cwd)
      const line = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
      const entry = decodeEntry(line.slice(0, -1))
      expect(entry).toMatchObject({ seq: 0, type: 'session', turn: 0, data: { id } })
      if (birth.tool !== undefined) expect(entry?.data.tool).toBe(birth.tool)
      if (birth.fork !== undefined) {
        expect(entry?.data).toMatchObject({ fork_of: birth.fork.of, seq: 7, turn: 2 })
        expect(whole.state?.genealogy.fork_of_session_id).toBe(birth.fork.of)
      }
    }
  })

  it('mints ids that grow, also within one millisecond and when the clock goes back', async () => {
    const times = [5_000, 5_000, 4_000, 5_000, 9_000]
    let calls = 0
    const store = makeStore({ now: () => Date.UTC(2026, 0, 1) + (times[calls] ?? 10_000) })
    const ids: string[] = []
    for (; calls < times.length; calls++) ids.push((await create(store)).id)
    expect(ids).toEqual([...new Set(ids)].sort())
  })

  it('sweeps what crashed builders left, but not while somebody builds', async () => {
    const store = makeStore()
    await create(store)
    mkdirSync(`${store.dir}/staging/01JH4QWERT1234567890ABCDEF/locks`, { recursive: true })
    const building = tryShared(`${store.dir}/locks/staging.lock`)
    await create(store)
    expect(readdirSync(`${store.dir}/staging`)).toHaveLength(1)
    building?.release()
    await create(store)
    expect(readdirSync(`${store.dir}/staging`)).toEqual([])
  })

  it('lists no ephemeral session', async () => {
    const store = makeStore()
    const { id, dir } = await create(store, { ephemeral: true })
    expect(dir).toBe(`${store.dir}/ephemeral/${id}`)
    expect(listSessions(store).rows).toEqual([])
    expect(readSession(store, id).id).toBe(id)
  })

  it('writes no secret of a description or directory, and says that the directory is no place', async () => {
    const store = makeStore()
    const hidden = ['AK', 'IA', 'QWERTYUIOPASDFGH'].join('')
    const { id, dir } = await create(store, { description: `use ${hidden}`, cwd: `/x/${hidden}` })
    for (const name of ['state.toml', 'transcript.jsonl']) {
      expect(readFileSync(`${dir}/${name}`, 'utf8')).not.toContain(hidden)
    }
    expect(readSession(store, id).state?.git.cwd_redacted).toBe(true)
  })

  it.each([
    ['a name with a space', { name: 'a b' }, 'NAME_INVALID'],
    ['an empty name', { name: '' }, 'NAME_INVALID'],
    ['a long description', { description: 'x'.repeat(501) }, 'DESCRIPTION_INVALID'],
  ])('refuses %s before anything is made', async (_, birth, code) => {
    const store = makeStore()
    await expect(createSession(store, birth)).rejects.toMatchObject({ code, status: 2 })
    expect(statSync(store.dir, { throwIfNoEntry: false })).toBeUndefined()
  })
})

describe('checkName', () => {
  it.each([
    'a',
    'A-b_c.9',
    '.hidden',
    '_',
    'x'.repeat(64),
    '01JH4',
    '8'.repeat(26),
    'u'.repeat(26),
  ])('takes %s', (name) => {
    expect(() => checkName(name)).not.toThrow()
  })

  it.each([
    '',
    '.',
    '..',
    '-a',
    '@a',
    'a/b',
    'ä',
    'a\n',
    'x'.repeat(65),
    '0'.repeat(26),
    '01jh4qwert1234567890abcdef',
    'o1JH4QWERTI234567890ABCDEL',
  ])('refuses %j', (name) => {
    expect(() => checkName(name)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }))
  })
})

describe('checkDescription', () => {
  it('takes one line of up to 500 characters of any kind', () => {
    expect(() => checkDescription('😀'.repeat(500))).not.toThrow()
    expect(() => checkDescription('')).not.toThrow()
    for (const text of ['😀'.repeat(501), 'a\nb', 'a\u001b[1m', '\u2028', '\u0085']) {
      expect(() => checkDescription(text)).toThrow(
        expect.objectContaining({ code: 'DESCRIPTION_INVALID' }),
      )
    }
  })

  it('takes nothing that the session could not be read with again', async () => {
    const store = makeStore()
    const { id, dir } = await create(store)
    const text = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(text, async (units) => {
        const description = String.fromCharCode(...units)
        const refused = await renameSession(store, id, { description }).then(
          () => false,
          () => true,
        )
        const { state, warnings } = readSnapshot(id, dir)
        expect(warnings).toEqual([])
        if (!refused) {
          writeFileSync(`${dir}/copy.toml`, readFileSync(`${dir}/state.toml`))
          rmSync(`${dir}/state.toml`)
          expect(readSnapshot(id, dir).state).toEqual(state)
          writeFileSync(`${dir}/state.toml`, readFileSync(`${dir}/copy.toml`))
        }
      }),
      { numRuns: 40 },
    )
  })
})
