/** What runs, what is left over, and ending that. */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  agent,
  fileText,
  isRunning,
  makePlace,
  type Place,
  processState,
  program,
  type Row,
  touch,
  until,
} from '../support/cli.ts'

const env = { STINT_KILL_GRACE: '500ms' }

/** A session whose turn ended by itself and left a process behind. */
async function makeLeak(place: Place): Promise<{ id: string; pid: number }> {
  const ran = await place.stint(['run', '--', agent('leave.sh'), `${place.dir}/gate`])
  const [row] = (await place.json<Row[]>(['list'])) as [Row]
  return { id: row.id, pid: Number(/^left (\d+)$/m.exec(ran.stdout)?.[1]) }
}

async function reap(place: Place, ...words: string[]): Promise<Row[]> {
  return place.json<Row[]>(['reap', ...words], { env })
}

describe('ps', () => {
  test('shows supervisors and tools by session, and nothing when nothing runs', async () => {
    const place = makePlace()
    expect(await place.json(['ps'])).toEqual([])
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    const tool = Number(/\d+/.exec(run.stdout())?.[0])
    const rows = await place.json<Row[]>(['ps'])
    expect(rows[0]).toMatchObject({
      ...{ id, status: 'running', role: 'supervisor', turn: 1, pid: run.pid },
      ...{ stopped: false, left_over: false },
    })
    expect(rows.find(({ pid }) => pid === tool)).toMatchObject({
      ...{ id, status: 'running', role: 'tool', turn: 1, pgid: tool, left_over: false },
    })
    for (const { age_ms } of rows) {
      expect(age_ms).toBeGreaterThanOrEqual(0)
      expect(age_ms).toBeLessThan(60_000)
    }
    process.kill(tool, 'SIGSTOP')
    await until('it stands', () => processState(tool) === 'T')
    const shown = await place.stint(['ps'])
    expect(shown.stdout).toMatch(
      new RegExp(`^${id} +running, stopped +${tool} +\\d.* .*hold\\.sh`, 'm'),
    )
    process.kill(tool, 'SIGCONT')
    touch(`${place.dir}/gate`)
    await run.ended
    expect(await place.json(['ps'])).toEqual([])
  })

  test('shows who supervises an ephemeral session, which is listed nowhere', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--ephemeral', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const [first] = await place.json<Row[]>(['ps'])
    expect(first).toMatchObject({ id, status: 'running', role: 'supervisor', pid: run.pid })
    touch(gate)
    await run.ended
  })

  test('shows no secret of a command line', async () => {
    const place = makePlace()
    const secret = `${'gh'}p_${'a1B2c3D4e5F6'.repeat(3)}`
    const words = ['sh', '-c', 'echo ready; sleep 1000; :', 'sh', `--token=${secret}`]
    const run = place.start(['run', '--', ...words])
    await run.says('ready')
    const shown = await place.stint(['ps', '--json'])
    expect(shown.stdout).toContain('[REDACTED:')
    expect(shown.stdout).not.toContain(secret)
  })

  test('counts a nested supervisor and its tool to the nested session', async () => {
    const place = makePlace()
    const inner = [process.execPath, program, 'run', '-q', '--', agent('hold.sh')]
    const run = place.start(['run', '--', ...inner, `${place.dir}/gate`])
    const outer = await run.session()
    await run.says('working as')
    const rows = await place.json<Row[]>(['ps'])
    const innerId = rows.find(({ command }) => /^\S*sh .*hold\.sh/.test(command))?.id
    expect(innerId).not.toBe(outer)
    expect(rows.filter(({ role }) => role === 'supervisor').map(({ id }) => id)).toEqual([
      ...[innerId, outer],
    ])
    touch(`${place.dir}/gate`)
    await run.ended
  })
})

describe('reap', () => {
  test('without anything to end is silent and 0', async () => {
    const place = makePlace()
    await place.make()
    expect(await place.stint(['reap'])).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(await reap(place)).toEqual([])
  })

  test('ends what outlived a turn, and only shows it before with --dry-run', async () => {
    const place = makePlace()
    const { id, pid } = await makeLeak(place)
    const wanted = { id, pid, status: 'leaked', left_over: true }
    const planned = await reap(place, '--dry-run')
    expect(planned).toContainEqual(expect.objectContaining({ ...wanted, signal: null }))
    expect(isRunning(pid)).toBe(true)
    const refused = await place.stint(['delete', id])
    expect(refused).toMatchObject({ status: 5 })
    expect(refused.stderr).toMatch(/^hint: .*stint reap/m)
    expect((await place.stint(['kill', id])).stderr).toMatch(/^hint: .*stint reap/m)
    const ran = await place.stint(['reap'], { env })
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    expect(ran.stdout).toMatch(new RegExp(`^${id} +leaked, left over +${pid} .*SIGTERM`, 'm'))
    expect(isRunning(pid)).toBe(false)
    expect((await place.stint(['delete', id])).status).toBe(0)
  })

  test('goes on with other projects when the sessions of one cannot be read; so do ps, du and list', async () => {
    const place = makePlace()
    const cwd = `${place.dir}/other`
    mkdirSync(cwd)
    await place.make(['--', 'true'], { cwd })
    const sessions = `${place.store()}/sessions`
    const { id, pid } = await makeLeak(place)
    renameSync(sessions, `${sessions}.away`)
    writeFileSync(sessions, '')
    for (const verb of ['ps', 'du', 'list']) {
      const ran = await place.stint([verb, '--all-projects'])
      expect([verb, ran.status, ran.stdout.includes(id)]).toEqual([verb, 0, true])
      expect(ran.stderr).toContain(`warning: ${sessions}: not a directory`)
      expect((await place.stint([verb], { cwd })).status).toBe(7)
    }
    const gc = await place.stint(['gc', '--all-projects', '--json'])
    const stores = JSON.parse(gc.stdout).stores as Row[]
    expect([gc.status, stores.map(({ failure }) => failure?.code).sort()]).toEqual([
      1,
      ['IO_FAILED', undefined],
    ])
    expect(await reap(place, '--all-projects')).toContainEqual(
      expect.objectContaining({ id, pid, ended: true }),
    )
  })

  test('ends what is deaf, hidden in a session of its own, and of a session that is gone', async () => {
    const place = makePlace()
    const words = ['sh', '-c', '"$0" >"$1" & until [ -s "$1" ]; do sleep 0.02; done']
    const file = `${place.dir}/words`
    const launched = [...words, agent('daemon.sh'), file]
    const id = await place.make(['--ephemeral', '--', ...launched])
    const found = await reap(place, '--dry-run')
    expect(found.length).toBeGreaterThan(1)
    for (const row of found) expect(row).toMatchObject({ id, status: 'gone' })
    const rows = await reap(place)
    expect(rows.every(({ ended }) => ended)).toBe(true)
    expect(rows.some(({ signal }) => signal === 'SIGKILL')).toBe(true)
    expect(rows.map(({ pid }) => pid).filter(isRunning)).toEqual([])
    expect(readFileSync(file, 'utf8')).toContain('working as')
  })

  test('leaves running and orphaned sessions alone', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    await run.says('working as')
    const tool = Number(/\d+/.exec(run.stdout())?.[0])
    expect(await reap(place)).toEqual([])
    run.kill('SIGKILL')
    await run.ended
    expect(await reap(place)).toEqual([])
    expect((await place.json<Row[]>(['ps']))[0]).toMatchObject({ status: 'orphaned' })
    expect(isRunning(tool)).toBe(true)
  })

  test('of one project leaves those of another alone, unless asked', async () => {
    const place = makePlace()
    const { pid } = await makeLeak(place)
    const elsewhere = { cwd: place.dir, env }
    expect(await place.json(['reap'], elsewhere)).toEqual([])
    const stranger = makePlace()
    expect(await reap(stranger, '--all-projects')).toEqual([])
    expect(isRunning(pid)).toBe(true)
    const rows = await place.json<Row[]>(['reap', '--all-projects'], elsewhere)
    expect(rows).toContainEqual(expect.objectContaining({ pid, ended: true }))
  })

  test('leaves what a living session runs in, though it carries one that is over', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    // As a terminal multiplexer that was started in a turn.
    const script = 'setsid sh -c \'sleep 0.1; "$@" >"$0.out" 2>&1; :\' "$@" & echo left'
    const inner = [process.execPath, program, 'run', '--', agent('hold.sh'), gate]
    const id = await place.make(['--', 'sh', '-c', script, 'sh', `${place.dir}/inner`, ...inner])
    await until('the inner one works', async () => {
      const rows = await place.json<Row[]>(['ps'])
      return rows.some(({ role, id: other }) => role === 'supervisor' && other !== id)
    })
    const before = await place.json<Row[]>(['ps'])
    expect(before.some((row) => row.id === id && row.role === 'tool')).toBe(true)
    expect(await reap(place)).toEqual([])
    touch(gate)
    await until('all of it has ended', async () => (await place.json<Row[]>(['ps'])).length === 0)
  })

  test('leaves what it runs in itself alone', async () => {
    const place = makePlace()
    const { id } = await makeLeak(place)
    // The shell carries the session, as if it had been opened there.
    const store = { STINT_SESSION_ID: id, STINT_STORE: place.store(), STINT_TURN: '1' }
    const words = ['sh', '-c', '"$@"; echo "still here, $?"', 'sh', process.execPath, program]
    const shell = place.startOther([...words, 'reap'], { env: { ...env, ...store } })
    expect((await shell.ended).stdout).toMatch(/SIGTERM(?:.|\n)*still here, 0\n$/)
  })

  test('kills nothing of a session that runs again before the grace is over', async () => {
    const place = makePlace()
    const heard = `${place.dir}/heard`
    const script = `trap "echo heard >>${heard}" TERM; echo "left $$"; while :; do sleep 0.02; done`
    // A shell tells of a sleep that was ended, and would die of it where nobody reads that.
    const command = 'sh -c "$0" 2>/dev/null &'
    const ran = await place.stint(['run', '--', 'sh', '-c', command, script])
    const pid = Number(/^left (\d+)$/m.exec(ran.stdout)?.[1])
    const reaping = place.start(['reap', '--json'], { env: { STINT_KILL_GRACE: '6s' } })
    await fileText(heard)
    const gate = `${place.dir}/gate`
    const next = place.start(['run', '--last', '--', agent('hold.sh'), gate])
    await next.says('working as')
    const reaped = await reaping.ended
    expect(reaped.status).toBe(1)
    const row = (JSON.parse(reaped.stdout) as Row[]).find((one) => one.pid === pid)
    expect(row).toMatchObject({ signal: 'SIGTERM', ended: false })
    expect(isRunning(pid)).toBe(true)
    touch(gate)
    expect((await next.ended).status).toBe(0)
    const again = await reap(place)
    expect(again).toContainEqual(expect.objectContaining({ pid, signal: 'SIGKILL', ended: true }))
  })

  test('races with resume: whatever comes first, the new turn runs to its end', async () => {
    const place = makePlace()
    for (let round = 0; round < 5; round++) {
      const gate = `${place.dir}/gate${round}`
      const id = await place.make(['--', agent('leave.sh'), `${place.dir}/never`])
      const next = place.start(['resume', id, '--', agent('hold.sh'), gate])
      const reaps = [0, 1, 2].map(() => place.stint(['reap'], { env }))
      await next.says('working as')
      for (const ran of await Promise.all(reaps)) expect(ran.status).toBe(0)
      touch(gate)
      expect((await next.ended).status).toBe(0)
      expect(await place.json(['show', id])).toMatchObject({ turn: 2, outcome: 'success' })
    }
  })
})
