/** Clean-ups at the same time, and after one that was killed. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createSession, deleteSession, openStore, type SessionId } from '../../lib/index.ts'
import { failureOf, fileText, makePlace, type Place, preload, touch } from '../support/cli.ts'

/** Sessions in the trash of the place's store. */
async function fillTrash(place: Place, count: number): Promise<SessionId[]> {
  const store = openStore({ env: place.env, home: place.dir, cwd: place.cwd })
  const ids: SessionId[] = []
  for (let n = 0; n < count; n++) {
    const { session, lock } = await createSession(store, {})
    session[Symbol.dispose]()
    lock.release()
    await deleteSession(store, session.id, 'a test')
    ids.push(session.id)
  }
  return ids
}

function removedBy(stdout: string): string[] {
  return stdout === '' ? [] : (JSON.parse(stdout) as { removed: string[] }).removed
}

/** A `trash empty` that stands still before it removes the first session's files. */
function startPaused(place: Place) {
  const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
  const plan = { call: 'unlinkSync', in: '.gone-', reached, until: go }
  const run = place.start(['trash', 'empty', '--json'], {
    env: { PAUSE: JSON.stringify(plan) },
    preload: [preload('pause')],
  })
  return { run, reached, go }
}

describe('trash empty', () => {
  test('twice at once removes each session once', async () => {
    const place = makePlace()
    const ids = await fillTrash(place, 12)
    const runs = [1, 2].map(() => place.start(['trash', 'empty', '--json']))
    const removed: string[] = []
    for (const run of runs) {
      const ran = await run.ended
      expect([0, 5]).toContain(ran.status)
      if (ran.status === 5) expect(failureOf(ran).code).toBe('STORE_BUSY')
      removed.push(...removedBy(ran.stdout))
    }
    expect(removed.sort()).toEqual([...ids].sort())
    expect(readdirSync(`${place.store()}/trash`)).toEqual([])
  })

  test('beside another one at work is refused, and told by whom', async () => {
    const place = makePlace()
    const ids = await fillTrash(place, 3)
    const { run, reached, go } = startPaused(place)
    await fileText(reached)
    const ran = await place.stint(['trash', 'empty', '--json'])
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 5, stdout: '' })
    expect(failureOf(ran)).toMatchObject({
      code: 'STORE_BUSY',
      data: { holder: { pid: run.pid } },
    })
    touch(go)
    const first = await run.ended
    expect(first.status).toBe(0)
    expect(removedBy(first.stdout).sort()).toEqual([...ids].sort())
  })

  test('that was killed leaves nothing half removed to restore, and the lock free at once', async () => {
    const place = makePlace()
    const ids = await fillTrash(place, 3)
    const { run, reached } = startPaused(place)
    await fileText(reached)
    run.kill('SIGKILL')
    await run.ended
    const rest = readdirSync(`${place.store()}/trash`)
    expect(rest.filter((name) => name.startsWith('.gone-'))).toHaveLength(1)
    expect(await place.json<unknown[]>(['trash', 'list'])).toHaveLength(2)
    const again = await place.stint(['trash', 'empty', '--json'])
    expect({ status: again.status, stderr: again.stderr }).toEqual({ status: 0, stderr: '' })
    expect(removedBy(again.stdout)).toHaveLength(2)
    expect(readdirSync(`${place.store()}/trash`)).toEqual([])
    expect(ids).toHaveLength(3)
  })

  test('keeps what is being restored, also where that has a lease', async () => {
    const place = makePlace()
    const [id] = await fillTrash(place, 1)
    const facts = `${place.store()}/project.toml`
    writeFileSync(facts, readFileSync(facts, 'utf8').replace('shared = false', 'shared = true'))
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const plan = { call: 'renameSync', path: `/trash/${id}`, reached, until: go }
    const restore = place.start(['trash', 'restore', id as string], {
      env: { PAUSE: JSON.stringify(plan) },
      preload: [preload('pause')],
    })
    await fileText(reached)
    const ran = await place.stint(['trash', 'empty', '--json'])
    expect(JSON.parse(ran.stdout)).toMatchObject({
      removed: [],
      kept: [{ id, why: 'its session.lock is held' }],
    })
    touch(go)
    expect((await restore.ended).status).toBe(0)
  })

  test('against restore: each session is back or gone, never both and never half', async () => {
    const place = makePlace()
    const ids = await fillTrash(place, 6)
    const empty = place.start(['trash', 'empty', '--json'])
    const restore = place.start(['trash', 'restore', '--json', ...ids])
    const [removed, restored] = [await empty.ended, await restore.ended]
    const gone = new Set(removedBy(removed.stdout))
    expect([0, 5]).toContain(removed.status)
    expect([0, 3, 5]).toContain(restored.status)
    for (const id of ids) {
      const here = existsSync(place.session(id))
      const trashed = existsSync(`${place.store()}/trash/${id}`)
      expect([here, trashed, gone.has(id)].filter(Boolean)).toHaveLength(1)
      if (!here) continue
      expect(readFileSync(`${place.session(id)}/transcript.jsonl`, 'utf8')).toContain('restored')
      expect(await place.json(['show', id])).toMatchObject({ id, status: 'idle' })
    }
  })
})

describe('gc --orphan-stores', () => {
  const gc = ['gc', '--all-projects', '--orphan-stores', '--trash-for', '0s', '--json']

  /** A store whose project is gone, with a session in its trash. */
  async function makeOrphan(place: Place) {
    const other = `${place.dir}/other`
    mkdirSync(other)
    await place.make()
    await place.stint(['delete', await place.make(undefined, { cwd: other })], { cwd: other })
    rmSync(other, { recursive: true })
    const projects = `${place.home}/projects`
    const name = readdirSync(projects).find((name) => name.startsWith('other-'))
    touch(`${projects}/${name}/locks/maintenance.lock`)
    return { projects, name }
  }

  /** One that stands still at a call of node:fs while another one works. */
  async function overtaken(place: Place, pause: object) {
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const slow = place.start(gc, {
      env: { PAUSE: JSON.stringify({ ...pause, reached, until: go }) },
      preload: [preload('pause')],
    })
    await fileText(reached)
    const fast = await place.stint(gc)
    expect([fast.status, fast.stderr]).toEqual([0, ''])
    touch(go)
    const ran = await slow.ended
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    return { slow: JSON.parse(ran.stdout).stores[0], fast: JSON.parse(fast.stdout).stores[0] }
  }

  test.each([
    ['has listed the stores', { call: 'openSync', at: 'project.toml' }],
    ['looks for its directory', { call: 'mkdirSync', at: 'locks' }],
    ['opens the lock', { call: 'openSync', at: 'locks/maintenance.lock', writing: true }],
    [
      'takes the lock',
      { call: 'openSync', at: 'locks/maintenance.lock', writing: true, after: true },
    ],
  ])('finds nothing to do where another one is faster while it %s', async (_, { at, ...pause }) => {
    const place = makePlace()
    const { projects, name } = await makeOrphan(place)
    const { slow, fast } = await overtaken(place, { ...pause, path: `${name}/${at}` })
    expect(fast).toMatchObject({ removed: true, outcomes: [{ result: 'done' }] })
    expect(slow).toMatchObject({ removed: false, outcomes: [] })
    expect(readdirSync(projects)).toHaveLength(1)
  })

  test('has removed the store also where another one swept the last of it', async () => {
    const place = makePlace()
    const { projects, name } = await makeOrphan(place)
    const pause = { call: 'rmdirSync', path: `.gone-${name}.removed` }
    const { slow } = await overtaken(place, pause)
    expect(slow).toMatchObject({ removed: true, failure: null })
    expect(readdirSync(projects)).toHaveLength(1)
  })
})
