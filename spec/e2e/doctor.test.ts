/** The doctor as people and scripts meet it. */

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alnum } from '../redact/samples.ts'
import {
  agent,
  expectRefusal,
  isRunning,
  makePlace,
  type Place,
  preload,
  processState,
  type Row,
  snapshot,
  touch,
  until,
  withoutLocks,
} from '../support/cli.ts'
import { startAtTerminal } from '../support/terminal.ts'

/** What the doctor says, whatever its exit status. */
async function doctor(place: Place, ...words: string[]): Promise<Row & { status: number | null }> {
  const ran = await place.stint(['doctor', '--json', ...words])
  return { ...JSON.parse(ran.stdout), status: ran.status }
}

const idsOf = ({ checks }: Row): string[] => checks.map(({ id }: Row) => id)

describe('doctor', () => {
  test('makes no root, and says that its disk was not tried', async () => {
    const place = makePlace()
    expect(await place.stint(['doctor'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^note +disk\.unprobed .*there is no root yet.*\n$/),
      stderr: expect.stringMatching(/^\d+ checks of 0 sessions: 1 note\n$/),
    })
    expect(existsSync(place.home)).toBe(false)
  })

  test('says in one line that all is fine, also of sessions in use', async () => {
    const place = makePlace()
    await place.make()
    await place.make(['--name', 'other', '--', 'sh', '-c', 'exit 3'])
    expect(await place.stint(['doctor'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/^\d+ checks of 2 sessions, all fine\n$/),
    })
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    await run.says('working as')
    const { summary, checks, status } = await doctor(place, '--deep')
    expect(checks).toEqual([])
    expect(summary).toMatchObject({ sessions: 3, damage: 0, warnings: 0, notes: 0 })
    expect(status).toBe(0)
    touch(`${place.dir}/gate`)
    await run.ended
    expect((await doctor(place)).checks).toEqual([])
  })

  test('prints what it finds, the worst first, with the command that mends it, and writes nothing', async () => {
    const place = makePlace()
    const id = await place.make()
    const other = await place.make()
    unlinkSync(`${place.session(id)}/state.toml`)
    truncateSync(`${place.session(other)}/state.toml`, 30)
    chmodSync(place.store(), 0o755)
    const before = snapshot(`${place.home}/projects`)
    const ran = await place.stint(['doctor'])
    expect(ran.status).toBe(6)
    expect(ran.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['damage', 'state.invalid', other],
      ['', `stint doctor --fix ${other}`],
      ['warning', 'root.permissions', expect.stringContaining('0755')],
      ['', `chmod 700 ${place.store()}`],
      ['warning', 'state.missing', id],
      ['', `stint doctor --fix ${id}`],
      [''],
    ])
    expect(ran.stderr).toMatch(/: 1 damage, 2 warnings\n$/)
    expect(await doctor(place, id)).toMatchObject({ status: 1, summary: { warnings: 1 } })
    expect(await doctor(place, 'state.invalid')).toMatchObject({
      status: 6,
      summary: { warnings: 0 },
    })
    const told = await place.stint(['doctor', '--fix', '--dry-run'])
    expect(told).toMatchObject({ status: 0, stderr: expect.stringContaining('2 findings') })
    const would = await place.json<Row[]>(['doctor', '--fix', '--dry-run'])
    expect(would.map((row) => [row.id, row.session, typeof row.would])).toEqual([
      ['state.invalid', other, 'string'],
      ['state.missing', id, 'string'],
    ])
    expect(snapshot(`${place.home}/projects`)).toEqual(before)
  })

  test('prints the first finds of each check, and once what mends all of them', async () => {
    const place = makePlace()
    const ids: string[] = []
    while (ids.length < 7) ids.push(await place.make())
    for (const id of ids) unlinkSync(`${place.session(id)}/state.toml`)
    const rows = (count: number) =>
      ids.slice(0, count).map((id) => ['warning', 'state.missing', id])
    const columnsOf = ({ stdout }: { readonly stdout: string }) =>
      stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))
    const mends = ['', 'stint doctor --fix state.missing']
    const ran = await place.stint(['doctor'])
    expect(ran.stderr).toMatch(/: 7 warnings\n$/)
    expect(columnsOf(ran)).toEqual([
      ...rows(5),
      ['', 'and 2 more: name the check, or use --json, to see all'],
      mends,
      [''],
    ])
    const named = await place.stint(['doctor', 'state.missing'])
    expect(columnsOf(named)).toEqual([...rows(7), mends, ['']])
    const told = await place.stint(['doctor', '--fix', '--dry-run'])
    expect(told.stdout.match(/writes it anew from the transcript/g)).toHaveLength(1)
    expect((await doctor(place)).checks).toHaveLength(7)
    // It would mend others than those that were asked about.
    const some = await place.stint(['doctor', ...ids.slice(0, 2)])
    expect(some.stdout).toContain(`stint doctor --fix ${ids[1]}\n`)
    expect((await place.stint(['doctor', '--fix', 'state.missing'])).status).toBe(0)
    expect((await doctor(place)).checks).toEqual([])
  })

  test('--fix of a session mends also what only --deep finds', async () => {
    const place = makePlace()
    const id = await place.make(['--', 'sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9; do echo $i; done'])
    const file = `${place.session(id)}/transcript.jsonl`
    const lines = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, lines.with(4, 'x'.repeat(lines[4]?.length ?? 0)).join('\n'))
    expect((await doctor(place)).status).toBe(0)
    const { checks } = await doctor(place, '--deep')
    expect(checks).toMatchObject([{ id: 'transcript.garbage', fix: `stint doctor --fix ${id}` }])
    expect(await doctor(place, '--fix', id)).toMatchObject({ status: 0, repairs: [{ why: null }] })
    expect((await doctor(place, '--deep')).checks).toEqual([])
  })

  test('--fix mends what is named, says where the rest is kept, and what is left', async () => {
    const place = makePlace()
    const id = await place.make()
    const other = await place.make()
    for (const one of [id, other]) writeFileSync(`${place.session(one)}/state.toml`, 'broken = =')
    const ran = await place.stint(['doctor', '--fix', id.slice(-8)])
    expect(ran).toMatchObject({ status: 0, stdout: '' })
    expect(ran.stderr).toMatch(new RegExp(`^session ${id}: \\S`))
    const [, kept = ''] = /kept as (\S+)/.exec(ran.stderr) ?? []
    expect(readFileSync(kept, 'utf8')).toBe('broken = =')
    expect(await doctor(place)).toMatchObject({ status: 6, summary: { damage: 1 } })
    const mended = await doctor(place, '--fix', 'state.invalid')
    expect(mended).toMatchObject({
      status: 0,
      checks: [],
      repairs: [{ session: other, why: null }],
    })
    expect(await place.json(['list'])).toHaveLength(2)
  })

  test.skipIf(process.platform !== 'linux')(
    'at a terminal says how far it is when it takes a while, and wipes that away',
    async () => {
      const place = makePlace()
      const ids = [await place.make(), await place.make()]
      const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
      const plan = { call: 'openSync', in: ids[1], reached, until: go }
      const run = startAtTerminal(place, ['doctor'], {
        env: { PAUSE: JSON.stringify(plan), NODE_OPTIONS: `--require ${preload('pause')}` },
      })
      await until('it is at the second one', () => existsSync(reached))
      // So long it says nothing; where the disk stalls, it has something to say already.
      await new Promise((resolve) => setTimeout(resolve, 600))
      touch(go)
      expect((await run.ended).stdout).toMatch(
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they move the cursor
        /^(?:\r\x1b\[K1 session looked at)?\r\x1b\[K2 sessions looked at\r\x1b\[K\d+ checks of 2 sessions, all fine\r\n$/,
      )
    },
  )

  test('--fix mends also what is of no store, once for all of them', async () => {
    const place = makePlace()
    await place.make()
    mkdirSync(`${place.dir}/other`)
    await place.make(['--', 'true'], { cwd: `${place.dir}/other` })
    const left = `${place.home}/.probe-999999999`
    mkdirSync(left)
    expect(idsOf(await doctor(place))).toEqual(['root.leftover'])
    const { repairs, checks } = await doctor(place, '--fix', '--all-projects')
    expect(repairs).toMatchObject([{ session: null, why: null }])
    expect([checks, existsSync(left)]).toEqual([[], false])
  })

  test('--fix says what is left when another one was faster', async () => {
    const place = makePlace()
    const id = await place.make()
    writeFileSync(`${place.session(id)}/state.toml`, 'broken = =')
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const plan = { call: 'openSync', path: 'maintenance.lock', reached, until: go }
    const slow = place.start(['doctor', '--fix'], {
      env: { PAUSE: JSON.stringify(plan) },
      preload: [preload('pause')],
    })
    await until('it is about to mend', () => existsSync(reached))
    expect(await doctor(place, '--fix')).toMatchObject({ status: 0, repairs: [{ session: id }] })
    touch(go)
    expect(await slow.ended).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/^\d+ checks of 1 session, all fine\n$/),
    })
  })

  test('--fix of project.toml loses at no call that machines share the store', async () => {
    const place = makePlace()
    await place.make()
    const file = `${place.store()}/project.toml`
    for (let at = 1, isOver = false; !isOver; at++) {
      writeFileSync(file, 'shared = true\nbroken = =')
      rmSync(`${place.store()}/quarantine`, { recursive: true, force: true })
      const fault = { root: place.store(), at, do: 'kill', from: 'quarantine' }
      const { status } = await place.stint(['doctor', '--fix', 'store.project'], {
        preload: [preload('faults')],
        env: { STINT_FAULTS: JSON.stringify(fault) },
      })
      isOver = status === 0
      expect(readFileSync(file, 'utf8')).toContain('shared = true')
    }
    expect((await doctor(place, 'store.project')).checks).toEqual([])
  })

  test('names the store in a command that is for another one', async () => {
    const place = makePlace()
    const id = await place.make()
    unlinkSync(`${place.session(id)}/state.toml`)
    const ran = await place.stint(['doctor', '--store', place.store(), '--json'], { cwd: '/' })
    const fix = JSON.parse(ran.stdout).checks[0].fix as string
    expect(fix).toBe(`stint doctor --fix ${id} --store ${place.store()}`)
    expect((await place.stint(fix.split(' ').slice(1), { cwd: '/' })).status).toBe(0)
  })

  test('leaves alone what a copy of a store stands in', async () => {
    const place = makePlace()
    await place.make()
    const user = `${place.dir}/user`
    mkdirSync(`${user}/projects`, { recursive: true })
    mkdirSync(`${user}/fleet`)
    // Node's own copy keeps the modes of directories only in some versions.
    execFileSync('cp', ['-a', place.store(), `${user}/fleet/beta`])
    for (const dir of [user, `${user}/projects`, `${user}/fleet`]) chmodSync(dir, 0o755)
    const { stdout } = await place.stint(['doctor', '--store', `${user}/fleet/beta`])
    expect(stdout).not.toContain('root.permissions')
  })

  test('suggests the check that was misspelt, unless a session has that name', async () => {
    const place = makePlace()
    await place.make(['--name', 'state.missin', '--', 'true'])
    expectRefusal(await place.stint(['doctor', 'state.mising']), { status: 2, code: 'USAGE' })
    expect((await place.stint(['doctor', 'state.mising'])).stderr).toContain(
      '"state.mising" is neither a check nor a session; did you mean state.missing?',
    )
    expect((await place.stint(['doctor', 'state.missin'])).status).toBe(0)
    expectRefusal(await place.stint(['doctor', 'mising']), { status: 3, code: 'SESSION_UNKNOWN' })
  })

  test('lists its checks', async () => {
    const place = makePlace()
    const rows = await place.json<Row[]>(['doctor', '--list'])
    expect(rows.find(({ id }) => id === 'state.missing')).toEqual({
      ...{ id: 'state.missing', severity: 'warning', deep: false },
      ...{ meaning: expect.any(String), mends: expect.any(String) },
    })
    expect((await place.stint(['doctor', '--list'])).stdout).toContain('lock.leaked-holder')
    expect((await place.stint(['doctor', '--dry-run'])).status).toBe(2)
  })

  test('sums up what redaction took out, and finds what is left without showing it', async () => {
    const place = makePlace()
    const secret = `ghp${'_'}${alnum(36)}`
    const id = await place.make(['--', 'echo', secret])
    const { redactions } = await doctor(place)
    expect(
      Object.values(redactions).reduce((sum: number, one) => sum + Number(one), 0),
    ).toBeGreaterThan(0)
    const file = `${place.session(id)}/transcript.jsonl`
    const leaked = {
      v: 1,
      seq: 4,
      ts: '2026-01-01T00:00:00.000Z',
      turn: 1,
      type: 'message',
      text: secret,
      data: {},
    }
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').length
    writeFileSync(
      file,
      `${readFileSync(file, 'utf8')}${JSON.stringify({ ...leaked, seq: lines })}\n`,
    )
    const ran = await place.stint(['doctor', '--json'])
    expect(ran.stdout).not.toContain(secret)
    expect(JSON.parse(ran.stdout).checks).toContainEqual(
      expect.objectContaining({ id: 'transcript.secrets', fix: `stint redact --fix ${id}` }),
    )
    await place.stint(['redact', '--fix', id])
    expect(idsOf(await doctor(place))).toEqual([])
  })

  test('says of another program that it holds the maintenance lock', async () => {
    const place = makePlace()
    const id = await place.make()
    unlinkSync(`${place.session(id)}/state.toml`)
    const lock = `${place.store()}/locks/maintenance.lock`
    const script = `exec 9>>'${lock}'; flock -x 9; echo held; exec sleep 1000`
    const holder = place.startOther(['sh', '-c', script])
    await holder.says('held')
    expect((await place.stint(['doctor', '--fix'])).status).toBe(5)
    holder.kill('SIGKILL')
    await holder.ended
  })
})

describe('what lives', () => {
  test('is never touched by --fix, however damaged', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    const dir = place.session(id)
    await until('it is kept', () => readFileSync(`${dir}/transcript.jsonl`).includes('working as'))
    writeFileSync(`${dir}/state.toml`, 'broken = =')
    const before = withoutLocks(snapshot(place.session(id)))
    const { repairs, status } = await doctor(place, '--fix')
    expect(repairs).toMatchObject([
      { session: id, did: [], why: expect.stringContaining('locked by PID') },
    ])
    expect(status).toBe(6)
    expect(withoutLocks(snapshot(place.session(id)))).toEqual(before)
    touch(`${place.dir}/gate`)
    expect((await run.ended).status).toBe(0)
    await doctor(place, '--fix')
    expect((await doctor(place)).checks).toEqual([])
    expect((await place.json<Row>(['show', id])).outcome).toBe('success')
  })

  test('without its supervisor is left to kill, and with it gone is recorded as crashed', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    const tool = Number(/\d+/.exec(run.stdout())?.[0])
    run.kill('SIGKILL')
    await run.ended
    const orphaned = await doctor(place, '--fix')
    expect(orphaned.checks).toMatchObject([{ id: 'turn.orphaned', fix: `stint kill ${id}` }])
    expect(orphaned.status).toBe(1)
    expect(isRunning(tool)).toBe(true)
    process.kill(tool, 'SIGKILL')
    await until('it is gone', () => !isRunning(tool))
    expect(idsOf(await doctor(place))).toContain('turn.crashed')
    const { repairs } = await doctor(place, '--fix')
    expect(repairs).toMatchObject([{ did: ['turn 1 is recorded as crashed'] }])
    expect((await place.json<Row>(['show', id])).outcome).toBe('crashed')
    expect((await doctor(place)).checks).toEqual([])
  })

  test('beyond its turn is named with its lock, and left to reap', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '--', agent('leave.sh'), `${place.dir}/gate`])
    const pid = Number(/^left (\d+)$/m.exec(ran.stdout)?.[1])
    const found = await doctor(place, '--fix')
    expect(found.checks[0]).toMatchObject({
      ...{ id: 'lock.leaked-holder', fix: 'stint reap' },
      file: expect.stringContaining('command.lock'),
    })
    // The lock names the tool, whose child it is that holds it.
    expect(idsOf(found)).toEqual(['lock.leaked-holder', 'lock.stale-facts'])
    expect(isRunning(pid)).toBe(true)
    await place.stint(['reap'])
    expect((await doctor(place)).checks).toEqual([])
  })

  test('that was stopped is said, with how to continue it', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    await run.says('working as')
    process.kill(run.pid, 'SIGSTOP')
    await until('it stands', () => processState(run.pid) === 'T')
    expect((await doctor(place)).checks).toMatchObject([
      { id: 'turn.stopped', fix: `kill -CONT ${run.pid}` },
    ])
    process.kill(run.pid, 'SIGCONT')
    touch(`${place.dir}/gate`)
    await run.ended
  })

  test('whose lock file was removed is found', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    const lock = `${place.session(id)}/locks/session.lock`
    renameSync(lock, `${place.dir}/lock`)
    expect(idsOf(await doctor(place))).toContain('lock.missing')
    renameSync(`${place.dir}/lock`, lock)
    touch(`${place.dir}/gate`)
    await run.ended
  })

  test('twice in one directory is noted', async () => {
    const place = makePlace()
    const runs = ['a', 'b'].map((name) =>
      place.start(['run', '--name', name, '--', agent('hold.sh'), `${place.dir}/gate`]),
    )
    for (const run of runs) await run.says('working as')
    const { checks, status } = await doctor(place)
    expect(checks).toMatchObject([{ id: 'turn.same-cwd', severity: 'note' }])
    expect(status).toBe(0)
    touch(`${place.dir}/gate`)
    for (const run of runs) await run.ended
  })

  test('is not disturbed by a doctor at its builders and turns', async () => {
    const place = makePlace()
    await place.make()
    const doctors = Array.from({ length: 3 }, () => place.stint(['doctor', '--json']))
    const runs = Array.from({ length: 6 }, () => place.stint(['run', '-q', '--', 'echo', 'x']))
    for (const ran of await Promise.all(runs)) expect(ran.status).toBe(0)
    for (const ran of await Promise.all(doctors)) {
      const { checks } = JSON.parse(ran.stdout)
      expect(checks.filter(({ severity }: Row) => severity !== 'note')).toEqual([])
    }
    expect(readdirSync(place.home)).toEqual(['projects'])
    rmSync(place.home, { recursive: true })
  })
})
