import { chmodSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Failure } from '../../lib/errors.ts'
import {
  appendEntry,
  collectStore,
  deleteSession,
  errandsOf,
  listSessions,
  listTrash,
  pinSession,
  planStore,
  restoreSession,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import { session as files, store as storeFiles } from '../../lib/layout.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { applyPlan, type Outcome } from '../../lib/retention/apply.ts'
import { readSnapshot } from '../../lib/session/snapshot.ts'
import { ended, nextId, started, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const day = 86_400_000
const long = Date.UTC(2026, 0, 2)
const policy = { olderThan: day, recordCrashes: true }

/** What becomes of a store when `meanwhile` happens between plan and apply. */
async function collect(store: Store, meanwhile: () => unknown = () => {}) {
  const plan = planStore(store, policy)
  await meanwhile()
  const { outcomes } = await collectStore(plan, errandsOf(plan))
  return outcomes.map(({ id, act, result, why }) => ({ id, act, result, why }))
}

describe('planStore', () => {
  it.each(['olderThan', 'keepLast', 'maxCount', 'maxSize', 'trashFor'])(
    'refuses a bound by which everything would go: %s',
    (key) => {
      const store = makeStore()
      for (const bound of [-1, Number.NaN, '30d', null]) {
        const refused = expect.objectContaining({ code: 'USAGE' })
        expect(() => planStore(store, { [key]: bound as number })).toThrow(refused)
      }
      expect(planStore(store, { [key]: Number.POSITIVE_INFINITY }).verdicts).toEqual([])
    },
  )
})

describe('collectStore', () => {
  it('leaves a session that was taken up since the plan was made', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, long), ended(1, long)] })
    const other = writeSession(store)
    let lock: ReturnType<typeof tryLock>
    const outcomes = await collect(store, () => {
      lock = tryLock(files.sessionLock(dir), {})
    })
    lock?.release()
    expect(outcomes).toEqual([
      { id, act: 'trash', result: 'skipped', why: expect.stringContaining('is locked by') },
      { id: other.id, act: 'trash', result: 'done', why: 'old' },
    ])
    expect(listSessions(store).rows.map((row) => row.id)).toEqual([id])
    const log = readFileSync(`${store.dir}/gc.log.jsonl`, 'utf8').trimEnd().split('\n')
    const removals = log.map((line) => JSON.parse(line)).map((row) => [row.id, row.act, row.why])
    expect(removals).toEqual([
      [id, 'trash', 'old'],
      [other.id, 'trash', 'old'],
      [id, 'kept', outcomes[0]?.why],
    ])
    // Whoever moved it holds nothing of it any more.
    await restoreSession(store, other.id)
  })

  it.each([
    ['pinned', (store: Store, id: never) => pinSession(store, id, true)],
    ['used', (store: Store, id: never) => appendEntry(store, id, { type: 'message', text: 'x' })],
  ])('leaves a session that was %s since', async (_, act) => {
    const store = makeStore()
    const { id } = writeSession(store)
    const [outcome] = await collect(store, () => act(store, id as never))
    expect(outcome).toMatchObject({
      result: 'skipped',
      why: expect.stringMatching(/used or changed/),
    })
    expect(listTrash(store)).toEqual([])
  })

  it('tells what somebody else moved from what is in use', async () => {
    const store = makeStore()
    const [gone, used] = [writeSession(store), writeSession(store)]
    const plan = planStore(store, policy)
    await deleteSession(store, gone.id, 'by hand')
    using _lock = tryLock(files.sessionLock(used.dir), {})
    const { outcomes } = await collectStore(plan, errandsOf(plan))
    const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
    expect(byId.get(gone.id)).toMatchObject({ result: 'skipped', gone: true })
    expect(byId.get(used.id)).toMatchObject({ result: 'skipped' })
    expect(byId.get(used.id)).not.toHaveProperty('gone')
  })

  it('takes no errand for what must stay, or is not there', async () => {
    const store = makeStore()
    const { id } = writeSession(store)
    await pinSession(store, id, true)
    const plan = planStore(store, policy)
    const errands = [id, nextId()].map((id) => ({ id, act: 'trash', why: 'old', seq: 1 }) as const)
    const { outcomes } = await collectStore(plan, errands)
    expect(outcomes.map(({ result, why }) => [result, why])).toEqual([
      ['skipped', 'it is pinned'],
      ['skipped', 'it is not there any more'],
    ])
    expect(listTrash(store)).toEqual([])
  })

  it('purges nothing that was brought back and given up again since', async () => {
    const store = makeStore()
    const { id } = writeSession(store)
    await deleteSession(store, id, 'by hand')
    const plan = planStore(store, { trashFor: 0 })
    expect(errandsOf(plan)).toMatchObject([{ id, act: 'purge' }])
    const errands = errandsOf(plan).map((one) => ({ ...one, since: 1 }))
    const { outcomes } = await collectStore(plan, errands as never)
    expect(outcomes).toMatchObject([
      { id, result: 'skipped', why: 'it is not in the trash since then' },
    ])
    await restoreSession(store, id)
    const [late] = (await collectStore(plan, errandsOf(plan))).outcomes
    expect(late).toMatchObject({ id, result: 'skipped' })
    expect(listSessions(store).rows.map((row) => row.id)).toEqual([id])
  })

  it('records a crash in what it takes', async () => {
    const store = makeStore()
    const { id } = writeSession(store, { told: [started(1, long)] })
    expect(await collect(store)).toMatchObject([{ id, act: 'trash', result: 'done' }])
    const { state } = readSnapshot(id, `${store.dir}/trash/${id}`)
    expect(state).toMatchObject({ phase: 'retired', turn: { outcome: 'crashed' } })
  })

  it.each(['trash', 'purge'] as const)(
    'stops before the %s once another machine cleans up, or it is told to',
    async (act) => {
      const store = makeStore()
      for (let n = 0; n < 3; n++) {
        const { id } = writeSession(store)
        if (act === 'purge') await deleteSession(store, id, 'by hand')
      }
      const { survey, ...plan } = planStore(store, act === 'purge' ? { trashFor: 0 } : policy)
      const errands = errandsOf({ survey, ...plan })
      const rest = () => [listSessions(store).rows.length, listTrash(store).length]
      const before = rest()
      let checks = 0
      const lost = new Failure('STORE_BUSY', { store: store.dir })
      const maintenance = {
        check: () => {
          if (++checks > 1) throw lost
        },
        [Symbol.asyncDispose]: async () => {},
      }
      const signal = AbortSignal.abort()
      const outcomes: Outcome[] = []
      const apply = async (options = {}) => {
        for await (const one of applyPlan(store, survey, errands, maintenance, options))
          outcomes.push(one)
      }
      await apply({ signal })
      expect(outcomes).toEqual([])
      expect(rest()).toEqual(before)
      await expect(apply()).rejects.toBe(lost)
      expect(checks).toBe(2)
      expect(outcomes).toMatchObject([{ act, result: 'done' }])
      expect(rest()).toEqual(act === 'purge' ? [0, 2] : [2, 1])
    },
  )

  it('leaves one below which a session was started since, or taken up', async () => {
    const store = makeStore()
    const [top, other] = [writeSession(store), writeSession(store)]
    const child = writeSession(store, {
      parent: other.id,
      told: [started(1, long), ended(1, long)],
    })
    await appendEntry(store, child.id, { type: 'message', text: 'young, so that it stays' })
    const locks: ReturnType<typeof tryLock>[] = []
    const outcomes = await collect(store, () => {
      const born = writeSession(store, { parent: top.id, told: [started(1, long)] })
      for (const dir of [born.dir, child.dir]) locks.push(tryLock(files.sessionLock(dir), {}))
    })
    for (const lock of locks) lock?.release()
    expect(outcomes).toEqual(
      [top, other].map(({ id }) => ({
        ...{ id, act: 'trash', result: 'skipped', why: 'it is above one that lives' },
      })),
    )
  })

  it('leaves in the trash what was brought back and deleted again while others were purged', async () => {
    const store = makeStore()
    const ids = Array.from({ length: 65 }, () => writeSession(store, { place: 'trash' }).id)
    const last = ids.at(-1) as SessionId
    const [there, away] = ['trash', 'sessions'].map((place) => `${store.dir}/${place}/${last}`)
    const plan = planStore(store, { trashFor: 0 })
    const { outcomes } = await collectStore(plan, errandsOf(plan), {
      onDone: ({ outcomes }) => {
        if (outcomes.length !== 64) return
        renameSync(there as string, away as string)
        renameSync(away as string, there as string)
      },
    })
    expect(outcomes.filter(({ result }) => result === 'done')).toHaveLength(64)
    expect(outcomes.at(-1)).toMatchObject({
      id: last,
      result: 'skipped',
      why: expect.stringMatching(/since then/),
    })
    expect(listTrash(store).map(({ id }) => id)).toEqual([last])
  })

  it('is stopped between two sessions, and tells its log what stays', async () => {
    const store = makeStore()
    const [first, second] = [writeSession(store), writeSession(store)]
    const stop = new AbortController()
    const plan = planStore(store, policy)
    const { outcomes } = await collectStore(plan, errandsOf(plan), {
      ...{ signal: stop.signal, onDone: ({ outcomes }) => outcomes.length > 0 && stop.abort() },
    })
    expect(outcomes.map(({ id }) => id)).toEqual([first.id])
    expect(listSessions(store).rows.map(({ id }) => id)).toEqual([second.id])
    const log = readFileSync(`${store.dir}/gc.log.jsonl`, 'utf8').trimEnd().split('\n')
    const last = JSON.parse(log.at(-1) as string)
    expect(last).toMatchObject({ id: second.id, act: 'kept', why: 'interrupted' })
  })

  it('purges nothing any more once it is stopped', async () => {
    const store = makeStore()
    const { id } = writeSession(store, { place: 'trash' })
    const plan = planStore(store, { trashFor: 0 })
    const how = { signal: AbortSignal.abort() }
    expect((await collectStore(plan, errandsOf(plan), how)).outcomes).toEqual([])
    expect(listTrash(store).map((row) => row.id)).toEqual([id])
  })

  it('takes what leaked processes hold for what it is, before and after', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, long), ended(1, long)] })
    const lock = tryLock(files.toolLock(dir, 'command'), {})
    expect(planStore(store, policy).verdicts).toEqual([{ id, act: 'keep', why: 'leaked' }])
    lock?.release()
    let late: ReturnType<typeof tryLock>
    const [outcome] = await collect(store, () => {
      late = tryLock(files.toolLock(dir, 'command'), {})
    })
    late?.release()
    expect(outcome).toMatchObject({ id, result: 'skipped' })
  })

  it('leaves what another machine of a shared store worked on', async () => {
    const store = makeStore()
    const there = started(1, long)
    const process = { ...(there[1] as { process: object }).process, host: 'elsewhere' }
    const told = [['turn_started', { ...there[1], process }, there[2]] as const, ended(1, long)]
    const { id } = writeSession(store, { told: told as never })
    const file = `${store.dir}/project.toml`
    writeFileSync(file, readFileSync(file, 'utf8').replace('shared = false', 'shared = true'))
    expect(planStore(store, policy).verdicts).toEqual([{ id, act: 'keep', why: 'foreign' }])
  })

  it('keeps away from what is damaged, newer, or no directory', async () => {
    const store = makeStore()
    const [broken, missing, newer] = [1, 2, 3].map(() => writeSession(store))
    writeFileSync(`${broken?.dir}/transcript.jsonl`, '')
    writeFileSync(`${missing?.dir}/state.toml`, '\0\0')
    const state = readFileSync(`${newer?.dir}/state.toml`, 'utf8')
    writeFileSync(`${newer?.dir}/state.toml`, state.replace('format = 1', 'format = 2'))
    writeFileSync(`${store.dir}/sessions/${nextId()}`, '')
    expect(planStore(store, policy).verdicts.map(({ act, why }) => [act, why])).toEqual([
      ['keep', 'unreadable'],
      ['keep', 'unreadable'],
      ['keep', 'newer'],
      ['keep', 'unreadable'],
    ])
  })

  it('removes directories that were closed to their owner', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { place: 'trash' })
    mkdirSync(`${dir}/output/turn-0001/mod/cache`, { recursive: true })
    writeFileSync(`${dir}/output/turn-0001/mod/cache/x`, '')
    for (const path of ['mod/cache', 'mod']) chmodSync(`${dir}/output/turn-0001/${path}`, 0o500)
    const plan = planStore(store, { trashFor: 0 })
    const { outcomes } = await collectStore(plan, errandsOf(plan))
    expect(outcomes).toMatchObject([{ id, act: 'purge', result: 'done' }])
    expect(listTrash(store)).toEqual([])
  })

  it('counts as removed only what is gone, and leaves what somebody is at', async () => {
    const store = makeStore()
    writeSession(store)
    const built = `${store.dir}/staging/${nextId()}`
    mkdirSync(built)
    utimesSync(built, 0, 0)
    const builder = tryLock(storeFiles.stagingLock(store.dir), undefined)
    expect((await collectStore(planStore(store, {}), [])).swept).toBe(0)
    builder?.release()
    expect((await collectStore(planStore(store, {}), [])).swept).toBe(1)
    expect(planStore(store, {}).leftovers).toEqual([])
    for (const told of [[started(1, long)], [started(1, long), ended(1, long)]]) {
      const { dir } = writeSession(store, { place: 'ephemeral', told })
      expect(planStore(store, {}).leftovers).toEqual([])
      utimesSync(dir, 0, 0)
      expect((await collectStore(planStore(store, {}), [])).swept).toBe(1)
    }
  })

  it('loses no line of its log to one that a crash cut short', async () => {
    const store = makeStore()
    const log = `${store.dir}/gc.log.jsonl`
    writeSession(store)
    writeFileSync(log, '{"v":1,"id":"0')
    await collect(store)
    const [, ...lines] = readFileSync(log, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ act: 'trash' }])
  })

  it('does nothing and takes no lock where there is nothing to do', async () => {
    const store = makeStore()
    const { id } = writeSession(store)
    await appendEntry(store, id, { type: 'message', text: 'now' })
    const plan = planStore(store, policy)
    const lock = tryLock(`${store.dir}/locks/maintenance.lock`, {})
    expect(await collectStore(plan, errandsOf(plan))).toEqual({ outcomes: [], swept: 0 })
    lock?.release()
  })
})
