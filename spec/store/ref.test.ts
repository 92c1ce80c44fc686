import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import {
  appendEntry,
  createSession,
  exportSessions,
  Failure,
  importArchive,
  moveProject,
  openStore,
  renameSession,
  resolveRef,
  type Store,
} from '../../lib/index.ts'
import { findCaller } from '../../lib/store/search.ts'
import { makeDir, makeStore } from '../support/place.ts'
import { ended, nextId, started, writeSession } from './sessions.ts'

const a = '01JH4QWERT1234567890ABCDEF' as SessionId
const b = '01JH4QWERT1234567890ABZZZZ' as SessionId
const c = '01JH5000000000000000001110' as SessionId

function makeThree(): Store {
  const store = makeStore()
  writeSession(store, { id: a, name: 'alpha' })
  writeSession(store, { id: b, name: 'beta', description: 'the second' })
  writeSession(store, { id: c })
  return store
}

function refused(store: Store, ref: string, options: object = {}): Failure {
  try {
    resolveRef(store, ref, options)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error(`${ref} was resolved`)
}

/** Two projects under one root, and a third that has no store. */
function makeProjects(env: Record<string, string> = {}) {
  const dir = makeDir()
  for (const name of ['one', 'two', 'three']) mkdirSync(`${dir}/${name}`)
  const open = (name: string, more: Record<string, string> = {}) =>
    openStore({
      env: { STINT_HOME: `${dir}/home`, ...env, ...more },
      home: dir,
      cwd: `${dir}/${name}`,
    })
  return { dir, open, one: open('one'), two: open('two'), three: open('three') }
}

describe('resolveRef', () => {
  it.each([
    ['a whole id', a],
    ['a whole id in lower case', a.toLowerCase()],
    ['a prefix', a.slice(0, 23)],
    ['a suffix', 'CDEF'],
    ['a suffix in lower case', 'abcdef'],
    ['a name', 'alpha'],
    ['a name in other letters', 'ALPHA'],
  ])('knows a session by %s', (_, ref) => {
    expect(resolveRef(makeThree(), ref).id).toBe(a)
  })

  it.each([
    '01JH5',
    'oljhS'.replace('S', '5'),
    '1110',
    'llio',
    'LIio',
    c.replaceAll('1', 'l'),
    c.replaceAll('0', 'o').replaceAll('1', 'i'),
  ])('reads %s as Crockford does', (ref) => {
    expect(resolveRef(makeThree(), ref).id).toBe(c)
  })

  it.each([
    '',
    '/',
    '.',
    '..',
    'a/b',
    '../x',
    `${a}/`,
    'a b',
    'ä',
    'a\n',
    '\0',
    '@',
    '@no',
    '@@last',
    'a'.repeat(65),
    'a:b',
    '*',
  ])('calls %j malformed', (ref) => {
    expect(refused(makeThree(), ref)).toMatchObject({ code: 'REF_MALFORMED', status: 2 })
  })

  it.each([
    'CDE',
    'zzzz9',
    'gamma',
    `${a.slice(0, -1)}X`,
    'a'.repeat(64),
    '-x',
    'alph',
    a.slice(1, 12),
  ])('knows no session by %s', (ref) => {
    expect(refused(makeThree(), ref)).toMatchObject({ code: 'SESSION_UNKNOWN', status: 3 })
  })

  it('knows none in a store that does not exist', () => {
    expect(refused(makeStore(), a)).toMatchObject({ code: 'SESSION_UNKNOWN' })
    expect(refused(makeStore(), '@last')).toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it('refuses a prefix of two sessions, newest first and with what tells them apart', () => {
    const failure = refused(makeThree(), '01jh4') as Failure<'REF_AMBIGUOUS'>
    expect(failure).toMatchObject({ code: 'REF_AMBIGUOUS', status: 4, data: { total: 2 } })
    expect(failure.data.candidates).toMatchObject([
      { id: b, name: 'beta', description: 'the second', status: 'idle' },
      { id: a, name: 'alpha', status: 'idle' },
    ])
    expect(failure.message).toContain('the second')
  })

  it('refuses what fits two sessions by different rules', () => {
    const store = makeThree()
    const named = writeSession(store, { name: 'cdef' })
    const failure = refused(store, 'CDEF') as Failure<'REF_AMBIGUOUS'>
    expect(failure.data.candidates.map(({ id }) => id)).toEqual([named.id, a].sort().reverse())
    const second = writeSession(store, { name: 'Alpha' })
    expect(refused(store, 'alpha')).toMatchObject({ data: { total: 2 } })
    expect(second.id).toBeDefined()
  })

  describe('refuses what is the start of an id and the name', () => {
    const start = '01JH5'
    it.each<[string, (store: Store) => Promise<unknown>]>([
      [
        'of a renamed session',
        (store) => renameSession(store, writeSession(store).id, { name: start }),
      ],
      [
        'that an entry gives',
        (store) =>
          appendEntry(store, writeSession(store).id, {
            type: 'session',
            data: { event: 'named', set: { name: start } },
          }),
      ],
      [
        'of a new session',
        async (store) => {
          await using held = await createSession(store, { name: start })
          return held
        },
      ],
      [
        'of a session of a project that was moved here',
        async (store) => {
          const from = makeStore()
          writeSession(from, { name: start })
          await moveProject(from, store)
        },
      ],
      [
        'of a session out of an archive',
        async (store) => {
          const from = makeStore()
          const { id } = writeSession(from, { name: start })
          const file = `${from.root}/a.tar.gz`
          await exportSessions([{ store: from, id }], { file, force: false })
          expect(await importArchive(store, { file, dryRun: true })).toMatchObject([
            { act: 'imported' },
          ])
          expect(existsSync(`${store.dir}/names-like-ids`)).toBe(false)
          await importArchive(store, { file })
        },
      ],
    ])('%s', async (_, name) => {
      const store = makeThree()
      await name(store)
      expect(refused(store, '01jh5')).toMatchObject({ code: 'REF_AMBIGUOUS', data: { total: 2 } })
      expect(resolveRef(store, c.slice(0, 6)).id).toBe(c)
    })
  })

  it('looks into no state for the start of an id, as long as no session was called like one', () => {
    const store = makeThree()
    // Copied in by hand, so that the store knows nothing of its name.
    const { id } = writeSession(store, { name: '01JH5' })
    expect(resolveRef(store, '01jh5').id).toBe(c)
    const other = writeSession(store, { name: '01JH6' })
    expect(resolveRef(store, '01jh6').id).toBe(other.id)
    expect(id).not.toBe(c)
  })

  it('refuses what fits two sessions, one of which was copied in by hand', () => {
    const store = makeThree()
    writeSession(store, { name: 'alpha' })
    writeSession(store, { name: 'cdef' })
    writeSession(store, { name: 'gamma' })
    expect(resolveRef(store, 'gamma').id).toBeDefined()
    for (const ref of ['alpha', 'cdef']) {
      expect(refused(store, ref)).toMatchObject({ code: 'REF_AMBIGUOUS', data: { total: 2 } })
    }
  })

  it('knows a session by the name that it has, and not by one that it had', async () => {
    const store = makeStore()
    const { id } = writeSession(store, { name: 'old' })
    await renameSession(store, id, { name: 'New' })
    expect(resolveRef(store, 'nEW').id).toBe(id)
    expect(refused(store, 'old')).toMatchObject({ code: 'SESSION_UNKNOWN' })
    await renameSession(store, id, { name: 'old' })
    expect(resolveRef(store, 'old').id).toBe(id)
  })

  it('counts a session once that fits by two rules', () => {
    const store = makeStore()
    const { id } = writeSession(store, { id: '01JH4QWERT12345678901JH401', name: '01JH4' })
    expect(resolveRef(store, '01jh4').id).toBe(id)
    expect(resolveRef(store, '01JH').id).toBe(id)
  })

  it('lists at most ten candidates and counts all', () => {
    const store = makeStore()
    const ids = Array.from({ length: 13 }, () => writeSession(store).id)
    const failure = refused(store, ids[0]?.slice(0, 12) ?? '') as Failure<'REF_AMBIGUOUS'>
    expect(failure.data.total).toBe(13)
    expect(failure.data.candidates.map(({ id }) => id)).toEqual(ids.reverse().slice(0, 10))
    expect(failure.message).toContain('and 3 more')
  })

  it('takes nothing for a session but directories of whole ids', () => {
    const store = makeThree()
    const sessions = `${store.dir}/sessions`
    for (const name of [
      a.toLowerCase(),
      `${a}.tmp`,
      `.${a}`,
      'CDEF',
      '8ZZZZZZZZZZZZZZZZZZZZZCDEF',
    ]) {
      mkdirSync(`${sessions}/${name}`)
    }
    expect(resolveRef(store, 'CDEF').id).toBe(a)
    expect(refused(store, '8ZZZ')).toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it('reaches an ephemeral session by its whole id alone', () => {
    const store = makeThree()
    const { id } = writeSession(store, { place: 'ephemeral', name: 'passing' })
    expect(resolveRef(store, id.toLowerCase()).id).toBe(id)
    expect(refused(store, 'passing')).toMatchObject({ code: 'SESSION_UNKNOWN' })
    expect(refused(store, id.slice(-8))).toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it('looks in the trash when it is told to, and only there', () => {
    const store = makeThree()
    const { id } = writeSession(store, { place: 'trash', name: 'old' })
    expect(resolveRef(store, 'old', { place: 'trash' }).id).toBe(id)
    expect(resolveRef(store, id, { place: 'trash' }).id).toBe(id)
    expect(refused(store, 'old')).toMatchObject({ code: 'SESSION_UNKNOWN' })
    expect(refused(store, 'alpha', { place: 'trash' })).toMatchObject({ code: 'SESSION_UNKNOWN' })
    expect(refused(store, '@last', { place: 'trash' })).toMatchObject({ code: 'REF_MALFORMED' })
  })

  it('knows a session whose state is broken by its id', () => {
    const store = makeThree()
    const { id, dir } = writeSession(store)
    rmSync(`${dir}/state.toml`)
    rmSync(`${dir}/transcript.jsonl`)
    expect(resolveRef(store, id.slice(-10)).id).toBe(id)
  })
})

describe('resolveRef beyond the project', () => {
  it('says in which project a session is, and takes it when all are meant', () => {
    const { dir, one, two } = makeProjects()
    const { id } = writeSession(two, { name: 'there' })
    for (const ref of [id, 'there', id.slice(-9)]) {
      expect(refused(one, ref)).toMatchObject({
        code: 'SESSION_ELSEWHERE',
        status: 3,
        data: { project_path: `${dir}/two`, id },
      })
      const resolved = resolveRef(one, ref, { allProjects: true })
      expect([resolved.id, resolved.store.dir]).toEqual([id, two.dir])
    }
  })

  it('refuses what fits sessions of two other projects', () => {
    const { one, two, three } = makeProjects()
    writeSession(two, { name: 'same' })
    writeSession(three, { name: 'same' })
    expect(refused(one, 'same', { allProjects: true })).toMatchObject({
      code: 'REF_AMBIGUOUS',
      data: { total: 2 },
    })
  })

  it('goes on when the store of another project is broken', () => {
    const { one, two, three } = makeProjects()
    writeSession(one, { name: 'here' })
    writeSession(two)
    const { id } = writeSession(three, { name: 'there' })
    writeFileSync(`${two.dir}/project.toml`, '= broken')
    expect(resolveRef(one, 'here').store.dir).toBe(one.dir)
    expect(refused(one, 'nowhere')).toMatchObject({ code: 'SESSION_UNKNOWN' })
    expect(resolveRef(one, 'there', { allProjects: true }).id).toBe(id)
  })

  it('says that it was looked for everywhere where it was', () => {
    const { one } = makeProjects()
    writeSession(one)
    expect(refused(one, 'nowhere', { allProjects: true })).toMatchObject({
      message: 'no session "nowhere" in any project',
      hint: '`stint list --all-projects` shows all sessions',
    })
  })

  it('goes on where a project of the same name has a path that cannot be', () => {
    const { dir, one, open } = makeProjects()
    writeSession(one)
    writeFileSync(`${one.dir}/project.toml`, `format = 1\nproject_path = "/${'x'.repeat(300)}"`)
    mkdirSync(`${dir}/new/one`, { recursive: true })
    expect(refused(open('new/one'), 'nothing')).toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it('hints at a project of the same name that has moved', () => {
    const { dir, one, open } = makeProjects()
    writeSession(one, { name: 'mine' })
    mkdirSync(`${dir}/new`)
    renameSync(`${dir}/one`, `${dir}/new/one`)
    const moved = open('new/one')
    expect(refused(moved, 'nothing')).toMatchObject({
      code: 'SESSION_UNKNOWN',
      data: { moved_from: `${dir}/one` },
      hint: expect.stringContaining(`${dir}/one`),
    })
    expect(refused(moved, 'mine')).toMatchObject({
      code: 'SESSION_ELSEWHERE',
      hint: expect.stringContaining(`\`stint project move ${dir}/one .\``),
    })
    expect(refused(open('two'), 'mine').data).not.toHaveProperty('moved_from')
    expect(refused(open('two'), 'mine').hint).toContain(
      `if it is this one now, \`stint project move ${dir}/one .\` brings`,
    )
    expect(refused(open('two'), 'nothing').data).not.toHaveProperty('moved_from')
    mkdirSync(`${dir}/one`)
    expect(refused(moved, 'nothing').data).not.toHaveProperty('moved_from')
  })
})

const at = Date.UTC(2026, 0, 2)

describe('@last', () => {
  it('is the root whose turn started last, without a hint, with one, and with a wrong one', () => {
    const store = makeStore()
    const late = writeSession(store, { told: [started(1, at + 9_000), ended(1, at + 9_001)] })
    const early = writeSession(store, { told: [started(1, at), ended(1, at + 99_000)] })
    const child = writeSession(store, { parent: early.id, told: [started(1, at + 20_000)] })
    writeSession(store)
    expect(resolveRef(store, '@last').id).toBe(late.id)
    expect(resolveRef(store, '@LAST').id).toBe(late.id)
    const cases: [string, SessionId][] = [
      [`${early.id}\n`, early.id],
      [`${child.id}\n`, late.id],
      [`${nextId()}\n`, late.id],
      ['', late.id],
      ['\0\0', late.id],
      ['../x', late.id],
    ]
    for (const [hint, expected] of cases) {
      writeFileSync(`${store.dir}/last`, hint)
      expect(resolveRef(store, '@last').id, hint).toBe(expected)
    }
  })

  it('is unknown where no turn has started', () => {
    const store = makeStore()
    writeSession(store)
    expect(refused(store, '@last')).toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it("is the newest of the caller's children inside a turn", () => {
    const { one, open } = makeProjects()
    const root = writeSession(one, { told: [started(1, at)] })
    const first = writeSession(one, { parent: root.id, told: [started(1, at + 5)] })
    const second = writeSession(one, { parent: root.id, told: [started(1, at + 3)] })
    writeSession(one, { parent: second.id, told: [started(1, at + 50)] })
    writeSession(one, { told: [started(1, at + 70)] })
    writeFileSync(`${one.dir}/last`, `${second.id}\n`)
    const inside = open('one', { STINT_SESSION_ID: root.id, STINT_TURN: '1', STINT_STORE: one.dir })
    expect(resolveRef(inside, '@last').id).toBe(first.id)
    const leaf = open('one', { STINT_SESSION_ID: first.id, STINT_TURN: '1' })
    const failure = refused(leaf, '@last')
    expect(failure).toMatchObject({
      code: 'SESSION_UNKNOWN',
      data: { inside: leaf.env.STINT_SESSION_ID },
    })
    expect(failure.message).toMatch(/whose turn this is, has no child$/)
  })
})

describe('@self, @parent and @root', () => {
  function makeFamily() {
    const projects = makeProjects()
    const { one, open } = projects
    const root = writeSession(one, { told: [started(1, at), ended(1, at + 1), started(2, at + 2)] })
    const middle = writeSession(one, { parent: root.id, told: [started(1, at + 3)] })
    const leaf = writeSession(one, { parent: middle.id, told: [started(1, at + 4)] })
    const inside = (id: string, turn = '1', cwd = 'one') =>
      open(cwd, { STINT_SESSION_ID: id, STINT_TURN: turn, STINT_STORE: one.dir })
    return { ...projects, root, middle, leaf, inside }
  }

  it('name the caller, what started it, and where it all began', () => {
    const { inside, leaf, middle, root } = makeFamily()
    const store = inside(leaf.id)
    expect(resolveRef(store, '@self').id).toBe(leaf.id)
    expect(resolveRef(store, '@parent').id).toBe(middle.id)
    expect(resolveRef(store, '@root').id).toBe(root.id)
    expect(resolveRef(inside(root.id, '2'), '@root').id).toBe(root.id)
    expect(refused(inside(root.id, '2'), '@parent')).toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  it("find the caller's own store from another project", () => {
    const { inside, leaf, one } = makeFamily()
    const resolved = resolveRef(inside(leaf.id, '1', 'two'), '@root')
    expect(resolved.store.dir).toBe(one.dir)
  })

  it.each([
    ['no environment', {}],
    ['a turn that has ended', { STINT_TURN: '1' }],
    ['a turn that is to come', { STINT_TURN: '3' }],
    ['a turn that is no number', { STINT_TURN: '2x' }],
    ['an empty turn', { STINT_TURN: '' }],
    ['an unknown session', { STINT_SESSION_ID: a }],
    ['an id that leads elsewhere', { STINT_SESSION_ID: '../../x' }],
    ['another store', { STINT_STORE: '/nowhere' }],
  ])('mean nothing with %s', (_, change) => {
    const { open, one, root } = makeFamily()
    const valid = { STINT_SESSION_ID: root.id, STINT_TURN: '2', STINT_STORE: one.dir }
    expect(findCaller(open('one', valid))?.id).toBe(root.id)
    const env = Object.keys(change).length === 0 ? {} : { ...valid, ...change }
    for (const ref of ['@self', '@parent', '@root']) {
      expect(refused(open('one', env), ref)).toMatchObject({ code: 'REF_NEEDS_TURN', status: 3 })
    }
  })

  it('mean nothing when the newest turn, which they name, has ended', () => {
    const { one, open } = makeProjects()
    const { id } = writeSession(one, { told: [started(1, at), ended(1, at + 1)] })
    const env = { STINT_SESSION_ID: id, STINT_TURN: '1', STINT_STORE: one.dir }
    expect(findCaller(open('one', env))).toBeUndefined()
  })

  it('are ignored, and no trouble, when the store they name is broken', () => {
    const { open, root, two } = makeFamily()
    writeSession(two)
    writeFileSync(`${two.dir}/project.toml`, '= broken')
    const env = { STINT_SESSION_ID: root.id, STINT_TURN: '2', STINT_STORE: two.dir }
    expect(findCaller(open('one', env))).toBeUndefined()
  })

  it('name no parent that is gone', () => {
    const { inside, leaf, middle, one } = makeFamily()
    renameSync(middle.dir, `${one.dir}/elsewhere`)
    expect(refused(inside(leaf.id), '@parent')).toMatchObject({ code: 'SESSION_UNKNOWN' })
    expect(resolveRef(inside(leaf.id), '@root').id).toBe(leaf.id)
  })

  it('end in a circle of parents', () => {
    const { one, open } = makeProjects()
    const [x, y] = [nextId(), nextId()]
    writeSession(one, { id: x, parent: y, told: [started(1, at)] })
    writeSession(one, { id: y, parent: x })
    const store = open('one', { STINT_SESSION_ID: x, STINT_TURN: '1' })
    expect([x, y]).toContain(resolveRef(store, '@root').id)
  })
})

it('follows no link in place of a session further than its id', () => {
  const store = makeThree()
  const id = nextId()
  symlinkSync(`${store.dir}/sessions/${a}`, `${store.dir}/sessions/${id}`)
  expect(resolveRef(store, id).id).toBe(id)
})
