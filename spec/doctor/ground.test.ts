import { chmodSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Ground, judgeGround, readGround } from '../../lib/doctor/checks/ground.ts'
import type { Skill } from '../../lib/os/probe.ts'
import { writeSession } from '../store/sessions.ts'
import { makeDir, makeStore } from '../support/place.ts'
import { idsOf, mend, visit } from './kit.ts'

const gibibyte = 1024 ** 3
const fine: Ground = {
  root: { path: '/r', kind: 'directory', mode: 0o700, owner: 7 },
  disk: {
    path: '/r',
    type: { name: '0xef53', remote: false },
    space: { freeBytes: 50 * gibibyte, bytes: 100 * gibibyte, freeFiles: 1e6, files: 2e6 },
    probe: { broken: [], ahead: 3 },
  },
  room: 'stint trash empty',
  runtime: { path: '/run/user/7/stint', kind: 'directory', mode: 0o700, owner: 7 },
  user: 7,
  node: '20.19.0',
  locks: 'koffi',
  config: { unknown: [] },
  unknown: [],
  leftovers: [],
}
const disk = fine.disk as NonNullable<Ground['disk']>
const root = fine.root as NonNullable<Ground['root']>
const runtime = fine.runtime as NonNullable<Ground['runtime']>

const withDisk = (change: Partial<typeof disk>) => ({ disk: { ...disk, ...change } })
const space = (change: Partial<typeof disk.space>) =>
  withDisk({ space: { ...disk.space, ...change } })
const broken = (skill: Skill) =>
  withDisk({ probe: { broken: [{ skill, problem: 'it does not' }], ahead: 0 } })

const cases: readonly (readonly [id: string, change: Partial<Ground>])[] = [
  ['root.permissions', { root: { ...root, mode: 0o750 } }],
  ['root.owner', { root: { ...root, owner: 8 } }],
  ['root.link', { root: { ...root, kind: 'link' } }],
  ['root.leftover', { leftovers: ['/r/.probe-1'] }],
  ['disk.type', withDisk({ type: { name: 'nfs', remote: true } })],
  ['disk.write', broken('write')],
  ['disk.mode', broken('mode')],
  ['disk.flock', broken('flock')],
  ['disk.exclusive', broken('exclusive')],
  ['disk.link', broken('link')],
  ['disk.rename', broken('rename')],
  ['disk.sync', broken('sync')],
  ['disk.clock', withDisk({ probe: { broken: [], ahead: -6_000 } })],
  ['disk.unprobed', withDisk({ probe: 'the file system is read-only' })],
  ['disk.space', space({ freeBytes: 9 * 1024 ** 2, bytes: 100 * 1024 ** 2 })],
  ['disk.space', space({ freeBytes: gibibyte / 2 })],
  ['disk.inodes', space({ freeFiles: 999 })],
  ['node.version', { node: '20.18.3' }],
  ['node.version', { node: '18.20.0' }],
  ['locks.fallback', { locks: 'flock' }],
  ['locks.none', { locks: 'none' }],
  ['config.invalid', { config: { problem: 'timeout cannot be "soon"', unknown: [] } }],
  ['config.unknown', { config: { unknown: ['unknown key colour'] } }],
  ['machine.identity', { unknown: ['boot id'] }],
  ['runtime.permissions', { runtime: { ...runtime, mode: 0o755 } }],
  ['runtime.permissions', { runtime: { ...runtime, owner: 8 } }],
]

describe('judgeGround', () => {
  it('finds nothing wrong with what is fine', () => {
    expect([...judgeGround(fine)]).toEqual([])
    const unlimited = space({ freeFiles: 0, files: 0 })
    expect([...judgeGround({ ...fine, ...unlimited, node: '22.1.0' })]).toEqual([])
    const small = space({ freeBytes: 29 * 1024 ** 2, bytes: 30 * 1024 ** 2 })
    expect([...judgeGround({ ...fine, ...small })]).toEqual([])
  })

  it.each(cases)('finds %s', (id, change) => {
    expect([...judgeGround({ ...fine, ...change })]).toMatchObject([{ id }])
  })
})

describe('what stands in place of a directory', () => {
  it.each([
    ['root', 'root.link'],
    ['runtime', 'runtime.permissions'],
  ] as const)('is called by what it is: %s', (what, id) => {
    const told = (kind: 'link' | 'other') => [
      ...judgeGround({ ...fine, [what]: { ...root, kind } }),
    ]
    expect(told('link')).toMatchObject([{ id, evidence: 'a link stands there' }])
    expect(told('other')).toMatchObject([{ id, evidence: 'a pipe or device stands there' }])
  })

  it('is given back by root to the user, and to nobody by another', () => {
    const own = (owner: number) =>
      [...judgeGround({ ...fine, runtime: { ...root, owner } })].map(({ fix }) => fix)
    expect([own(0), own(8)]).toEqual([['sudo chown -R 7 /r'], [undefined]])
  })
})

describe('a disk that keeps stint from its work', () => {
  it('is damage, and the user is told of another place', () => {
    for (const skill of ['write', 'rename'] satisfies Skill[]) {
      const [found] = [...judgeGround({ ...fine, ...broken(skill) })]
      expect(found?.fix).toContain('STINT_HOME')
    }
  })
})

describe('where there is no room', () => {
  it('emptying the trash is advised only where something is in it', () => {
    const [full] = judgeGround({ ...fine, ...space({ freeBytes: 0 }) })
    expect(full?.fix).toBe('stint trash empty')
    const { room } = readGround({ root: makeDir(), env: {}, home: '/' })
    expect(room).toBe('stint du --all-projects')
  })
})

describe('readGround', () => {
  it('finds nothing wrong here, and leaves nothing behind', () => {
    const dir = makeDir()
    chmodSync(dir, 0o700)
    const ground = readGround({ root: dir, env: { PATH: process.env.PATH }, home: dir })
    expect([...judgeGround({ ...ground, disk: { ...ground.disk, space: disk.space } })]).toEqual([])
    expect(readdirSync(dir)).toEqual([])
  })

  it('makes no root, and looks at the disk that one would stand on', () => {
    const dir = makeDir()
    const ground = readGround({ root: `${dir}/not/yet`, env: {}, home: dir })
    expect(ground).toMatchObject({ root: undefined, disk: { path: `${dir}/not/yet` } })
    expect(ground.disk.space.bytes).toBeGreaterThan(0)
    expect([...judgeGround({ ...ground, disk: { ...ground.disk, space: disk.space } })]).toEqual([
      expect.objectContaining({
        id: 'disk.unprobed',
        evidence: expect.stringContaining('no root'),
      }),
    ])
    expect(readdirSync(dir)).toEqual([])
  })

  it('passes the disk over where the directory cannot be made', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/.probe-${process.pid}`, '')
    const { disk } = readGround({ root: dir, env: {}, home: dir })
    expect(disk.probe).toEqual(expect.any(String))
  })

  it('reads the settings, and says what is wrong with them', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/stint`)
    const env = { XDG_CONFIG_HOME: dir }
    writeFileSync(`${dir}/stint/config.toml`, 'colour = "red"\n')
    expect(readGround({ root: dir, env, home: dir }).config.unknown).toHaveLength(1)
    writeFileSync(`${dir}/stint/config.toml`, 'timeout = "soon"\n')
    expect(readGround({ root: dir, env, home: dir }).config.problem).toContain('soon')
  })
})

describe('a store', () => {
  it('that others can enter is found, with the command that closes it', () => {
    const store = makeStore()
    writeSession(store)
    chmodSync(`${store.dir}/sessions`, 0o755)
    expect(visit(store).findings.find(({ id }) => id === 'root.permissions')).toMatchObject({
      file: `${store.dir}/sessions`,
      fix: `chmod 700 ${store.dir}/sessions`,
    })
  })

  it('behind a link is found', () => {
    const store = makeStore()
    writeSession(store)
    renameSync(`${store.dir}/sessions`, `${store.root}/elsewhere`)
    symlinkSync(`${store.root}/elsewhere`, `${store.dir}/sessions`)
    expect(idsOf(store)).toContain('root.link')
  })

  it('that is not there has nothing wrong that is known, and is not made', async () => {
    const store = makeStore()
    expect(idsOf(store)).toEqual(['disk.unprobed'])
    await mend(store)
    expect(() => readdirSync(store.root)).toThrow('ENOENT')
  })
})
