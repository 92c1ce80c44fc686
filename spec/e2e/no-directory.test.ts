/** A file where a directory of stores, of one store or of its sessions should be. */

import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectRefusal, makePlace, type Place, touch } from '../support/cli.ts'

const readers = [
  ['list'],
  ['list', '--tree'],
  ['list', '--all-projects'],
  ['show', '@last'],
  ['logs', 'some-name'],
  ['is-alive', '@last'],
  ['du'],
  ['gc', '--dry-run'],
]

/** Replaces a directory that may be there by a file. */
function standInFor(path: string): void {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(dirname(path), { recursive: true })
  touch(path)
}

describe('a file stands in place of', () => {
  test.each<[string, (place: Place, store: string) => string]>([
    ['the root', ({ home }) => home],
    ['projects/', ({ home }) => `${home}/projects`],
    ['the store', (_, store) => store],
    ['sessions/', (_, store) => `${store}/sessions`],
  ])(
    '%s: who looks for sessions is told so, and does not hear that there are none',
    async (_, where) => {
      const place = makePlace()
      await place.make()
      standInFor(where(place, place.store()))
      for (const args of readers) {
        expectRefusal(await place.stint(args), { status: 7, code: 'IO_FAILED', hint: /directory/ })
      }
      const { status, stdout } = await place.stint(['doctor'])
      expect(status).toBe(6)
      expect(stdout).toContain('a file stands there')
    },
  )

  test('trash/: its list is refused, and sessions are listed all the same', async () => {
    const place = makePlace()
    await place.make()
    standInFor(`${place.store()}/trash`)
    expectRefusal(await place.stint(['trash', 'list']), { status: 7, code: 'IO_FAILED' })
    expect(await place.json(['list'])).toHaveLength(1)
  })
})

test('a root that is not there yet has no sessions', async () => {
  const place = makePlace()
  const { status, stdout, stderr } = await place.stint(['list'])
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: 'no sessions\n' })
})
