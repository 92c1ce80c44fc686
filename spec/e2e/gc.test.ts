/** Cleaning up by policy: gc, clean, du, and the stores of projects. */

import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { tryLock } from '../../lib/os/lock-file.ts'
import {
  agent,
  entriesOf,
  expectRefusal,
  expectWhole,
  isRunning,
  makePlace,
  type Place,
  preload,
  type Row,
  snapshot,
  touch,
  until,
} from '../support/cli.ts'
import { startAtTerminal } from '../support/terminal.ts'

const day = 86_400_000

/** Makes a session as the clock had it some days ago. */
function makeOld(place: Place, days: number, args = ['--', 'echo', 'hello']): Promise<string> {
  return place.make(args, inThePast(days))
}

function inThePast(days: number) {
  return { env: { CLOCK_OFFSET: String(-days * day) }, preload: [preload('clock')] }
}

/** What a run says that is to be seen. */
async function said(place: Place, args: readonly string[]): Promise<[number | null, string]> {
  const { status, stdout, stderr } = await place.stint(args)
  expect(stdout).toBe('')
  return [status, stderr]
}

function removalsOf(place: Place): Row[] {
  const text = readFileSync(`${place.store()}/gc.log.jsonl`, 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

describe('gc', () => {
  test('moves old sessions to the trash, and out of it later; silent when there is nothing', async () => {
    const place = makePlace()
    const old = await makeOld(place, 40, ['--name', 'old', '--', 'echo', 'kept'])
    const young = await place.make()
    expect(await said(place, ['gc'])).toEqual([0, ''])
    const before = snapshot(place.home)
    const plan = await place.stint(['gc', '--older-than', '30d', '--dry-run'])
    expect(plan.status).toBe(0)
    expect(plan.stdout).toMatch(
      new RegExp(`^${old} +trash +\\S+ KiB +40d ago +last used too long ago +old`, 'm'),
    )
    expect(plan.stdout).not.toContain(young)
    expect(plan.stderr).toMatch(/^1 of 2 sessions, .*; 1 stays: 1 used less than an hour ago$/m)
    expect(snapshot(place.home)).toEqual(before)

    const [status, line] = await said(place, ['gc', '--older-than', '30d'])
    expect(status).toBe(0)
    expect(line).toMatch(/^1 session moved to the trash \(.* KiB\)\n$/)
    expect(await said(place, ['gc', '--older-than', '30d'])).toEqual([0, ''])
    expect((await place.stint(['gc', '--older-than', '30d', '--dry-run'])).stderr).toMatch(
      /^nothing is to be done with any session; 1 stays: /,
    )
    expect((await place.json<Row[]>(['list'])).map(({ id }) => id)).toEqual([young])
    const [trashed] = await place.json<Row[]>(['trash', 'list'])
    expect(trashed).toMatchObject({ id: old, phase: 'retired' })
    // It was not made young by what was written into it.
    expect(Date.now() - Date.parse(trashed?.last_accessed)).toBeGreaterThan(39 * day)

    expect((await place.stint(['gc', '--trash-for', '0s', '--dry-run'])).stdout).toMatch(
      new RegExp(`^${old} +purge .* in the trash for \\S+ +old`, 'm'),
    )
    const purged = await place.json<Row>(['gc', '--trash-for', '0s'])
    const done = { act: 'purge', result: 'done', why: 'trashed', bytes: expect.any(Number) }
    expect(purged.stores).toEqual([
      {
        ...{ store: place.store(), project_path: place.cwd, orphaned: false, removed: false },
        ...{ busy: false, failure: null, outcomes: [{ id: old, ...done }], swept: 0 },
      },
    ])
    expect(readdirSync(`${place.store()}/trash`)).toEqual([])
    expect(removalsOf(place).map(({ id, act, why }) => [id, act, why])).toEqual([
      [old, 'trash', 'old'],
      [old, 'purge', 'trashed'],
    ])
  })

  test('leaves one that somebody brought back, until it is old again', async () => {
    const place = makePlace()
    const id = await makeOld(place, 40)
    await place.stint(['gc', '--older-than', '30d'])
    expect((await place.stint(['trash', 'restore', id])).status).toBe(0)
    expect(await said(place, ['gc', '--older-than', '30d'])).toEqual([0, ''])
    expect(await place.json(['show', id])).toMatchObject({ phase: 'active', status: 'idle' })
    expectWhole(entriesOf(place.session(id)))
  })

  test('records crashes, without making the session young', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`], inThePast(2))
    const id = await run.session()
    await run.says('working as')
    const pid = Number(/working as (\d+)/.exec(run.stdout())?.[1])
    run.kill('SIGKILL')
    await run.ended
    expect(await said(place, ['gc', '--older-than', '1d'])).toEqual([0, ''])
    expect(await place.json(['show', id])).toMatchObject({ status: 'orphaned' })
    touch(`${place.dir}/gate`)
    await until('the agent is gone', () => !isRunning(pid))
    expect((await place.stint(['gc', '--dry-run'])).stdout).toMatch(
      new RegExp(`^${id} +record .* its supervisor is gone`, 'm'),
    )
    expect(await said(place, ['gc'])).toEqual([0, '1 session recorded as crashed\n'])
    const row = await place.json(['show', id])
    expect(row).toMatchObject({ status: 'idle', outcome: 'crashed' })
    expect(Date.now() - Date.parse(row.last_accessed)).toBeGreaterThan(1.9 * day)
  })

  test('never touches what runs, is pinned or is above what runs', async () => {
    const place = makePlace()
    const parent = await makeOld(place, 40)
    const pinned = await makeOld(place, 40)
    await place.stint(['pin', pinned], inThePast(40))
    const gate = `${place.dir}/gate`
    const run = place.start(
      ['run', '--parent', parent, '--', agent('hold.sh'), gate],
      inThePast(40),
    )
    const child = await run.session()
    await run.says('working as')
    const { stores } = await place.json<Row>(['gc', '--older-than', '1d', '--dry-run'])
    expect(stores[0].verdicts).toEqual([
      { id: parent, act: 'keep', why: 'kin' },
      { id: pinned, act: 'keep', why: 'pinned' },
      { id: child, act: 'keep', why: 'live' },
    ])
    touch(gate)
    expect((await run.ended).status).toBe(0)
  })

  test('carries out a plan that was written before, and skips what changed', async () => {
    const place = makePlace()
    const [a, b, c, d] = [
      await makeOld(place, 40, ['--name', 'a', '--', 'true']),
      await makeOld(place, 41, ['--name', 'b', '--', 'true']),
      await makeOld(place, 42, ['--name', 'c', '--', 'true']),
      await makeOld(place, 43, ['--name', 'd', '--', 'true']),
    ]
    const file = `${place.dir}/plan.json`
    expect((await place.stint(['gc', '--older-than', '30d', '--plan', file])).status).toBe(0)
    const plan = JSON.parse(readFileSync(file, 'utf8')) as Row
    expect(plan.stores[0].verdicts.map(({ act }: Row) => act)).toEqual(Array(4).fill('trash'))
    await place.stint(['rename', b, 'renamed'], inThePast(10))
    await place.stint(['delete', d])
    plan.stores[0].verdicts = plan.stores[0].verdicts.filter(({ id }: Row) => id !== c)
    writeFileSync(file, JSON.stringify(plan))
    const { stores } = await place.json<Row>(['gc', '--apply', file])
    const found = Object.fromEntries(stores[0].outcomes.map((one: Row) => [one.id, one]))
    expect(found[a]).toMatchObject({ act: 'trash', result: 'done', why: 'old' })
    expect(found[b]).toMatchObject({
      result: 'skipped',
      why: expect.stringMatching(/used or changed since/),
    })
    expect(found[d]).toMatchObject({ result: 'skipped', why: 'it is not there any more' })
    expect((await place.json<Row[]>(['list'])).map(({ name }) => name).sort()).toEqual([
      'c',
      'renamed',
    ])
    expect(removalsOf(place).map(({ id, act }) => [id, act])).toEqual([
      [b, 'trash'],
      [a, 'trash'],
      [b, 'kept'],
    ])
  })

  test('does what a plan names twice once, and the log says what happened', async () => {
    const place = makePlace()
    const id = await makeOld(place, 40)
    const file = `${place.dir}/plan.json`
    await place.stint(['gc', '--older-than', '30d', '--plan', file])
    const plan = JSON.parse(readFileSync(file, 'utf8')) as Row
    plan.stores[0].verdicts.push(plan.stores[0].verdicts[0])
    writeFileSync(file, JSON.stringify(plan))
    const { stores } = await place.json<Row>(['gc', '--apply', file])
    expect(stores[0].outcomes).toEqual([
      { id, act: 'trash', result: 'skipped', why: 'the plan names it twice' },
      expect.objectContaining({ id, act: 'trash', result: 'done' }),
    ])
    expect(removalsOf(place).map((row) => [row.id, row.act])).toEqual([[id, 'trash']])
    const again = await place.stint(['gc', '--apply', file])
    expect([again.status, again.stderr]).toEqual([
      0,
      '2 skipped (the first: it is not there any more)\n',
    ])
  })

  test.each([
    ['{', 'it is no JSON'],
    ['[]', 'it is no JSON object'],
    ['{"format":2}', 'its format is not 1'],
    ['{"format":1}', 'it has no stores'],
    ['{"format":1,"stores":[{"store":"/x","verdicts":[{"id":"x","act":"trash"}]}]}', '"x" is no'],
    ['{"format":1,"stores":[{"store":"/elsewhere","verdicts":[]}]}', 'there is no store'],
    [
      '{"format":1,"stores":[{"store":"/x","verdicts":[]},{"store":"/x","verdicts":[]}]}',
      'it has a store twice',
    ],
  ])('refuses a file that is no plan: %s', async (text, problem) => {
    const place = makePlace()
    await place.make()
    const before = snapshot(place.home)
    writeFileSync(`${place.dir}/plan`, text)
    const ran = await place.stint(['gc', '--apply', `${place.dir}/plan`])
    expectRefusal(ran, { status: 2, code: 'PLAN_INVALID' })
    expect(ran.stderr).toContain(problem)
    expect(snapshot(place.home)).toEqual(before)
  })

  test('stops when the clock cannot be right, and says why', async () => {
    const place = makePlace()
    const id = await makeOld(place, 3)
    const before = snapshot(place.home)
    const ahead = { env: { CLOCK_OFFSET: String(900 * day) }, preload: [preload('clock')] }
    const ran = await place.stint(['gc', '--older-than', '30d'], ahead)
    expectRefusal(ran, { status: 7, code: 'CLOCK_SUSPECT', hint: /--trust-clock/ })
    await makeOld(place, -4)
    const back = await place.stint(['gc', '--older-than', '1d'])
    expectRefusal(back, { status: 7, code: 'CLOCK_SUSPECT' })
    expect(back.stderr).toContain('was used later')
    expect(Object.keys(snapshot(place.home)).length).toBeGreaterThan(Object.keys(before).length)
    const clean = ['clean', '--days', '1']
    expectRefusal(await place.stint(clean), { status: 7, code: 'CLOCK_SUSPECT' })
    const trusting = await place.stint([...clean, '--trust-clock', '--dry-run'])
    expect([trusting.status, trusting.stdout.includes(id)]).toEqual([0, true])
    expect((await place.stint(['gc', '--older-than', '1d', '--trust-clock'])).status).toBe(0)
    expect((await place.json<Row[]>(['trash', 'list'])).map((row) => row.id)).toEqual([id])
  })

  test('goes on beside a session from the future that is pinned, as the doctor says', async () => {
    const place = makePlace()
    const [old, ahead] = [await makeOld(place, 40), await makeOld(place, -40)]
    const args = ['gc', '--older-than', '30d']
    const ran = await place.stint(args)
    expectRefusal(ran, { status: 7, code: 'CLOCK_SUSPECT', hint: new RegExp(`stint pin ${ahead}`) })
    const { checks } = await place.json(['doctor'])
    expect(checks).toMatchObject([{ id: 'time.future', fix: `stint pin ${ahead}` }])
    expect((await place.stint(['pin', ahead])).status).toBe(0)
    expect((await place.stint(args)).status).toBe(0)
    expect((await place.json<Row[]>(['trash', 'list'])).map(({ id }) => id)).toEqual([old])
    expect((await place.json(['doctor'])).checks).toMatchObject([{ id: 'time.future', fix: null }])
    const later = { env: { CLOCK_OFFSET: String(900 * day) }, preload: [preload('clock')] }
    expectRefusal(await place.stint(args, later), { status: 7, code: 'CLOCK_SUSPECT' })
  })

  test('goes on beside a session from the future that only a newer stint can pin', async () => {
    const place = makePlace()
    const [old, ahead] = [await makeOld(place, 40), await makeOld(place, -40)]
    const file = `${place.session(ahead)}/state.toml`
    writeFileSync(file, readFileSync(file, 'utf8').replace('format = 1', 'format = 2'))
    expectRefusal(await place.stint(['pin', ahead]), { status: 6, code: 'FORMAT_NEWER' })
    expect((await place.stint(['gc', '--older-than', '30d'])).status).toBe(0)
    expect((await place.json<Row[]>(['trash', 'list'])).map(({ id }) => id)).toEqual([old])
    const { checks } = JSON.parse((await place.stint(['doctor', '--json'])).stdout)
    expect(checks.find(({ id }: Row) => id === 'time.future')).toMatchObject({ fix: null })
  })

  test('takes what crashed away on a full disk, too', async () => {
    const place = makePlace()
    const past = inThePast(40)
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`], past)
    const id = await run.session()
    await run.says('working as')
    run.kill('SIGKILL')
    await run.ended
    touch(`${place.dir}/gate`)
    expect((await place.stint(['wait', id])).status).toBe(1)
    const full = { root: place.home, at: 1, do: 'ENOSPC', onward: true }
    const how = { preload: [preload('faults')], env: { STINT_FAULTS: JSON.stringify(full) } }
    expect((await place.stint(['gc', '--older-than', '30d'], how)).status).toBe(0)
    expect(await place.json(['list'])).toEqual([])
    expect(await place.json(['trash', 'list'])).toMatchObject([{ id }])
  })

  test('gives way to another clean-up, and exits 0', async () => {
    const place = makePlace()
    const id = await makeOld(place, 40)
    const lock = tryLock(`${place.store()}/locks/maintenance.lock`, {})
    const line = `another clean-up is at work on the sessions of ${place.cwd}\n`
    expect(await said(place, ['gc', '--older-than', '30d'])).toEqual([0, line])
    expect(await said(place, ['clean', '--days', '30'])).toEqual([0, line])
    lock?.release()
    expect((await place.json<Row[]>(['list'])).map((row) => row.id)).toEqual([id])
  })

  test('removes what crashes left once nobody is at it', async () => {
    const place = makePlace()
    await place.make()
    const store = place.store()
    const half = [`${store}/last.4711`, `${store}/project.toml.4711`]
    for (const path of half) writeFileSync(path, 'half')
    // Nobody left these.
    mkdirSync(`${store}/last.4712`)
    writeFileSync(`${store}/last.word`, '')
    await place.stint(['gc'])
    expect(half.map((path) => existsSync(path))).toEqual([true, true])
    mkdirSync(`${store}/staging/01JH4QWERT0000000000000001/locks`, { recursive: true })
    mkdirSync(`${store}/trash/.gone-01JH4QWERT0000000000000002/output`, { recursive: true })
    const later = { env: { CLOCK_OFFSET: String(2 * 3_600_000) }, preload: [preload('clock')] }
    expect((await place.stint(['gc'], later)).stderr).toBe('4 leftovers of crashes removed\n')
    expect(
      readdirSync(store)
        .filter((name) => /^(last|project\.toml)\./.test(name))
        .sort(),
    ).toEqual(['last.4712', 'last.word'])
    expect(readdirSync(`${store}/staging`)).toEqual([])
    expect(readdirSync(`${store}/trash`)).toEqual([])
  })

  test('archives what goes to the trash, and nothing goes whose archive cannot be made', async () => {
    const place = makePlace()
    const id = await makeOld(place, 40, ['--name', 'old', '--', 'echo', 'kept'])
    writeFileSync(`${place.dir}/taken`, '')
    const refused = await place.stint([
      ...['gc', '--older-than', '30d', '--json', '--archive', `${place.dir}/taken`],
    ])
    expect(refused.status).toBe(1)
    expect(JSON.parse(refused.stdout).stores[0].outcomes).toEqual([
      { id, act: 'trash', result: 'failed', why: expect.any(String), code: 'IO_FAILED' },
    ])
    expect(refused.stderr).toContain(`session ${id} was not moved to the trash`)
    expect((await place.json<Row[]>(['list'])).map((row) => row.id)).toEqual([id])

    const part = (name: string) => `${place.dir}/archive/.${name}.tar.gz.${id}.part`
    const old = [part(id), part(`${id}.7`), part('mine'), `${part(id)}.x`]
    const young = part(`${id}.8`)
    mkdirSync(`${place.dir}/archive`)
    for (const path of [...old, young]) writeFileSync(path, 'half')
    for (const path of old) utimesSync(path, 0, 0)
    const half = () => [...old, young].filter((path) => existsSync(path))
    // Nothing is to be archived, so nobody looks there.
    expect((await place.stint(['gc', '--archive', '../archive'])).stderr).toBe('')
    expect(half()).toEqual([...old, young])

    const args = ['gc', '--older-than', '30d', '--archive', '../archive']
    const { stores } = await place.json<Row>(args)
    const archive = `${place.dir}/archive/${id}.tar.gz`
    expect(stores[0]).toMatchObject({ swept: 2, outcomes: [{ id, result: 'done', archive }] })
    expect(half()).toEqual([old[2], old[3], young])
    expect((await place.stint(['trash', 'empty'])).status).toBe(0)
    expect((await place.stint(['import', archive])).status).toBe(0)
    expect((await place.stint(['logs', 'old', '--type', 'output'])).stdout).toContain('kept')
    expect(removalsOf(place).map(({ act }) => act)).toEqual(['trash', 'kept', 'trash'])
  })

  test('takes its rules from the settings, and is told by flags', async () => {
    const place = makePlace()
    const id = await makeOld(place, 10)
    mkdirSync(`${place.dir}/config/stint`, { recursive: true })
    writeFileSync(
      `${place.dir}/config/stint/config.toml`,
      '[gc]\nolder_than = "5d"\nkeep_last = 1\nolder_then = "1d"\n',
    )
    const ran = await place.stint(['gc'])
    expect(ran.stderr).toContain('unknown key gc.older_then; did you mean gc.older_than?')
    expect((await place.json<Row[]>(['list'], { env: {} })).length).toBe(1)
    expect((await place.stint(['gc', '--keep-last', '0', '--older-than', '20d'])).status).toBe(0)
    expect((await place.json<Row[]>(['list'])).length).toBe(1)
    await place.stint(['gc', '--keep-last', '0'])
    expect((await place.json<Row[]>(['trash', 'list'])).map((row) => row.id)).toEqual([id])
    expect(
      JSON.parse((await place.stint(['config', 'gc.keep_last', '--json'])).stdout),
    ).toMatchObject({ value: '1', origin: 'config' })
  })

  test('works on a store whose project is gone only when it is told to', async () => {
    const place = makePlace()
    const other = `${place.dir}/other`
    mkdirSync(other)
    const kept = await makeOld(place, 1)
    const id = await place.make(['--', 'true'], { cwd: other, ...inThePast(2) })
    rmSync(other, { recursive: true })
    const gc = ['gc', '--all-projects', '--json']
    const stores = async (args: readonly string[]) => (await place.json<Row>(args)).stores as Row[]
    const orphan = (all: Row[]) => all.find(({ project_path }) => project_path === other)
    expect(orphan(await stores(gc))).toMatchObject({ orphaned: true, removed: false, outcomes: [] })
    expect((await place.stint(['gc', '--all-projects', '--dry-run'])).stderr).toContain(
      `the project ${other} is gone`,
    )
    expect(orphan(await stores([...gc, '--orphan-stores']))).toMatchObject({
      removed: false,
      outcomes: [{ id, act: 'trash', result: 'done' }],
    })
    const last = orphan(await stores([...gc, '--orphan-stores', '--trash-for', '0s']))
    expect(last).toMatchObject({ removed: true, outcomes: [{ id, act: 'purge' }] })
    expect(await place.json(['list'])).toMatchObject([{ id: kept }])
    expect(readdirSync(`${place.home}/projects`)).toHaveLength(1)
    expect(readFileSync(`${place.home}/gc.log.jsonl`, 'utf8')).toContain(
      `"nothing is left of ${other}"`,
    )
  })

  test('leaves a store in which nothing is, too, until it is told to', async () => {
    const place = makePlace()
    const other = `${place.dir}/other`
    mkdirSync(other)
    await place.make()
    await place.stint([
      'delete',
      await place.make(['--', 'true'], { cwd: other }),
      '--project',
      other,
    ])
    await place.stint(['trash', 'empty', '--project', other])
    rmSync(other, { recursive: true })
    const removed = async (...words: readonly string[]) => {
      const { stores } = await place.json<Row>(['gc', '--all-projects', ...words])
      return stores.map((store: Row) => [store.project_path, store.removed]).sort()
    }
    expect(await removed()).toContainEqual([other, false])
    expect(await removed('--orphan-stores')).toEqual([
      [other, true],
      [place.cwd, false],
    ])
  })

  test('says what it did in a store that it cannot remove', async () => {
    const place = makePlace()
    const other = `${place.dir}/other`
    mkdirSync(other)
    const id = await place.make(['--', 'true'], { cwd: other, ...inThePast(2) })
    await place.make()
    rmSync(other, { recursive: true })
    const gc = ['gc', '--all-projects', '--orphan-stores', '--trash-for', '0s']
    await place.stint(gc)
    const faults = { root: place.home, at: 1, do: 'EIO', from: '.gone-other' }
    const ran = await place.stint(gc, {
      preload: [preload('faults')],
      env: { STINT_FAULTS: JSON.stringify(faults) },
    })
    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain(`warning: not everything was done for ${other}: `)
    expect(ran.stderr).toMatch(/^1 session purged from the trash/m)
    expect(await place.json(['gc', '--all-projects', '--orphan-stores', '--json'])).toMatchObject({
      stores: expect.arrayContaining([expect.objectContaining({ removed: true })]),
    })
    expect(readFileSync(`${place.home}/gc.log.jsonl`, 'utf8')).toContain(id)
  })

  test('says what it did in a store whose disk failed in the middle', async () => {
    const place = makePlace()
    const [gone, old] = [await makeOld(place, 40), await makeOld(place, 40)]
    await place.stint(['delete', gone])
    const faults = { root: place.store(), at: 1, do: 'EIO', onward: true, from: `sessions/${old}` }
    const other = `${place.dir}/other`
    mkdirSync(other)
    await place.make(['--', 'true'], { cwd: other })
    const gc = ['gc', '--all-projects', '--older-than', '30d', '--trash-for', '0s']
    const ran = await place.stint(gc, {
      preload: [preload('faults')],
      env: { STINT_FAULTS: JSON.stringify(faults) },
    })
    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain(`warning: not everything was done for ${place.cwd}: `)
    expect(ran.stderr).toMatch(/^1 session purged from the trash/m)
  })

  test.each([[[]], [['--all-projects']]])(
    'says what it did where bringing it to the disk failed: gc %j',
    async (where) => {
      const place = makePlace()
      const [a, b] = [await makeOld(place, 41), await makeOld(place, 40)]
      if (where.length > 0) {
        mkdirSync(`${place.dir}/other`)
        await place.make(['--', 'true'], { cwd: `${place.dir}/other` })
      }
      const projects = `${place.home}/projects`
      const name = readdirSync(projects).find((name) => name.startsWith('project-')) as string
      const from = `trash/${b}`
      const faults = { root: `${projects}/${name}`, at: 1, do: 'EIO', onward: true, from }
      const ran = await place.stint(['gc', '--older-than', '30d', '--json', ...where], {
        preload: [preload('faults')],
        env: { STINT_FAULTS: JSON.stringify(faults) },
      })
      expect(ran.status).toBe(1)
      const [run] = (JSON.parse(ran.stdout) as Row).stores.filter(
        (one: Row) => one.project_path === place.cwd,
      )
      expect(run.failure.code).toBe('IO_FAILED')
      expect(run.outcomes).toMatchObject([
        { id: a, act: 'trash', result: 'done' },
        { id: b, act: 'trash', result: 'failed' },
      ])
    },
  )

  test('goes on with other projects when the store of one cannot be read', async () => {
    const place = makePlace()
    const id = await makeOld(place, 40)
    const other = `${place.dir}/other`
    mkdirSync(other)
    await place.make(['--', 'true'], { cwd: other })
    const broken = readdirSync(`${place.home}/projects`).find((name) => name.startsWith('other-'))
    writeFileSync(`${place.home}/projects/${broken}/project.toml`, 'format = ')
    const gc = ['gc', '--all-projects', '--older-than', '30d']
    const plan = await place.stint([...gc, '--dry-run'])
    expect([plan.status, plan.stdout.includes(id)]).toEqual([1, true])
    const ran = await place.stint(gc)
    expect(ran.status).toBe(1)
    expect(ran.stderr).toMatch(/^warning: nothing was done for .*project\.toml/m)
    expect(ran.stderr).toMatch(/^1 session moved to the trash/m)
    expectRefusal(await place.stint(['gc'], { cwd: other }), {
      ...{ status: 6, code: 'STATE_INVALID', hint: /doctor --fix/ },
    })
  })

  test('prints a line for cron that works with next to no environment', async () => {
    const place = makePlace()
    const id = await makeOld(place, 40)
    const { stdout } = await place.stint(['gc', '--older-than', '30d', '--print-cron'])
    const line = stdout.split('\n').at(1) ?? ''
    expect(line).toMatch(/^17 3 \* \* \* /)
    const command = line.replace('17 3 * * * ', '').replaceAll('\\%', '%')
    const ran = spawnSync('/bin/sh', ['-c', command], {
      cwd: '/',
      encoding: 'utf8',
      env: { HOME: place.dir, STINT_TEST: '1' },
    })
    expect(ran).toMatchObject({ status: 0, stdout: '' })
    expect(ran.stderr).toMatch(/^1 session moved to the trash/)
    expect((await place.json<Row[]>(['trash', 'list'])).map((row) => row.id)).toEqual([id])
  })

  test('prints a line for cron with the settings that its environment will not have', async () => {
    const place = makePlace()
    const env = { STINT_HOME: 'relative', STINT_GC_OLDER_THAN: '30d' }
    const { stdout } = await place.stint(['gc', '--print-cron'], { env })
    expect(stdout).toContain(` STINT_HOME=${place.cwd}/relative `)
    expect(stdout).toContain(' STINT_GC_OLDER_THAN=30d /')
    const other = { STINT_HOME: undefined, XDG_STATE_HOME: `${place.dir}/xdg` }
    expect((await place.stint(['gc', '--print-cron'], { env: other })).stdout).toContain(
      ` XDG_STATE_HOME=${place.dir}/xdg `,
    )
    const both = await place.stint(['gc', '--print-cron', '--print-systemd'])
    expectRefusal(both, { status: 2, code: 'USAGE' })
  })

  test('prints no line for cron of which a part would be another job', async () => {
    const place = makePlace()
    const cwd = `${place.dir}/one\n* * * * * two`
    mkdirSync(cwd)
    const ran = await place.stint(['gc', '--print-cron'], { cwd })
    expectRefusal(ran, { status: 2, code: 'USAGE', hint: false })
    const unit = (await place.stint(['gc', '--print-systemd', '--plan', 'p'], { cwd })).stdout
    expect(unit).toContain('two/p"\n')
    expect(unit).toContain('"--project=')
    expect(unit).toContain('one\\n* * * * * two" ')
  })

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
  test.skipIf(!hasSystemd)('prints units that systemd takes', async () => {
    const place = makePlace()
    const cwd = `${place.dir}/with $dollar %u "quotes" and spaces`
    mkdirSync(cwd)
    const { stdout } = await place.stint(['gc', '--older-than', '30d', '--print-systemd'], { cwd })
    const files = stdout.split(/^# ~\/\.config\/systemd\/user\//m).slice(1)
    const paths = files.map((text) => {
      const path = `${place.dir}/${text.split('\n', 1)[0]}`
      writeFileSync(path, text.slice(text.indexOf('\n') + 1))
      return path
    })
    expect(paths).toHaveLength(2)
    execFileSync('systemd-analyze', ['verify', '--man=no', ...paths])
  })
})

describe('clean', () => {
  test('moves what was not used for some days to the trash, and nothing else', async () => {
    const place = makePlace()
    const [a, b] = [await makeOld(place, 31), await makeOld(place, 29)]
    expectRefusal(await place.stint(['clean']), { status: 2, code: 'USAGE' })
    expect((await place.stint(['clean', '--days', '30', '--dry-run'])).stdout).toContain(a)
    expect((await place.stint(['clean', '--days', '30', '--tool', 'codex'])).stderr).toBe(
      'nothing to clean\n',
    )
    mkdirSync(`${place.store()}/trash/.gone-01JH4QWERT0000000000000002`, { recursive: true })
    expect((await place.stint(['clean', '--days', '90'])).stderr).toBe(
      '1 leftover of crashes removed\n',
    )
    expect((await said(place, ['clean', '--days', '30']))[1]).toMatch(/^1 session moved/)
    expect((await place.json<Row[]>(['list'])).map((row) => row.id)).toEqual([b])
  })
})

describe('delete --tree', () => {
  test('takes all that descends along, or nothing while one of them lives', async () => {
    const place = makePlace()
    const top = await place.make()
    const middle = await place.make(['--parent', top, '--', 'true'])
    const leaf = await place.make(['--parent', middle, '--', 'true'])
    const other = await place.make()
    const run = place.start(['resume', middle, '--', agent('hold.sh'), `${place.dir}/gate`])
    await run.says('working as')
    expectRefusal(await place.stint(['delete', '--tree', top]), {
      ...{ status: 5, code: 'SESSION_LOCKED' },
    })
    expect(await place.json<Row[]>(['trash', 'list'])).toEqual([])
    run.kill('SIGKILL')
    await run.ended
    expectRefusal(await place.stint(['delete', '--tree', top]), {
      ...{ status: 5, code: 'SESSION_ORPHANED' },
    })
    expect(await place.json<Row[]>(['trash', 'list'])).toEqual([])
    expect((await place.stint(['kill', middle])).status).toBe(0)
    const leaked = tryLock(`${place.session(top)}/locks/command.lock`, undefined)
    expectRefusal(await place.stint(['delete', '--tree', top]), {
      ...{ status: 5, code: 'SESSION_LEAKED' },
    })
    expect(await place.json<Row[]>(['trash', 'list'])).toEqual([])
    leaked?.release()
    expect((await place.json<Row[]>(['delete', '--tree', top])).map(({ id }) => id)).toEqual([
      leaf,
      middle,
      top,
    ])
    expect((await place.json<Row[]>(['list'])).map(({ id }) => id)).toEqual([other])
  })

  test('without it the children hang below one that is gone', async () => {
    const place = makePlace()
    const top = await place.make()
    const child = await place.make(['--parent', top, '--', 'true'])
    await place.stint(['delete', top])
    expect(await place.json<Row[]>(['list', '--tree'])).toMatchObject([
      { id: top, status: 'gone', children: [{ id: child }] },
    ])
  })
})

describe('du and list --size', () => {
  test('agree with du(1), the largest first', async () => {
    const place = makePlace()
    const small = await place.make()
    const large = await place.make([
      ...['--', 'sh', '-c', 'head -c 300000 /dev/urandom > "$STINT_OUTPUT_DIR/blob"'],
    ])
    const [usage] = await place.json<Row[]>(['du'])
    expect(usage?.sessions.map(({ id }: Row) => id)).toEqual([large, small])
    for (const row of usage?.sessions ?? []) {
      const [size] = execFileSync('du', ['-sB1', place.session(row.id)], {
        encoding: 'utf8',
      }).split('\t')
      expect(row.bytes).toBe(Number(size))
    }
    const rows = await place.json<Row[]>(['list', '--size', '--sort', 'size'])
    expect(rows.map(({ id, size_bytes }) => [id, size_bytes])).toEqual(
      usage?.sessions.map(({ id, bytes }: Row) => [id, bytes]),
    )
    expect((await place.stint(['list', '--size'])).stdout).toMatch(/^SESSION +SIZE +STATUS/)
    const ofOne = await place.stint(['du', small])
    expect(ofOne.stdout).toMatch(new RegExp(`^SESSION +SIZE .*\\n${small} +\\S+ KiB `))
    expect(ofOne.stdout).not.toContain(large)
    expect((await place.stint(['du'])).stderr).toMatch(/, 0 B in the trash\n$/)
    await place.stint(['delete', small])
    expect((await place.json<Row[]>(['du']))[0]?.trash_bytes).toBe(
      usage?.sessions.find(({ id }: Row) => id === small)?.bytes,
    )
    writeFileSync(`${place.session(large)}/state.toml`, 'garbage')
    await place.stint(['doctor', '--fix'])
    expect((await place.json<Row[]>(['du']))[0]?.quarantine_bytes).toBeGreaterThan(0)
    expect((await place.stint(['du'])).stderr).toMatch(/ KiB in quarantine\/\n$/)
  })
})

describe('project move', () => {
  test('brings sessions and trash along, and resumes in the new place', async () => {
    const place = makePlace()
    const [old, moved] = [`${place.dir}/old`, `${place.dir}/moved`]
    mkdirSync(`${old}/sub`, { recursive: true })
    const id = await place.make(['--name', 'one', '--', 'pwd'], { cwd: `${old}/sub`, env: {} })
    const store = `${place.home}/projects/${readdirSync(`${place.home}/projects`)[0]}`
    const trashed = await place.make(['--', 'true'], { cwd: old })
    await place.stint(['delete', trashed, '--project', old])
    renameSync(old, moved)
    const lost = await place.stint(['show', 'one'], { cwd: moved })
    expectRefusal(lost, { status: 3, code: 'SESSION_ELSEWHERE', hint: false })
    const inNew = await place.make(['--', 'true'], { cwd: moved })
    const told = (await place.stint(['project', 'move', old, moved])).stderr
    expect(told.split('\n').sort()).toEqual([
      '',
      `1 session of ${old} moved to ${moved}`,
      `1 session of ${old}/sub moved to ${moved}/sub`,
    ])
    const ran = await place.stint(['resume', 'one', '-q', '--', 'pwd'], { cwd: `${moved}/sub` })
    expect(ran.stdout).toBe(`${moved}/sub\n`)
    const rows = await place.json<Row[]>(['list', '--all-projects'], { cwd: moved })
    expect(rows.map(({ id, project_path }) => [id, project_path])).toEqual([
      [inNew, moved],
      [id, `${moved}/sub`],
    ])
    expect(
      (await place.json<Row[]>(['trash', 'list'], { cwd: moved })).map((row) => row.id),
    ).toEqual([trashed])
    expect(existsSync(store)).toBe(false)
    expectRefusal(await place.stint(['project', 'move', old, moved]), {
      ...{ status: 3, code: 'PROJECT_UNKNOWN' },
    })
  })

  test.skipIf(process.platform !== 'linux')(
    'says how far it is within one line of the terminal, however long the path is',
    async () => {
      const place = makePlace()
      const old = `${place.dir}/${'o'.repeat(100)}`
      mkdirSync(old)
      for (const _ of [1, 2]) await place.make(['--', 'true'], { cwd: old })
      const ids = (await place.json<Row[]>(['list'], { cwd: old })).map(({ id }) => String(id))
      const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
      const plan = { call: 'renameSync', in: ids.sort()[1], reached, until: go }
      const run = startAtTerminal(place, ['project', 'move', old, place.dir], {
        env: { PAUSE: JSON.stringify(plan), NODE_OPTIONS: `--require ${preload('pause')}` },
      })
      await until('it is at the second one', () => existsSync(reached))
      await new Promise((resolve) => setTimeout(resolve, 600))
      touch(go)
      const shown = (await run.ended).stdout.split('\r\x1b[K').slice(1, -1)
      expect(shown.at(-1)).toMatch(/^2 sessions of \/.*…$/)
      // Of the 80 columns of a terminal that does not say how many it has.
      for (const line of shown) expect([...line].length).toBeLessThan(80)
    },
  )

  test('goes into a directory of the old one, and takes nothing on from there', async () => {
    const place = makePlace()
    const [old, moved] = [`${place.dir}/old`, `${place.dir}/old/sub`]
    mkdirSync(`${moved}/sub`, { recursive: true })
    const ids = [
      await place.make(['--', 'true'], { cwd: old }),
      await place.make(['--', 'true'], { cwd: moved }),
    ]
    expectRefusal(await place.stint(['project', 'move', old, `${place.dir}/none`]), {
      ...{ status: 3, code: 'PROJECT_UNKNOWN', hint: false },
    })
    expect((await place.stint(['project', 'move', old, moved])).status).toBe(0)
    const rows = await place.json<Row[]>(['list'], { cwd: moved })
    expect(rows.map(({ id }) => id).sort()).toEqual(ids.sort())
  })

  test('stops between two sessions, and goes on when it is called again', async () => {
    const place = makePlace()
    const [old, moved] = [`${place.dir}/old`, `${place.dir}/moved`]
    for (const dir of [old, moved]) mkdirSync(dir)
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push(await place.make(['--', 'true'], { cwd: old }))
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const plan = { call: 'renameSync', path: `sessions/${ids[0]}`, reached, until: go }
    const run = place.start(['project', 'move', old, moved], {
      env: { PAUSE: JSON.stringify(plan) },
      preload: [preload('pause')],
    })
    await until('it is about to move the first', () => existsSync(reached))
    run.kill('SIGINT')
    touch(go)
    expect((await run.ended).status).toBe(130)
    const left = (await place.json<Row[]>(['list'], { cwd: old })).map(({ id }) => id)
    expect(ids.slice(-left.length).reverse()).toEqual(left)
    expect(left).not.toContain(ids[0])
    expect((await place.stint(['project', 'move', old, moved])).status).toBe(0)
    expect(await place.json<Row[]>(['list'], { cwd: moved })).toHaveLength(5)
  })

  test('leaves what both have, and says what takes it away', async () => {
    const place = makePlace()
    const [old, moved] = [`${place.dir}/the old`, `${place.dir}/moved`]
    for (const dir of [old, moved]) mkdirSync(dir)
    const ids = [
      await place.make(['--', 'true'], { cwd: old }),
      await place.make(['--', 'true'], { cwd: old }),
    ] as const
    const from = place.store()
    await place.make(['--', 'true'], { cwd: moved })
    const [to = ''] = readdirSync(`${place.home}/projects`)
      .map((name) => `${place.home}/projects/${name}`)
      .filter((dir) => dir !== from)
    await place.stint(['delete', ids[1]], { cwd: old })
    mkdirSync(`${to}/trash`, { recursive: true })
    cpSync(`${from}/sessions/${ids[0]}`, `${to}/sessions/${ids[0]}`, { recursive: true })
    cpSync(`${from}/trash/${ids[1]}`, `${to}/trash/${ids[1]}`, { recursive: true })
    rmSync(old, { recursive: true })
    const ran = await place.stint(['project', 'move', old, moved])
    expect(ran.status).toBe(5)
    const commands = [...ran.stderr.matchAll(/`stint ([^`]+)`/g)].map(([, words = '']) => words)
    expect(commands).toEqual([
      `delete ${ids[0]} --project '${old}'`,
      `trash empty ${ids[1]} --project '${old}'`,
    ])
    for (const words of commands) {
      const argv = words.split(' --project')[0]?.split(' ') ?? []
      expect((await place.stint([...argv, '--project', old])).status).toBe(0)
    }
    // What was deleted is in the trash of the old one: no store is to have it twice.
    const again = await place.stint(['project', 'move', old, moved])
    expect([again.status, again.stderr]).toEqual([
      5,
      expect.stringContaining(`\`stint trash empty ${ids[0]} --project '${old}'\``),
    ])
    const { stdout } = await place.stint(['project', 'move', old, moved, '--json'])
    const left = [{ id: ids[0], code: 'TRASH_OCCUPIED', why: expect.any(String) }]
    expect(JSON.parse(stdout)).toEqual([{ from: old, to: moved, moved: [], failure: null, left }])
    await place.stint(['trash', 'empty', '--project', old])
    expect((await place.stint(['project', 'move', old, moved])).status).toBe(0)
    const twice = await place.stint(['doctor', 'trash.twice', '--project', moved])
    expect(twice.stderr).toContain('all fine')
    expect(existsSync(from)).toBe(false)
    expect(existsSync(`${to}/sessions/${ids[0]}`)).toBe(true)
  })

  test('says of each project what it did when one of them cannot be moved', async () => {
    const place = makePlace()
    const [old, moved] = [`${place.dir}/old`, `${place.dir}/moved`]
    mkdirSync(`${old}/sub`, { recursive: true })
    const id = await place.make(undefined, { cwd: old })
    await place.make(undefined, { cwd: `${old}/sub` })
    renameSync(old, moved)
    const projects = `${place.home}/projects`
    const [sub] = readdirSync(projects).filter((name) => name.startsWith('sub-'))
    const lock = tryLock(`${projects}/${sub}/locks/maintenance.lock`, {})
    const args = ['project', 'move', old, moved]
    const ran = await place.stint([...args, '--json'])
    expect([ran.status, JSON.parse(ran.stdout)]).toEqual([
      5,
      [
        { from: old, to: moved, moved: [id], left: [], failure: null },
        {
          ...{ from: `${old}/sub`, to: `${moved}/sub`, moved: [], left: [] },
          failure: { code: 'STORE_BUSY', message: expect.any(String) },
        },
      ],
    ])
    expect(ran.stderr).toContain(`warning: not all of ${old}/sub was moved: another clean-up`)
    expectRefusal(await place.stint(args), { status: 5, code: 'STORE_BUSY' })
    lock?.release()
    expect((await place.stint(args)).status).toBe(0)
  })

  test('leaves one that runs, and takes it when it is asked again', async () => {
    const place = makePlace()
    const moved = `${place.dir}/moved`
    mkdirSync(moved)
    const gate = `${place.dir}/gate`
    execFileSync('git', ['init', '--quiet', place.cwd])
    mkdirSync(`${place.cwd}/sub`)
    const hold = ['run', '--', agent('hold.sh'), gate]
    const run = place.start(hold, { cwd: `${place.cwd}/sub` })
    const id = await run.session()
    await run.says('working as')
    const far = await place.make(['--project', place.cwd, '--', 'true'], { cwd: place.dir })
    const ran = await place.stint(['project', 'move', place.cwd, moved])
    expect(ran.status).toBe(5)
    expect(ran.stderr).toContain(`session ${id} stays`)
    touch(gate)
    await run.ended
    expect((await place.stint(['project', 'move', place.cwd, moved])).status).toBe(0)
    const rows = await place.json<Row[]>(['list'], { cwd: moved })
    expect(rows.map(({ id, cwd }) => [id, cwd])).toEqual([
      [far, place.dir],
      [id, `${moved}/sub`],
    ])
  })
})
