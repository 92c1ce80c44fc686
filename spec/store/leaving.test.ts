/** A session that leaves between the look at its name and the reading of it is gone, not damaged. */

import fs, { renameSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import {
  exportSessions,
  listSessions,
  listTrash,
  livenessOf,
  readDiskUsage,
  readResult,
  readSession,
  type Store,
} from '../../lib/index.ts'
import { surveyStore } from '../../lib/retention/survey.ts'
import { makeStore } from '../support/place.ts'
import { ended, started, writeSession } from './sessions.ts'

const nowhere = { write: () => {} }

afterEach(() => void vi.restoreAllMocks())

function make(): { store: Store; id: SessionId; dir: string; stays: SessionId } {
  const store = makeStore()
  const { id: stays } = writeSession(store)
  const { id, dir } = writeSession(store, { told: [started(1, 1), ended(1, 2)] })
  fs.mkdirSync(`${store.dir}/trash`, { recursive: true })
  return { store, id, dir, stays }
}

/** Has the session leave right after the first call of this function with this path. */
function leaveAfter(call: 'openSync' | 'readdirSync', path: string, dir: string) {
  const real = fs[call] as (...args: unknown[]) => unknown
  let isGone = false
  vi.spyOn(fs, call as 'readdirSync').mockImplementation(((...args: unknown[]) => {
    const result = real(...args)
    if (!isGone && args[0] === path) {
      isGone = true
      renameSync(dir, dir.replace(/(sessions|trash)\/(\w+)$/, 'staging-$2'))
    }
    return result
  }) as never)
  return () => isGone
}

describe('a session that leaves while it is looked at', () => {
  it.each([
    ['readSession', 'state.toml', (store, id) => readSession(store, id)],
    ['livenessOf', 'state.toml', (store, id) => livenessOf(store, id)],
    ['readResult', 'state.toml', (store, id) => readResult(store, id)],
    ['exportSessions', 'transcript.jsonl', (store, id) => exportSessions([{ store, id }], nowhere)],
    ['exportSessions', 'state.toml', (store, id) => exportSessions([{ store, id }], nowhere)],
  ] as [string, string, (store: Store, id: SessionId) => unknown][])(
    'is unknown to %s once %s was opened',
    async (_, file, read) => {
      const { store, id, dir } = make()
      const isGone = leaveAfter('openSync', `${dir}/${file}`, dir)
      await expect(async () => read(store, id)).rejects.toMatchObject({
        code: 'SESSION_UNKNOWN',
        data: { ref: id, store: store.dir },
      })
      expect(isGone()).toBe(true)
    },
  )

  it('is in no list', () => {
    const { store, dir, stays } = make()
    const isGone = leaveAfter('readdirSync', `${store.dir}/sessions`, dir)
    const { rows, warnings } = listSessions(store)
    expect([rows.map(({ id }) => id), warnings, isGone()]).toEqual([[stays], [], true])
  })

  it('is in no list of the trash', () => {
    const { store } = make()
    const { dir } = writeSession(store, { place: 'trash' })
    const isGone = leaveAfter('readdirSync', `${store.dir}/trash`, dir)
    expect([listTrash(store), isGone()]).toEqual([[], true])
  })

  it('takes no room, and gc has nothing to say of it', () => {
    const { store, id, dir } = make()
    const left = `${store.dir}/left`
    const leave = () => {
      if (fs.existsSync(dir)) renameSync(dir, left)
    }
    expect(readDiskUsage(store, { onRead: leave }).sessions.map((row) => row.id)).not.toContain(id)
    renameSync(left, dir)
    expect([...surveyStore(store, { onRead: leave }).sessions.keys()]).not.toContain(id)
  })
})
