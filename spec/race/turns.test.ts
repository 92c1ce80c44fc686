/** Processes that want the same session at the same time: one of them gets it. */

import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  expectWhole,
  failureOf,
  fileText,
  isRunning,
  makePlace,
  type Place,
  preload,
  type Row,
  touch,
  until,
} from '../support/cli.ts'

/** A session whose supervisor and agent were both killed in mid-turn. */
async function makeCrashed(place: Place, id?: string): Promise<string> {
  const words = ['--', agent('hold.sh'), `${place.dir}/never`]
  const run = place.start(id === undefined ? ['run', ...words] : ['resume', id, ...words])
  await run.says('working as')
  const tool = Number(/working as (\d+)/.exec(run.stdout())?.[1])
  run.kill('SIGKILL')
  await run.ended
  process.kill(tool, 'SIGKILL')
  await until('the agent is gone', () => !isRunning(tool))
  return run.session()
}

function ends(entries: readonly Row[]): number[] {
  return entries.filter(({ type }) => type === 'turn_ended').map(({ turn }) => turn as number)
}

describe('resume', () => {
  test('of eight processes at once one gets the session, and seven are told who has it', async () => {
    const place = makePlace()
    const id = await place.make()
    const gate = `${place.dir}/gate`
    const runs = Array.from({ length: 8 }, () =>
      place.start(['resume', id, '--json', '--', agent('hold.sh'), gate]),
    )
    await until('seven have answered', () => runs.filter((run) => run.isOver()).length >= 7)
    const [winner, ...others] = runs.filter((run) => !run.isOver())
    expect(others).toEqual([])
    for (const run of runs) {
      if (run === winner) continue
      const ran = await run.ended
      expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 125, stdout: '' })
      expect(failureOf(ran)).toMatchObject({
        code: 'SESSION_LOCKED',
        data: { id, holder: { pid: winner?.pid, tool: 'command' } },
      })
    }
    touch(gate)
    const won = await winner?.ended
    expect(won?.status).toBe(0)
    expect(JSON.parse(won?.stdout ?? '')).toMatchObject({ turn: 2, outcome: 'success' })
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    expect(ends(entries)).toEqual([1, 2])
  })

  test('of a crashed session by four at once records the crash once', async () => {
    const place = makePlace()
    const id = await makeCrashed(place)
    const gate = `${place.dir}/gate`
    const runs = Array.from({ length: 4 }, () =>
      place.start(['resume', id, '--json', '--', agent('hold.sh'), gate]),
    )
    await until('three have answered', () => runs.filter((run) => run.isOver()).length >= 3)
    touch(gate)
    const statuses = await Promise.all(runs.map(async (run) => (await run.ended).status))
    expect(statuses.sort()).toEqual([0, 125, 125, 125])
    const entries = entriesOf(place.session(id))
    expectWhole(entries)
    expect(ends(entries)).toEqual([1, 2])
    expect(entries.find(({ type }) => type === 'turn_ended')?.data).toMatchObject({
      ...{ outcome: 'crashed', upkeep: true },
    })
  })

  test('waits for nobody when everything of the last turn is dead', async () => {
    const place = makePlace()
    const id = await place.make()
    const started = async () => {
      const at = performance.now()
      const run = place.start(['resume', id, '--', 'true'])
      await run.session()
      const took = performance.now() - at
      expect((await run.ended).status).toBe(0)
      return took
    }
    const normal: number[] = []
    const crashed: number[] = []
    for (let round = 0; round < 3; round++) {
      normal.push(await started())
      await makeCrashed(place, id)
      crashed.push(await started())
    }
    // The best of three: what else the machine does is in the others.
    expect(Math.min(...crashed)).toBeLessThan(Math.min(...normal) + 800)
    const turns = entriesOf(place.session(id)).filter(({ type }) => type === 'turn_ended')
    expect(turns.map(({ turn }) => turn)).toEqual(turns.map((_, index) => index + 1))
    expect(turns.filter(({ data }) => data.outcome === 'crashed')).toHaveLength(3)
  })

  test('against delete: the session is resumed or deleted, never both', async () => {
    const place = makePlace()
    for (let round = 0; round < 6; round++) {
      const id = await place.make()
      const gate = `${place.dir}/gate-${round}`
      const words = ['resume', id, '--', agent('hold.sh'), gate]
      const removal = () => place.start(['delete', id])
      // Who is started first changes from round to round.
      const early = round % 2 === 0 ? removal() : undefined
      const resume = place.start(words)
      const remove = await (early ?? removal()).ended
      const [here, there] = [place.session(id), `${place.store()}/trash/${id}`]
      if (remove.status === 0) {
        const ran = await resume.ended
        expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 125, stdout: '' })
        expect(ran.stderr).toMatch(/^error\[(SESSION_UNKNOWN|SESSION_LOCKED)\]: /)
        expect([existsSync(here), existsSync(there)]).toEqual([false, true])
        expect(ends(entriesOf(there))).toEqual([1])
      } else {
        expect(remove.status).toBe(5)
        expect(remove.stderr).toMatch(/^error\[SESSION_LOCKED\]: /)
        touch(gate)
        expect((await resume.ended).status).toBe(0)
        expect([existsSync(here), existsSync(there)]).toEqual([true, false])
        expect(ends(entriesOf(here))).toEqual([1, 2])
      }
    }
  })

  test.each([
    ['about to open', false],
    ['about to take', true],
  ])('that was %s the lock of a session which then left takes nothing', async (_, after) => {
    const place = makePlace()
    const id = await place.make()
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const plan = { call: 'openSync', path: 'session.lock', after, reached, until: go }
    const resume = place.start(['resume', id, '--json', '--', 'true'], {
      env: { PAUSE: JSON.stringify(plan) },
      preload: [preload('pause')],
    })
    await fileText(reached)
    expect((await place.stint(['delete', id])).status).toBe(0)
    touch(go)
    const ran = await resume.ended
    expect(ran.status).toBe(125)
    expect(failureOf(ran).code).toBe('SESSION_UNKNOWN')
    expect(readdirSync(`${place.store()}/sessions`)).toEqual([])
  })
})

describe('a reader that is overtaken', () => {
  test.each([
    ['is-alive', ['is-alive']],
    ['show', ['show', '--json']],
    ['list', ['list', '--json']],
  ])(
    '%s, stopped between its reading and its probe while the turn ends, says no crash',
    async (verb, words) => {
      const place = makePlace()
      const gate = `${place.dir}/gate`
      const run = place.start(['run', '--', agent('hold.sh'), gate])
      const id = await run.session()
      await run.says('working as')
      const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
      const plan = { call: 'openSync', path: 'session.lock', reached, until: go }
      const reader = place.start(verb === 'list' ? words : [...words, id], {
        env: { PAUSE: JSON.stringify(plan) },
        preload: [preload('pause')],
      })
      await fileText(reached)
      touch(gate)
      expect((await run.ended).status).toBe(0)
      touch(go)
      const ran = await reader.ended
      expect(ran.stdout).not.toContain('crashed')
      expect(ran.stdout).toContain('idle')
      expect(ran.stderr).toBe('')
      expect(ran.status).toBe(verb === 'is-alive' ? 1 : 0)
    },
  )
})

describe.skipIf(process.platform !== 'linux')('kill --lost', () => {
  /** Makes a turn's process one of another container. */
  function putOutOfSight(dir: string): void {
    const here = readlinkSync('/proc/self/ns/pid')
    const elsewhere = here.replace(/\d/g, '9')
    for (const name of ['transcript.jsonl', 'state.toml']) {
      const text = readFileSync(`${dir}/${name}`, 'utf8')
      expect(text).toContain(here)
      writeFileSync(`${dir}/${name}`, text.replaceAll(here, elsewhere))
    }
  }

  /** A session with a lost turn, and a `kill --lost` that has seen it and is about to take its lock. */
  async function makeLate(place: Place) {
    const id = await makeCrashed(place)
    putOutOfSight(place.session(id))
    const [reached, go] = [`${place.dir}/reached`, `${place.dir}/go`]
    const plan = { call: 'openSync', path: 'session.lock', writing: true, reached, until: go }
    const late = place.start(['kill', '--lost', id, '--json'], {
      env: { PAUSE: JSON.stringify(plan) },
      preload: [preload('pause')],
    })
    await fileText(reached)
    expect(await place.json(['kill', '--lost', id])).toMatchObject({ turn: 1, lost: true })
    return { id, late, go }
  }

  test('that comes late gives up nothing, and says how the turn ended', async () => {
    const place = makePlace()
    const { id, late, go } = await makeLate(place)
    touch(go)
    const { status, stdout } = await late.ended
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ id, turn: 1, signal: null, outcome: 'crashed' })
    expect(ends(entriesOf(place.session(id)))).toEqual([1])
  })

  test('takes no turn for lost that has started here since', async () => {
    const place = makePlace()
    const { id, late, go } = await makeLate(place)
    await makeCrashed(place, id)
    touch(go)
    const { status, stdout } = await late.ended
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ id, turn: 2, signal: null, outcome: 'crashed' })
    const { data } = entriesOf(place.session(id)).at(-1) as Row
    expect(data.summary).toBe('its supervisor was gone when it was looked at')
  })

  test('takes the word that was given for one turn for no other', async () => {
    const place = makePlace()
    const { id, late, go } = await makeLate(place)
    await makeCrashed(place, id)
    putOutOfSight(place.session(id))
    touch(go)
    const ran = await late.ended
    expect(ran.status).toBe(9)
    expect(failureOf(ran)).toMatchObject({ code: 'LIVENESS_UNKNOWN', data: { id } })
    expect(ends(entriesOf(place.session(id)))).toEqual([1])
  })

  test('leaves a turn alone that has started here since and lives', async () => {
    const place = makePlace()
    const { id, late, go } = await makeLate(place)
    // Its lock tells nothing of it.
    const words = ['bash', '-c', 'exec 100>&-; exec "$0" "$1"', agent('hold.sh')]
    const run = place.start(['resume', id, '--', ...words, `${place.dir}/never`])
    await run.says('working as')
    run.kill('SIGKILL')
    await run.ended
    touch(go)
    const ran = await late.ended
    expect(ran.status).toBe(5)
    expect(failureOf(ran)).toMatchObject({ code: 'SESSION_ORPHANED', data: { id } })
    expect(ends(entriesOf(place.session(id)))).toEqual([1])
    expect(isRunning(Number(/working as (\d+)/.exec(run.stdout())?.[1]))).toBe(true)
  })
})
