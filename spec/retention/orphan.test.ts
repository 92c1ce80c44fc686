import fs, { writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import type { Store } from '../../lib/index.ts'
import { isOrphaned } from '../../lib/retention/orphan.ts'
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
