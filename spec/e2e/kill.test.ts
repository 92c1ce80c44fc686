/** Turns whose supervisor is gone, and ending turns from outside. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { probeLock } from '../../lib/os/lock-file.ts'
import { holdLock } from '../os/holder.ts'
import {
  agent,
  entriesOf,
  expectRefusal,
  expectWhole,
  isRunning,
  makePlace,
  type Place,
  processState,
  type Row,
  type Running,
  touch,
  until,
} from '../support/cli.ts'

/** A session whose supervisor was killed while its agent lives. */
async function makeOrphan(
  place: Place,
  command: readonly string[],
): Promise<{ id: string; tools: number[] }> {
  const run = place.start(['run', '--', ...command])
  const id = await run.session()
  await run.says('working as')
  const tools = pidsOf(run)
  run.kill('SIGKILL')
  await run.ended
  return { id, tools }
}

function pidsOf(run: Running): number[] {
  return [...run.stdout().matchAll(/^working as (\d+)$/gm)].map(([, pid]) => Number(pid))
}

/** Stops a supervisor that is not just writing: for that everybody would wait. */
async function suspend(run: Running, dir: string): Promise<void> {
  await until('it stands between two entries', async () => {
    run.kill('SIGSTOP')
    await until('it is stopped', () => processState(run.pid) === 'T')
    if (probeLock(join(dir, 'locks/journal.lock')) === 'free') return true
    run.kill('SIGCONT')
    return false
  })
}

function ends(entries: readonly Row[], turn: number): Row[] {
  return entries.filter((entry) => entry.type === 'turn_ended' && entry.turn === turn)
}

describe('kill', () => {
  test('ends a running turn as cancelled, for which run exits as the tool did', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    const killed = await place.stint(['kill', id, '--json'])
    expect(killed).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(killed.stdout)).toEqual({
      ...{ id, turn: 1, signal: 'SIGTERM', outcome: 'cancelled' },
    })
    expect((await run.ended).status).toBe(143)
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    const wish = entries.findIndex(({ data }) => data.event === 'kill_requested')
    expect(wish).toBeGreaterThan(0)
    expect(ends(entries, 1)).toHaveLength(1)
    expect(ends(entries, 1)[0]?.seq).toBeGreaterThan(wish)
    expectRefusal(await place.stint(['kill', id]), { status: 1, code: 'NOTHING_RUNS', hint: false })
    expect(entriesOf(place.session(id))).toEqual(entries)
    expect((await place.stint(['resume', id, '--', 'true'])).status).toBe(0)
    expect(await place.json(['show', id])).toMatchObject({ turn: 2, outcome: 'success' })
  })

  test('of a tool that then exits 0 is cancelled all the same, which is 1', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('heed.sh'), 'TERM', '0'])
    await run.says('working as')
    expect((await place.stint(['kill', '@last'])).status).toBe(0)
    expect((await run.ended).status).toBe(1)
    expect(await place.json(['result', '@last'])).toMatchObject({
      ...{ outcome: 'cancelled', exit_code: 0 },
    })
  })

  test('makes a deaf tool end after the grace, with all of its group', async () => {
    const place = makePlace()
    const script = '"$0" & exec "$0"'
    const run = place.start(['run', '--', 'sh', '-c', script, agent('deaf.sh')])
    const pids = await until('both work', () => {
      const found = pidsOf(run)
      return found.length === 2 && found
    })
    const env = { STINT_KILL_GRACE: '200ms' }
    const killed = await place.stint(['kill', '@last', '--json'], { env })
    expect(killed.status).toBe(0)
    expect(JSON.parse(killed.stdout)).toMatchObject({ signal: 'SIGKILL', outcome: 'cancelled' })
    expect((await run.ended).status).toBe(137)
    expect(pids.filter(isRunning)).toEqual([])
  })

  test('reaches an ephemeral session by its whole id', async () => {
    const place = makePlace()
    const run = place.start(['run', '--ephemeral', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    expect((await place.stint(['kill', id])).status).toBe(0)
    expect((await run.ended).status).toBe(143)
  })

  test('ends a stopped tool', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    await run.says('working as')
    for (const pid of pidsOf(run)) process.kill(pid, 'SIGSTOP')
    expect((await place.stint(['kill', '@last'])).status).toBe(0)
    expect((await run.ended).status).toBe(143)
  })
})

describe('kill where the journal takes no wish', () => {
  test('ends the tool and says who could not record what', async () => {
    const place = makePlace()
    const run = place.start(['run', '--', agent('hold.sh'), `${place.dir}/gate`])
    const id = await run.session()
    await run.says('working as')
    // As one that is stopped in the midst of an entry keeps it.
    await suspend(run, place.session(id))
    const journal = await holdLock(join(place.session(id), 'locks/journal.lock'))
    const killed = await place.stint(['kill', id])
    expectRefusal(killed, { status: 1, code: 'KILL_INCOMPLETE', hint: false })
    expect(killed.stderr).toContain(
      `its supervisor, process ${run.pid}, is stopped, and will not know who ended it: the journal`,
    )
    for (const pid of pidsOf(run)) expect(isRunning(pid)).toBe(false)
    await journal.end()
    run.kill('SIGCONT')
    expect((await run.ended).status).toBe(143)
    expect(await place.json(['result', id])).toMatchObject({
      ...{ outcome: 'failure', signal: 'SIGTERM' },
    })
  })
})

describe('kill of an agent that is talked with', () => {
  /** An agent at work, and what it has heard since it was asked to work. */
  const startTalk = async (place: Place, manner: string) => {
    const heard = join(place.dir, 'heard')
    const command = `"${process.execPath}" "${agent('acp-agent.mjs')}" cancel ${manner}`
    const run = place.start(['run', '--acp', command, 'a'], { env: { HEARD: heard } })
    const id = await run.session()
    await run.says('working')
    const since = () => readFileSync(heard, 'utf8').split('session/prompt\n')[1]
    return { run, id, since }
  }

  test('has it cancel before any signal, and needs none when it heeds that', async () => {
    const place = makePlace()
    const { run, id, since } = await startTalk(place, 'meek')
    const killed = await place.stint(['kill', id, '--json'])
    expect(killed).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(killed.stdout)).toEqual({
      ...{ id, turn: 1, signal: null, outcome: 'cancelled', asked: true },
    })
    expect(since()).toBe('session/cancel\n')
    expect((await run.ended).status).toBe(1)
    expect(await place.json(['result', id])).toMatchObject({
      ...{ outcome: 'cancelled', exit_code: 0, signal: null },
    })
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    expect(ends(entries, 1)).toHaveLength(1)
    const again = await place.stint(['resume', id, 'b'])
    expect(again.stderr).toContain(`session ${id} turn 2\n`)
  })

  test('says that it ended as it was asked to', async () => {
    const place = makePlace()
    const { id } = await startTalk(place, 'meek')
    const { stderr } = await place.stint(['kill', id])
    expect(stderr).toBe(`session ${id} turn 1 ended: cancelled, as it was asked to\n`)
  })

  test('that does not heed it sends the signals afterwards', async () => {
    const place = makePlace()
    const { run, id, since } = await startTalk(place, 'deaf')
    const killed = await place.stint(['kill', id, '--json'])
    expect(killed.status).toBe(0)
    expect(JSON.parse(killed.stdout)).toMatchObject({ signal: 'SIGTERM', outcome: 'cancelled' })
    // The supervisor and kill both see that it does not heed it.
    expect(since()).toMatch(/^session\/cancel\n(?:SIGTERM\n){1,2}$/)
    expect((await run.ended).status).toBe(143)
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'cancelled' })
  })

  test('that heeds nothing kills it after the grace', async () => {
    const place = makePlace()
    const { run, id } = await startTalk(place, 'stone')
    const env = { STINT_KILL_GRACE: '200ms' }
    const killed = await place.stint(['kill', id, '--json'], { env })
    expect(JSON.parse(killed.stdout)).toMatchObject({ signal: 'SIGKILL', outcome: 'cancelled' })
    expect((await run.ended).status).toBe(137)
  })

  test('is finished by its supervisor when kill itself is gone', async () => {
    const place = makePlace()
    const { run, id, since } = await startTalk(place, 'deaf')
    const kill = place.start(['kill', id])
    await until('it was asked', () => since() === 'session/cancel\n')
    kill.kill('SIGKILL')
    expect((await run.ended).status).toBe(143)
    expect(since()).toBe('session/cancel\nSIGTERM\n')
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'cancelled' })
  })

  test('sends the signals at once when its supervisor is stopped', async () => {
    const place = makePlace()
    const { run, id, since } = await startTalk(place, 'meek')
    await suspend(run, place.session(id))
    const kill = place.start(['kill', id])
    await until('it heard of it', () => since() !== '')
    run.kill('SIGCONT')
    expect(await kill.ended).toMatchObject({ status: 0 })
    expect(since()).toBe('SIGTERM\n')
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'cancelled' })
  })

  test('ends it and says who cannot record that, when its supervisor stays stopped', async () => {
    const place = makePlace()
    const { run, id, since } = await startTalk(place, 'stone')
    await suspend(run, place.session(id))
    const killed = await place.stint(['kill', id], { env: { STINT_KILL_GRACE: '200ms' } })
    const hint = new RegExp(`^hint: \`kill -CONT ${run.pid}\` `, 'm')
    expectRefusal(killed, { status: 1, code: 'KILL_INCOMPLETE', hint })
    expect(killed.stderr).toContain(`its supervisor, process ${run.pid}, is stopped`)
    expect(since()).toBe('SIGTERM\n')
    const { process: group } = (await place.json<Row>(['show', id])).state.turn
    expect(isRunning(group.pgid)).toBe(false)
    run.kill('SIGCONT')
    expect((await run.ended).status).toBe(137)
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'cancelled' })
  })
})

describe('an orphaned turn', () => {
  test('is refused by resume and delete until kill has ended it as cancelled', async () => {
    const place = makePlace()
    const { id, tools } = await makeOrphan(place, [agent('hold.sh'), `${place.dir}/gate`])
    const shown = await place.json(['show', id])
    expect(shown).toMatchObject({ status: 'orphaned', liveness: { status: 'orphaned' } })
    expect(await place.json<Row[]>(['list', '--status', 'orphaned'])).toHaveLength(1)
    expect((await place.stint(['is-alive', id])).status).toBe(0)
    const before = entriesOf(place.session(id))
    expectRefusal(await place.stint(['resume', id, '--', 'true']), {
      ...{ status: 125, code: 'SESSION_ORPHANED', hint: /stint kill/ },
    })
    expect(entriesOf(place.session(id))).toEqual(before)
    expect(tools.every(isRunning)).toBe(true)
    const killed = await place.stint(['kill', id, '--json'])
    expect(killed.status).toBe(0)
    expect(JSON.parse(killed.stdout)).toMatchObject({ signal: 'SIGTERM', outcome: 'cancelled' })
    expect(tools.filter(isRunning)).toEqual([])
    expect(ends(entriesOf(place.session(id)), 1)).toHaveLength(1)
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'cancelled' })
    expect((await place.stint(['resume', id, '--', 'true'])).status).toBe(0)
    expectWhole(entriesOf(place.session(id)))
  })

  test('behind a launcher of Node that was killed, too, is still found and ended', async () => {
    const place = makePlace()
    const words = [process.execPath, agent('launcher.mjs'), agent('hold.sh'), `${place.dir}/gate`]
    const run = place.start(['run', '--', ...words])
    const id = await run.session()
    await run.says('working as')
    await run.says('launcher')
    const launcher = Number(/^launcher (\d+)/m.exec(run.stdout())?.[1])
    run.kill('SIGKILL')
    process.kill(launcher, 'SIGKILL')
    await run.ended
    await until('the launcher is gone', () => !isRunning(launcher))
    expect(await place.json(['show', id])).toMatchObject({ status: 'orphaned' })
    expectRefusal(await place.stint(['resume', id, '--', 'true']), {
      ...{ status: 125, code: 'SESSION_ORPHANED' },
    })
    expect((await place.stint(['kill', id])).status).toBe(0)
    expect(pidsOf(run).filter(isRunning)).toEqual([])
    expect(await place.json(['show', id])).toMatchObject({ status: 'idle', outcome: 'cancelled' })
  })

  test('in a group of its own and without the id is found by the lock, and said to run on', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const bare = ['env', '-u', 'STINT_SESSION_ID', agent('hold.sh'), gate]
    const words = [process.execPath, agent('launcher.mjs'), '--detached', ...bare]
    const run = place.start(['run', '--', ...words])
    const id = await run.session()
    await run.says('working as')
    await run.says('launcher')
    const launcher = Number(/^launcher (\d+)/m.exec(run.stdout())?.[1])
    run.kill('SIGKILL')
    process.kill(launcher, 'SIGKILL')
    await run.ended
    await until('the launcher is gone', () => !isRunning(launcher))
    expect(await place.json(['show', id])).toMatchObject({ status: 'orphaned' })
    expectRefusal(await place.stint(['kill', id]), {
      ...{ status: 1, code: 'KILL_INCOMPLETE', hint: false },
    })
    expect(await place.json(['show', id])).toMatchObject({ status: 'orphaned' })
    touch(gate)
    await until('it has ended', () => !pidsOf(run).some(isRunning))
    expect((await place.stint(['resume', id, '--', 'true'])).status).toBe(0)
  })

  test('that drops its lock is found by its process group', async () => {
    const place = makePlace()
    const { id } = await makeOrphan(place, [
      ...['bash', '-c', 'exec 100>&-; exec "$0" "$1"', agent('hold.sh'), `${place.dir}/gate`],
    ])
    const shown = await place.json(['show', id])
    expect(shown.status).toBe('orphaned')
    expect((shown.locks as Row[]).filter(({ held }) => held)).toEqual([])
    expect((await place.stint(['kill', id])).status).toBe(0)
  })

  test('that ends by itself was crashed, which the next turn records once', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const { id, tools } = await makeOrphan(place, [agent('hold.sh'), gate])
    touch(gate)
    await until('it has ended', () => !tools.some(isRunning))
    const before = entriesOf(place.session(id))
    expect(await place.json(['show', id])).toMatchObject({ status: 'crashed', turn: 1 })
    expect((await place.stint(['is-alive', id])).status).toBe(1)
    expect((await place.stint(['wait', id])).status).toBe(1)
    expect((await place.stint(['result', id])).status).toBe(1)
    expect(entriesOf(place.session(id))).toEqual(before)
    const ran = await place.stint(['resume', id, '--', 'true'])
    expect(ran.stderr).toContain(`session ${id} turn 2\n`)
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    expect(ends(entries, 1).map(({ data }) => [data.outcome, data.upkeep])).toEqual([
      ['crashed', true],
    ])
    const result = await place.json(['result', id, '--turn', '1'])
    expect(result).toMatchObject({ outcome: 'crashed', exit_code: null })
  })

  test('that is no more is recorded as crashed by kill', async () => {
    const place = makePlace()
    const { id, tools } = await makeOrphan(place, [agent('hold.sh'), `${place.dir}/gate`])
    for (const pid of tools) process.kill(pid, 'SIGKILL')
    await until('it has ended', () => !tools.some(isRunning))
    const killed = await place.stint(['kill', id, '--json'])
    expect(killed.status).toBe(0)
    expect(JSON.parse(killed.stdout)).toMatchObject({ signal: null, outcome: 'crashed' })
    expect(await place.json(['show', id])).toMatchObject({ status: 'idle', outcome: 'crashed' })
  })
})

describe('a process group that got the number later', () => {
  test('is never signalled: the turn is crashed, and what runs there now goes on', async () => {
    const place = makePlace()
    const stranger = place.startOther(['setsid', agent('hold.sh'), `${place.dir}/gate`], {
      env: { STINT_HOME: undefined },
    })
    await stranger.says('working as')
    const pid = Number(/\d+/.exec(stranger.stdout())?.[0])
    const id = await place.make()
    const dir = place.session(id)
    // The turn is open again, and its group is one that another process leads now.
    const [created, started] = entriesOf(dir) as [Row, Row]
    started.data.process = { ...started.data.process, pgid: pid }
    writeFileSync(
      `${dir}/transcript.jsonl`,
      [created, started].map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    )
    const state = readFileSync(`${dir}/state.toml`, 'utf8')
    const mark = Buffer.byteLength(`${JSON.stringify(created)}\n`)
    writeFileSync(
      `${dir}/state.toml`,
      `${state.slice(0, state.indexOf('[tools'))}[git]\ncwd = "${place.cwd}"\n\n[journal]\nfold = 1\nseq = 0\nbytes = ${mark}\n`,
    )
    expect(await place.json(['show', id])).toMatchObject({ status: 'crashed', turn: 1 })
    const killed = await place.stint(['kill', id, '--json'])
    expect(killed.status).toBe(0)
    expect(JSON.parse(killed.stdout)).toMatchObject({ signal: null, outcome: 'crashed' })
    expect(isRunning(pid)).toBe(true)
    touch(`${place.dir}/gate`)
    expect((await stranger.ended).status).toBe(0)
  })
})
