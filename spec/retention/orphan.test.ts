import fs, { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import type { Store } from '../../lib/index.ts'
import { store as files } from '../../lib/layout.ts'
import { tryShared } from '../../lib/os/lock-file.ts'
import { isOrphaned, removeStore, sweepGoneStores } from '../../lib/retention/orphan.ts'
import { ensureStore } from '../../lib/store/project.ts'
import { makeStore } from '../support/place.ts'

function storeThatSays(text: (store: Store) => string): Store {
  const store = makeStore()
  ensureStore(store)
  writeFileSync(`${store.dir}/project.toml`, text(store))
  return store
}

describe('isOrphaned', () => {
  it.each<[string, boolean, (store: Store) => string]>([
    ['a project that is there', false, ({ projectPath }) => `project_path = "${projectPath}"`],
    ['one that is gone', true, ({ projectPath }) => `project_path = "${projectPath}/gone"`],
    ['none', false, () => 'format = 1'],
    ['an empty path', false, () => 'project_path = ""'],
    ['what cannot be read', false, () => 'project_path = ='],
  ])('of a store that names %s says %s', (_, expected, text) => {
    expect(isOrphaned(storeThatSays(text))).toBe(expected)
  })

  it('does not hold of a store that names nothing at all', () => {
    expect(isOrphaned(makeStore())).toBe(false)
  })

  it.each(['EIO', 'EACCES', 'ETIMEDOUT'])('does not take %s for a project that is gone', (code) => {
    const store = storeThatSays(() => 'project_path = "/mnt/away"')
    const look = fs.lstatSync.bind(fs)
    const spy = vi.spyOn(fs, 'lstatSync').mockImplementation(((path: string, ...rest: []) => {
      if (path === '/mnt/away') throw Object.assign(new Error(code), { code })
      return look(path, ...rest)
    }) as never)
    try {
      expect(isOrphaned(store)).toBe(false)
      expect(spy).toHaveBeenCalledWith('/mnt/away', expect.anything())
    } finally {
      spy.mockRestore()
    }
  })
})

describe('removeStore', () => {
  const gone = () => storeThatSays(({ projectPath }) => `project_path = "${projectPath}/gone"`)

  it('removes one in which nothing is, and what was left of others', async () => {
    const store = gone()
    writeFileSync(files.removals(store.dir), '{"id":"before"}\n')
    const projects = `${store.root}/projects`
    mkdirSync(`${projects}/.gone-other-0123456789ab.removed/sessions`, { recursive: true })
    mkdirSync(`${projects}/.mine`)
    expect(await removeStore(store)).toBeUndefined()
    sweepGoneStores(store)
    expect(readdirSync(projects)).toEqual(['.mine'])
    const log = readFileSync(`${store.root}/gc.log.jsonl`, 'utf8').trimEnd().split('\n')
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { id: 'before' },
      { act: 'store', why: `nothing is left of ${store.projectPath}` },
    ])
  })

  it('leaves one that has anything in it, or gets something, or is of a project that is there', async () => {
    const store = gone()
    for (const path of [
      'sessions/a',
      'trash/a',
      'ephemeral/a',
      'staging/a',
      'quarantine',
      'mine',
    ]) {
      mkdirSync(`${store.dir}/${path}`, { recursive: true })
      expect(await removeStore(store)).toBe(`something is in its ${path.replace('/a', '')}`)
      fs.rmdirSync(`${store.dir}/${path}`)
    }
    const making = tryShared(files.stagingLock(store.dir))
    expect(await removeStore(store)).toBe('a session is being made in it')
    making?.release()
    const { projectPath } = store
    writeFileSync(files.project(store.dir), `project_path = "${projectPath}"`)
    expect(await removeStore(store)).toBe('its project is there')
    expect(existsSync(files.project(store.dir))).toBe(true)
    expect(existsSync(`${store.root}/gc.log.jsonl`)).toBe(false)
  })
})
