import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  appendEntry,
  createSession,
  deleteSession,
  holdSession,
  openStore,
  pinSession,
  readSession,
  readTranscript,
  renameSession,
  resolveRef,
  restoreSession,
  type Store,
} from '../../lib/index.ts'
import { makeStore } from '../support/place.ts'

/** What a program without types may give in place of a text. */
const wrong: unknown[] = [undefined, null, 5, Number.NaN, {}, ['x'], Symbol('x'), '', '..', '../..']

async function create(store: Store) {
  const { session, lock } = await createSession(store, {})
  session[Symbol.dispose]()
  lock.release()
  return session.id
}

const tree = ({ dir }: Store) =>
  existsSync(dir) ? readdirSync(dir, { recursive: true }).map(String).sort() : []

describe('an id that is none', () => {
  it.each(wrong)('is refused before anything is made or changed: %s', async (value) => {
    const store = makeStore()
    await create(store)
    const before = tree(store)
    const id = value as never
    const refused = { code: 'REF_MALFORMED', message: expect.any(String) }
    await expect(deleteSession(store, id, 'why')).rejects.toMatchObject(refused)
    await expect(restoreSession(store, id)).rejects.toMatchObject(refused)
    await expect(holdSession(store, id)).rejects.toMatchObject(refused)
    await expect(pinSession(store, id, true)).rejects.toMatchObject(refused)
    await expect(appendEntry(store, id, { type: 'note' })).rejects.toMatchObject(refused)
    expect(() => readSession(store, id)).toThrow(expect.objectContaining(refused))
    expect(() => [...readTranscript(store, id)]).toThrow(expect.objectContaining(refused))
    if (value !== undefined) {
      await expect(createSession(store, { id })).rejects.toMatchObject(refused)
      await expect(createSession(store, { parent_session_id: id })).rejects.toMatchObject(refused)
      const fork = { of: id, seq: 0, turn: 0 }
      await expect(createSession(store, { fork })).rejects.toMatchObject(refused)
    }
    if (typeof value !== 'string') {
      expect(() => resolveRef(store, id)).toThrow(expect.objectContaining(refused))
    }
    expect(tree(store)).toEqual(before)
  })
})

describe('a name or description that is no text', () => {
  it.each([null, 5, {}, ['x'], Symbol('x')])('is refused: %s', async (value) => {
    const store = makeStore()
    const text = value as never
    for (const act of [
      async (to: object) => renameSession(store, await create(store), to),
      (birth: object) => createSession(store, birth),
    ]) {
      await expect(act({ name: text })).rejects.toMatchObject({ code: 'NAME_INVALID' })
      await expect(act({ description: text })).rejects.toMatchObject({
        code: 'DESCRIPTION_INVALID',
      })
    }
  })
})

describe('appendEntry', () => {
  const circle: Record<string, unknown> = {}
  circle.circle = circle
  it.each([
    [{ type: '' }],
    [{ type: 5 }],
    [{ type: 'x'.repeat(65) }],
    [{ type: 'two words' }],
    [{ type: 'note', text: 5 }],
    [{ type: 'note', text: {} }],
    [{ type: 'note', data: [1] }],
    [{ type: 'note', data: 'text' }],
    [{ type: 'note', data: { big: 1n } }],
    [{ type: 'note', data: circle }],
    [{ type: 'session', data: { set: { name: '-x' } } }],
    [{ type: 'session', data: { set: { name: null } } }],
    [{ type: 'session', data: { set: { description: 'two\nlines' } } }],
    [{ type: 'session', data: { set: { phase: 'asleep' } } }],
    [{ type: 'session', data: { set: { pinned: 'yes' } } }],
    [{ type: 'session', data: { set: { project_path: 'x' } } }],
    [{ type: 'session', data: { set: { cwd: '../x' } } }],
    [{ type: 'session', data: { event: 'kill_requested', turn: 1 } }],
    [{ type: 'turn_started', data: { tool: 'codex' } }],
    [{ type: 'turn_ended', data: { outcome: 'success' } }],
    [{ type: 'usage', data: { output_tokens: 1, cost_usd: -0.5 } }],
    [
      {
        type: 'note',
        data: {
          get broken() {
            throw new Error('no')
          },
        },
      },
    ],
  ])(
    'keeps nothing of what would be read back as something else, or is not theirs to say',
    async (entry) => {
      const store = makeStore()
      const id = await create(store)
      await expect(appendEntry(store, id, entry as never)).rejects.toMatchObject({
        code: 'ENTRY_INVALID',
      })
      expect([...readTranscript(store, id)]).toHaveLength(1)
    },
  )
})

describe('an entry of a caller that says what a session is', () => {
  it('is taken where a command could have said it', async () => {
    const store = makeStore()
    const id = await create(store)
    const set = { name: 'auth', description: 'one line', phase: 'available', pinned: true }
    await appendEntry(store, id, { type: 'session', text: null, data: { set } })
    expect(readSession(store, id)).toMatchObject(set)
  })
})

describe('createSession', () => {
  it('refuses what no reader could take with a code', async () => {
    const store = makeStore()
    for (const depth of ['deep', 1.5, -1]) {
      const birth = { depth } as never
      await expect(createSession(store, birth)).rejects.toMatchObject({ code: 'ENTRY_INVALID' })
    }
  })
})

describe('openStore', () => {
  const options = { env: {}, home: '/nowhere', cwd: '/' }
  it.each([
    [undefined],
    [{}],
    [{ ...options, env: undefined }],
    [{ ...options, home: undefined }],
    [{ ...options, home: '' }],
    [{ ...options, cwd: 5 }],
    [{ ...options, cwd: '' }],
    [{ ...options, project: 5 }],
    [{ ...options, store: '' }],
    [{ ...options, now: 5 }],
  ])('refuses %j', (given) => {
    expect(() => openStore(given as never)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('refuses a path with a NUL as every path that cannot be', () => {
    expect(() => openStore({ ...options, cwd: 'a\0' })).toThrow(
      expect.objectContaining({ code: 'IO_FAILED' }),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 1e15, undefined])(
    'records nothing at %s, and the next session is made as ever',
    async (time) => {
      const store = makeStore()
      const id = await create(store)
      const { env, projectPath: cwd } = store
      const wrongly = openStore({ env, home: '/', cwd, now: () => time as number })
      await expect(createSession(wrongly, {})).rejects.toMatchObject({ code: 'USAGE' })
      await expect(appendEntry(wrongly, id, { type: 'note' })).rejects.toMatchObject({
        code: 'USAGE',
      })
      expect(await create(store)).toMatch(/^0/)
    },
  )
})
