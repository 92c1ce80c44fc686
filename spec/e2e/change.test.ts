/** Changing and cleaning up: rename, pin, delete, trash, config. */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  expectRefusal,
  expectWhole,
  isRunning,
  makePlace,
  preload,
  program,
  type Row,
  snapshot,
  touch,
  until,
  withoutLocks,
} from '../support/cli.ts'

describe('rename and pin', () => {
  test('change nothing where a file may not grow, and say why', async () => {
    const place = makePlace()
    const id = await place.start(['run', '--', 'true']).session()
    expect((await place.stint(['wait', id])).status).toBe(0)
    const before = entriesOf(place.session(id))
    const words = ['sh', '-c', 'ulimit -f 0 && exec "$0" "$@"', process.execPath, program]
    const ran = await place.startOther([...words, 'rename', id, 'other']).ended
    expectRefusal(ran, { status: 7, code: 'DISK_FULL', hint: /raise the limit/ })
    expect(ran.stderr).toContain('`ulimit -f`')
    expect(entriesOf(place.session(id))).toEqual(before)
  })

  test('give a name like an id also where another user noted the first of these', async () => {
    const place = makePlace()
    const [a, b] = [await place.make(), await place.make()]
    expect((await place.stint(['rename', a, '01one'])).status).toBe(0)
    const named = await place.stint(['rename', b, '01two'], {
      preload: [preload('refusals')],
      env: { STINT_REFUSALS: JSON.stringify({ openSync: '/names-like-ids' }) },
    })
    expect(named.status).toBe(0)
    expect(await place.json(['show', '01two'])).toMatchObject({ id: b })
  })

  test('work while the session runs, one entry each', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    expect(await place.json(['rename', id, 'auth'])).toMatchObject({ id, name: 'auth' })
    expect(await place.json(['rename', 'auth', '-d', 'In words'])).toMatchObject({
      description: 'In words',
    })
    expect(await place.json(['pin', 'AUTH'])).toEqual({ id, pinned: true })
    expect(await place.json(['show', 'auth'])).toMatchObject({
      ...{ status: 'running', name: 'auth', description: 'In words', pinned: true },
    })
    expect(await place.json(['unpin', 'auth'])).toEqual({ id, pinned: false })
    touch(gate)
    expect((await run.ended).status).toBe(0)
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    const events = entries.filter(({ type }) => type === 'session').map(({ data }) => data.event)
    expect(events).toEqual(['created', 'renamed', 'renamed', 'pinned', 'unpinned'])
    expect(await place.json(['show', 'auth'])).toMatchObject({ pinned: false, outcome: 'success' })
  })
})

describe('a session that is not kept', () => {
  test('is found by its id while it runs, also by who would change it', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--ephemeral', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    expect(await place.json(['rename', id, 'passing'])).toMatchObject({ id, name: 'passing' })
    expect(await place.json(['pin', id])).toEqual({ id, pinned: true })
    expect(await place.json(['show', id])).toMatchObject({ name: 'passing', pinned: true })
    expectRefusal(await place.stint(['delete', id]), { status: 5, code: 'SESSION_LOCKED' })
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expectRefusal(await place.stint(['pin', id]), { status: 3, code: 'SESSION_UNKNOWN' })
  })
})

describe('delete', () => {
  test('takes a session out of sight, from where it can be brought back as it was', async () => {
    const place = makePlace()
    const [a, b] = [await place.make(['--name', 'a', '--', 'echo', 'kept']), await place.make()]
    const logs = (await place.stint(['logs', a, '--type', 'output'])).stdout
    expect(await place.stint(['delete', 'a', b])).toMatchObject({ status: 0, stdout: '' })
    expect(await place.json<Row[]>(['list'])).toEqual([])
    expectRefusal(await place.stint(['show', a]), { status: 3, code: 'SESSION_UNKNOWN' })
    for (const ref of ['a', a, a.slice(-6)]) {
      expect((await place.stint(['resume', ref, '--', 'true'])).stderr).toContain(
        `it is in the trash: \`stint trash restore ${a}\` brings it back`,
      )
    }
    expect((await place.stint(['show', a.slice(0, 4)])).stderr).toContain(
      '2 such sessions are in the trash: `stint trash list` shows them',
    )
    const trash = await place.json<Row[]>(['trash', 'list'])
    expect(trash.map((row) => row.id)).toEqual([b, a])
    expect(Date.now() - Date.parse(trash[1]?.trashed_at)).toBeLessThan(60_000)
    expect(await place.stint(['trash', 'restore', 'a'])).toMatchObject({ status: 0, stdout: '' })
    expect((await place.stint(['logs', 'a', '--type', 'output'])).stdout).toBe(logs)
    expect((await place.stint(['resume', a, '--', 'true'])).status).toBe(0)
    const entries = entriesOf(place.session(a))
    expectWhole(entries)
    const moves = entries.filter(({ data }) => /trashed|restored/.test(data.event))
    // Bringing it back is using it.
    expect(moves.map(({ data }) => [data.event, data.upkeep])).toEqual([
      ['trashed', true],
      ['restored', undefined],
    ])
    expect(await place.json(['trash', 'empty'])).toEqual({ removed: [b], kept: [] })
    expect(readdirSync(`${place.store()}/trash`)).toEqual([])
    expect((await place.stint(['trash', 'list'])).stderr).toBe('the trash is empty\n')
    expect((await place.stint(['trash', 'empty'])).status).toBe(0)
  })

  test('resolves every REF before it moves anything', async () => {
    const place = makePlace()
    const id = await place.make()
    const before = snapshot(place.home)
    expectRefusal(await place.stint(['delete', id, 'nobody']), {
      status: 3,
      code: 'SESSION_UNKNOWN',
    })
    expect(snapshot(place.home)).toEqual(before)
  })

  test('of several says which was not deleted, and deletes the others; so does trash restore', async () => {
    const place = makePlace()
    const [a, b] = [await place.make(), await place.make()]
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const ran = await place.stint(['delete', a, id, b, '--json'])
    const why = expect.stringContaining('is locked by PID')
    const rows = [{ id: a }, { id, code: 'SESSION_LOCKED', why }, { id: b }]
    expect([ran.status, JSON.parse(ran.stdout)]).toEqual([5, rows])
    expect(ran.stderr).toMatch(
      new RegExp(`^warning: session ${id} is locked by .*; wait for it with `),
    )
    expectRefusal(await place.stint(['delete', id, id]), { status: 5, code: 'SESSION_LOCKED' })
    touch(gate)
    expect((await run.ended).status).toBe(0)

    mkdirSync(place.session(a))
    const back = await place.stint(['trash', 'restore', a, b])
    expect([back.status, back.stderr]).toEqual([
      1,
      expect.stringMatching(`^warning: .* session ${a}; .*\nsession ${b} is back\n$`),
    ])
  })

  test('of a tree leaves what one that could not be deleted hangs below', async () => {
    const place = makePlace()
    const top = await place.make(['--name', 'top', '--', 'true'])
    const mid = await place.make(['--parent', 'top', '--', 'true'])
    const low = await place.make(['--parent', mid, '--', 'true'])
    const other = await place.make()
    mkdirSync(`${place.store()}/trash/${low}`, { recursive: true })
    const ran = await place.stint(['delete', '--tree', top, mid, other, '--json'])
    expect([ran.status, JSON.parse(ran.stdout)]).toEqual([
      1,
      [{ id: low, code: 'TRASH_OCCUPIED', why: expect.any(String) }, { id: other }],
    ])
    const left = (await place.json<Row[]>(['list'])).map(({ id }) => id)
    expect(left).toEqual([low, mid, top])
  })

  test('of a tree is taken back by trash restore --tree, whatever of it is back already', async () => {
    const place = makePlace()
    const top = await place.make(['--name', 'top', '--', 'true'])
    const mid = await place.make(['--parent', 'top', '--', 'true'])
    const low = await place.make(['--parent', mid, '--', 'true'])
    const other = await place.make()
    await place.stint(['delete', '--tree', top])
    await place.stint(['delete', other])
    await place.stint(['trash', 'restore', mid])
    expectRefusal(await place.stint(['trash', 'empty', '--tree']), { status: 2, code: 'USAGE' })
    expect(await place.json(['trash', 'restore', '--tree', 'top'])).toEqual([
      { id: top },
      { id: low },
    ])
    const back = (await place.json<Row[]>(['list'])).map(({ id }) => id)
    expect(back).toEqual([low, mid, top])
  })

  test('refuses what runs', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const parent = await place.make()
    const run = place.start(['run', '--parent', parent, '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    await place.make(['--parent', parent, '--', 'true'])
    for (const words of [[id], ['--tree', id]]) {
      const ran = await place.stint(['delete', ...words])
      // It can neither wait by itself nor be done in a fork.
      const hint = /^hint: wait for it with `stint wait \w+`, or end it with `stint kill \w+`$/m
      expectRefusal(ran, { status: 5, code: 'SESSION_LOCKED', hint })
    }
    expect(await place.json(['show', id])).toMatchObject({ status: 'running' })
    // Before anything else of the tree has gone.
    const whole = (await place.json<Row[]>(['list'])).map(({ id }) => id)
    expectRefusal(await place.stint(['delete', '--tree', parent]), {
      ...{ status: 5, code: 'SESSION_LOCKED' },
    })
    expect((await place.json<Row[]>(['list'])).map(({ id }) => id)).toEqual(whole)
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expect((await place.stint(['delete', id])).status).toBe(0)
  })

  test('takes away what crashed also on a full disk, which its turn may have filled', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--name', 'greedy', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    run.kill('SIGKILL')
    await run.ended
    touch(gate)
    expect((await place.stint(['wait', id])).status).toBe(1)
    const full = { root: place.home, at: 1, do: 'ENOSPC', onward: true }
    const how = { preload: [preload('faults')], env: { STINT_FAULTS: JSON.stringify(full) } }
    expect((await place.stint(['rename', id, 'other'], how)).stderr).toContain('DISK_FULL')
    expect((await place.stint(['delete', id], how)).status).toBe(0)
    expect((await place.stint(['trash', 'restore', 'greedy'])).status).toBe(0)
    expect(await place.json(['list'])).toMatchObject([{ id, status: 'crashed' }])
    await place.stint(['delete', id], how)
    expect((await place.stint(['trash', 'empty'], how)).status).toBe(0)
    expect(await place.json(['trash', 'list'])).toEqual([])
  })

  test('refuses what is orphaned, until it is killed', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    run.kill('SIGKILL')
    await run.ended
    expectRefusal(await place.stint(['delete', id]), {
      status: 5,
      code: 'SESSION_ORPHANED',
      hint: /stint kill/,
    })
    expect((await place.stint(['kill', id])).status).toBe(0)
    expect((await place.stint(['delete', id])).status).toBe(0)
  })

  test('refuses what a process outlived, and names it once it is asked', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const ran = await place.stint(['run', '--', agent('leave.sh'), gate])
    const left = Number(/\d+/.exec(ran.stdout)?.[0])
    const refused = await place.stint(['delete', '@last'])
    expectRefusal(refused, { status: 5, code: 'SESSION_LEAKED' })
    expect(await place.json<Row[]>(['list'])).toHaveLength(1)
    touch(gate)
    await until('the process has ended', () => !isRunning(left))
    expect((await place.stint(['delete', '@last'])).status).toBe(0)
  })
})

describe('trash', () => {
  test('restores nothing onto an occupied place', async () => {
    const place = makePlace()
    const id = await place.make()
    expect((await place.stint(['delete', id])).status).toBe(0)
    mkdirSync(place.session(id))
    const look = () => withoutLocks(snapshot(place.store()))
    const before = look()
    const ran = await place.stint(['trash', 'restore', id])
    expectRefusal(ran, { status: 1, code: 'TRASH_OCCUPIED' })
    expect(look()).toEqual(before)
  })

  test('refuses a REF that fits two, and shows both as they are', async () => {
    const place = makePlace()
    const ids = [await place.make(['-d', 'the first', '--', 'true']), await place.make()]
    expect((await place.stint(['delete', ...ids])).status).toBe(0)
    const ran = await place.stint(['trash', 'restore', ids[0]?.slice(0, 4) ?? ''])
    expectRefusal(ran, { status: 4, code: 'REF_AMBIGUOUS' })
    expect(ran.stderr).toContain('the first')
    expect(ran.stderr).not.toContain('unreadable')
  })

  test('takes only its own words', async () => {
    const place = makePlace()
    expectRefusal(await place.stint(['trash', 'emptyy']), { status: 2, code: 'USAGE' })
    expectRefusal(await place.stint(['trash', 'restore']), { status: 2, code: 'USAGE' })
    expectRefusal(await place.stint(['trash', 'list', 'all']), { status: 2, code: 'USAGE' })
    const ran = await place.stint(['trash', 'empty', 'all'])
    expectRefusal(ran, { status: 3, code: 'SESSION_UNKNOWN', hint: /trash list/ })
  })

  test('loses for good only what is named, where something is', async () => {
    const place = makePlace()
    const [a, b] = [await place.make(['--name', 'a', '--', 'true']), await place.make()]
    await place.stint(['delete', a, b])
    expect((await place.stint(['trash', 'list'])).stdout).toMatch(
      new RegExp(`^SESSION .*\n(.*\n)?${a} +(now|\\d+s ago) +a +true\n`),
    )
    expect(await place.json(['trash', 'restore', 'a', a])).toEqual([{ id: a }])
    expect(await place.json(['delete', 'a'])).toEqual([{ id: a }])
    expect(await place.json(['trash', 'empty', 'a'])).toEqual({ removed: [a], kept: [] })
    expect((await place.json<Row[]>(['trash', 'list'])).map(({ id }) => id)).toEqual([b])
  })

  test('says each time what cannot be removed, and why; so do gc and the doctor', async () => {
    const place = makePlace()
    const [stuck, other] = [await place.make(), await place.make()]
    await place.stint(['delete', stuck, other])
    const how = {
      preload: [preload('refusals')],
      env: { STINT_REFUSALS: JSON.stringify({ unlinkSync: `.gone-${stuck}/state.toml` }) },
    }
    const first = await place.stint(['trash', 'empty'], how)
    expect([first.status, first.stderr]).toEqual([
      5,
      expect.stringMatching(`${stuck} is out of sight.*${stuck}/state.toml`),
    ])
    expect(await place.json(['trash', 'list'])).toEqual([])
    const again = await place.stint(['trash', 'empty', '--json'], how)
    expect([again.status, JSON.parse(again.stdout)]).toEqual([
      5,
      {
        removed: [],
        kept: [{ id: stuck, code: 'ACCESS_DENIED', why: expect.stringContaining('state.toml') }],
      },
    ])
    const gc = await place.stint(['gc'], how)
    expect([gc.status, gc.stderr]).toEqual([1, expect.stringMatching('not purged: .*state.toml')])
    const doctor = await place.stint(['doctor', '--fix'], how)
    expect(doctor.stderr).toMatch(/left as it is: .*state\.toml/)
    expect((await place.stint(['gc'])).stderr).toBe('1 leftover of crashes removed\n')
    expect((await place.stint(['doctor'])).stderr).toContain('all fine')
  })

  test.each(['here', 'in the trash'])(
    'has a way out for a session that a backup brought back, used later %s',
    async (where) => {
      const place = makePlace()
      const id = await place.make()
      const backup = `${place.dir}/backup`
      cpSync(place.store(), backup, { recursive: true })
      if (where === 'in the trash') await place.stint(['resume', id, '--', 'echo', 'later'])
      await place.stint(['delete', id])
      cpSync(`${backup}/sessions`, `${place.store()}/sessions`, { recursive: true })
      for (const args of [
        ['delete', id],
        ['trash', 'restore', id],
      ]) {
        const ran = await place.stint(args)
        expectRefusal(ran, { status: 1, code: 'TRASH_OCCUPIED', hint: /stint doctor/ })
      }
      const { stdout } = await place.stint(['doctor', id, '--json'])
      const [found] = JSON.parse(stdout).checks
      expect(found).toMatchObject({ id: 'trash.twice', session: id, trashed: true })
      if (where === 'here') {
        expect(found.fix).toBe(`stint trash empty ${id}`)
        expect((await place.stint(found.fix.split(' ').slice(1))).status).toBe(0)
        expect((await place.stint(['delete', id])).status).toBe(0)
      } else {
        execFileSync('sh', ['-c', found.fix])
      }
      expect((await place.stint(['trash', 'restore', id])).status).toBe(0)
      expect((await place.stint(['doctor'])).stderr).toContain('all fine')
      const turns = entriesOf(place.session(id)).filter(({ type }) => type === 'turn_ended')
      expect(turns).toHaveLength(where === 'here' ? 1 : 2)
    },
  )

  test('restores what was damaged in it once the doctor has mended it there', async () => {
    const place = makePlace()
    const [state, locks, fine] = [await place.make(), await place.make(), await place.make()]
    await place.stint(['delete', state, locks, fine])
    const trash = `${place.store()}/trash`
    writeFileSync(`${trash}/${state}/state.toml`, 'garbage')
    rmSync(`${trash}/${locks}/locks`, { recursive: true })
    for (const [id, code] of [
      [state, 'STATE_INVALID'],
      [locks, 'SESSION_UNREADABLE'],
    ] as const) {
      const ran = await place.stint(['trash', 'restore', id])
      expectRefusal(ran, { status: 6, code, hint: /stint doctor/ })
      expect((await place.stint(['doctor', '--fix', id])).status).toBe(0)
      expect((await place.stint(['doctor', '--fix', id])).stderr).toContain('all fine')
      expect((await place.stint(['trash', 'restore', id])).status).toBe(0)
    }
    expect((await place.json<Row[]>(['list'])).map(({ id }) => id)).toEqual([locks, state])
    expect((await place.stint(['doctor'])).stderr).toContain('all fine')
  })
})

describe('config', () => {
  test('takes the environment before the file before the default, and says where from', async () => {
    const place = makePlace()
    mkdirSync(`${place.dir}/config/stint`, { recursive: true })
    const file = `${place.dir}/config/stint/config.toml`
    writeFileSync(file, 'kill_grace = "7s"\ndepth_limit = 3\n')
    const rows = await place.json<Row[]>(['config'], { env: { STINT_DEPTH_LIMIT: '9' } })
    const by = Object.fromEntries(rows.map((row) => [row.key, row]))
    expect(by.kill_grace).toMatchObject({ value: '7s', origin: 'config', source: file })
    expect(by.depth_limit).toMatchObject({
      ...{ value: '9', origin: 'environment', source: 'STINT_DEPTH_LIMIT' },
    })
    expect(by.timeout).toMatchObject({ value: 'none', origin: 'default', source: null })
    expect((await place.stint(['config', 'kill_grace'])).stdout).toBe('7s\n')
  })

  test('a flag wins over all of them', async () => {
    const place = makePlace()
    const env = { STINT_TIMEOUT: '1h' }
    const ran = await place.stint(['run', '--timeout', '200ms', '--', 'sleep', '60'], { env })
    expect(ran.status).toBe(124)
  })

  test('a deadline can come from the file', async () => {
    const place = makePlace()
    mkdirSync(`${place.dir}/config/stint`, { recursive: true })
    writeFileSync(`${place.dir}/config/stint/config.toml`, 'idle_timeout = "300ms"\n')
    expect((await place.stint(['run', '--', 'sleep', '60'])).status).toBe(124)
  })

  test('an unknown key is passed over with a suggestion, and a wrong value is refused', async () => {
    const place = makePlace()
    mkdirSync(`${place.dir}/config/stint`, { recursive: true })
    const file = `${place.dir}/config/stint/config.toml`
    writeFileSync(file, 'kil_grace = "1s"\n')
    const ran = await place.stint(['run', '-q', '--', 'echo', 'goes on'])
    expect(ran).toMatchObject({ status: 0, stdout: 'goes on\n' })
    expect(ran.stderr).toBe(`warning: ${file}: unknown key kil_grace; did you mean kill_grace?\n`)
    expectRefusal(await place.stint(['config', 'kil_grace']), { status: 2, code: 'USAGE' })
    writeFileSync(file, 'timeout = "soon"\n')
    const refused = await place.stint(['run', '--', 'true'])
    expectRefusal(refused, { status: 2, code: 'CONFIG_INVALID' })
    expect(refused.stderr).toContain(file)
    writeFileSync(file, 'timeout = \n')
    const broken = await place.stint(['config'])
    expectRefusal(broken, { status: 2, code: 'CONFIG_INVALID' })
    expect(broken.stderr).toContain('line 1')
  })
})
