import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../lib/base/sha256.ts'
import { findProjectPath, listStores, openStore } from '../../lib/index.ts'
import { rootDir } from '../../lib/layout.ts'
import { ensureStore, findProjectFacts } from '../../lib/store/project.ts'
import { makeDir, makeStore } from '../support/place.ts'

describe('rootDir', () => {
  it.each([
    [{ STINT_HOME: '/h', XDG_STATE_HOME: '/x' }, '/h'],
    [{ STINT_HOME: '', XDG_STATE_HOME: '/x' }, '/x/stint'],
    [{ XDG_STATE_HOME: 'relative' }, '/me/.local/state/stint'],
    [{ XDG_STATE_HOME: '' }, '/me/.local/state/stint'],
    [{}, '/me/.local/state/stint'],
  ])('is for %j', (env, root) => {
    expect(rootDir(env, '/me')).toBe(root)
  })
})

describe('openStore', () => {
  function open(dir: string, cwd: string, more: object = {}) {
    return openStore({ env: { STINT_HOME: `${dir}/home` }, home: dir, cwd, ...more })
  }

  it('names the store after the project, and creates nothing', () => {
    const dir = makeDir()
    const cwd = `${dir}/A näme with späces+${'x'.repeat(80)}`
    mkdirSync(cwd)
    const store = open(dir, cwd)
    const name = `A_n_me_with_sp_ces_${'x'.repeat(45)}`
    expect(name).toHaveLength(64)
    expect(store.dir).toBe(`${dir}/home/projects/${name}-${sha256(cwd).slice(0, 12)}`)
    expect(store.projectPath).toBe(cwd)
    expect(statSync(`${dir}/home`, { throwIfNoEntry: false })).toBeUndefined()
  })

  it('gives a tool in another directory the same root', () => {
    const cwd = makeDir()
    const { env, root } = openStore({ env: { STINT_HOME: 'home', A: 'b' }, home: cwd, cwd })
    expect({ env, root }).toEqual({
      env: { STINT_HOME: `${cwd}/home`, A: 'b' },
      root: `${cwd}/home`,
    })
  })

  it('is the same for every way to a directory, and for all worktrees of its repository', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/repo/sub`, { recursive: true })
    symlinkSync(`${dir}/repo`, `${dir}/link`)
    const git = (...args: string[]) => {
      const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
      execFileSync('git', ['-C', `${dir}/repo`, ...who, ...args], { stdio: 'ignore' })
    }
    git('init', '-q')
    git('commit', '-q', '--allow-empty', '-m', 'x')
    git('worktree', 'add', '-q', `${dir}/tree`)
    const { dir: expected } = open(dir, `${dir}/repo`)
    for (const cwd of ['repo/sub', 'link', 'link/sub', 'tree']) {
      expect(open(dir, `${dir}/${cwd}`)).toMatchObject({
        dir: expected,
        projectPath: `${dir}/repo`,
      })
    }
    expect(open(dir, '/', { project: `${dir}/repo/sub` }).dir).toBe(expected)
    expect(open(dir, `${dir}/repo`, { project: 'sub' }).dir).toBe(expected)
  })

  it('names a project that is gone by its path', () => {
    const dir = makeDir()
    expect(open(dir, '/', { project: `${dir}/gone` }).projectPath).toBe(`${dir}/gone`)
    expect(findProjectPath(`${dir}/gone`, {})).toBe(`${dir}/gone`)
  })

  it('takes a store by its own directory', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/project`)
    const made = open(dir, `${dir}/project`)
    ensureStore(made)
    const store = open(dir, '/', { store: made.dir })
    expect(store).toMatchObject({
      dir: made.dir,
      root: made.root,
      projectPath: `${dir}/project`,
    })
  })

  it('refuses the real root in a test run', () => {
    const home = makeDir()
    const env = { STINT_TEST: '1' }
    expect(() => openStore({ env, home, cwd: home })).toThrow(
      expect.objectContaining({ code: 'HOME_REFUSED' }),
    )
    const store = `${home}/.local/state/stint/projects/x`
    expect(() => openStore({ env, home, cwd: home, store })).toThrow(
      expect.objectContaining({ code: 'HOME_REFUSED' }),
    )
  })
})

describe('ensureStore', () => {
  it('makes everything once, for its owner alone', () => {
    const store = makeStore({ now: () => 0 })
    const facts = ensureStore(store)
    expect(facts).toEqual({
      format: 1,
      projectPath: store.projectPath,
      shared: false,
      leaseOnly: false,
    })
    expect(findProjectFacts(store.dir)).toEqual(facts)
    for (const dir of ['', '/sessions', '/staging', '/locks', '/../..']) {
      expect(statSync(`${store.dir}${dir}`).mode & 0o7777).toBe(0o700)
    }
    expect(statSync(`${store.dir}/project.toml`).mode & 0o7777).toBe(0o600)
    const { ino } = statSync(`${store.dir}/project.toml`)
    ensureStore(store)
    expect(statSync(`${store.dir}/project.toml`).ino).toBe(ino)
  })

  // The clock is asked between the look for project.toml and its writing.
  it.each([true, false])(
    'leaves a store that another made meanwhile, shared: %s, as it is',
    (shared) => {
      let isMade = false
      const store = makeStore({
        now: () => {
          if (!isMade) {
            isMade = true
            ensureStore(store, { shared })
          }
          return 0
        },
      })
      const second = () => ensureStore(store, { shared: !shared })
      if (shared) expect(second()).toMatchObject({ shared: true })
      else expect(second).toThrow(expect.objectContaining({ code: 'STORE_NOT_SHARED' }))
      expect(findProjectFacts(store.dir)).toMatchObject({ shared })
      expect(readdirSync(store.dir)).toEqual([
        'locks',
        'project.toml',
        'sessions',
        'staging',
        'trash',
      ])
    },
  )

  it('writes nothing into a store of a newer format', () => {
    const store = makeStore()
    mkdirSync(store.dir, { recursive: true })
    writeFileSync(`${store.dir}/project.toml`, 'format = 2\nproject_path = "/p"\n')
    expect(() => ensureStore(store)).toThrow(expect.objectContaining({ code: 'FORMAT_NEWER' }))
    expect(statSync(`${store.dir}/sessions`, { throwIfNoEntry: false })).toBeUndefined()
  })

  it('throws a Failure where the root cannot be', () => {
    const dir = makeDir()
    writeFileSync(`${dir}/file`, '')
    const store = openStore({ env: { STINT_HOME: `${dir}/file/x` }, home: dir, cwd: dir })
    expect(() => ensureStore(store)).toThrow(expect.objectContaining({ code: 'IO_FAILED' }))
  })

  it('says what is wrong with a broken project.toml', () => {
    const store = makeStore()
    ensureStore(store)
    writeFileSync(`${store.dir}/project.toml`, 'shared = "yes"\n')
    expect(() => findProjectFacts(store.dir)).toThrow(
      expect.objectContaining({ code: 'STATE_INVALID' }),
    )
    rmSync(`${store.dir}/project.toml`)
    expect(findProjectFacts(store.dir)).toBeUndefined()
  })
})

describe('listStores', () => {
  it('lists the stores of all projects, and nothing else that lies there', () => {
    const store = makeStore()
    const other = realpathSync(makeDir())
    const second = openStore({ env: store.env, home: other, cwd: other })
    for (const one of [store, second]) ensureStore(one)
    mkdirSync(`${store.root}/projects/notes`)
    mkdirSync(`${store.root}/projects/.x-0123456789ab.tmp`)
    expect(
      listStores(store)
        .map(({ projectPath }) => projectPath)
        .sort(),
    ).toEqual([store.projectPath, other].sort())
  })
})
