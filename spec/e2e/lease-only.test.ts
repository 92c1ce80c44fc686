/** A store without flock, whose project.toml says that leases are to do. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { holdLock } from '../os/holder.ts'
import { bundle } from '../support/bundle.ts'
import {
  agent,
  entriesOf,
  expectRefusal,
  expectWhole,
  failureOf,
  makePlace,
  type Place,
  type Ran,
  touch,
  until,
} from '../support/cli.ts'

/** A place whose store relies on leases, with a session. */
async function makeLeased(): Promise<{ place: Place; id: string }> {
  const place = makePlace()
  const id = await place.make()
  const file = `${place.store()}/project.toml`
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('lease_only = false', 'lease_only = true'))
  return { place, id }
}

describe('a store with lease_only', () => {
  test('asks no lock: one that somebody holds is in nobody’s way', async () => {
    const { place, id } = await makeLeased()
    for (const name of ['session', 'journal', 'command']) {
      await holdLock(`${place.session(id)}/locks/${name}.lock`)
    }
    expect((await place.stint(['rename', id, 'x'])).status).toBe(0)
    expect((await place.stint(['resume', id, '--', 'echo', 'again'])).stdout).toBe('again\n')
    expect((await place.stint(['delete', id])).status).toBe(0)
    expect((await place.stint(['trash', 'empty'])).status).toBe(0)
  })

  test('takes every entry of many processes, one after the other', async () => {
    const { place, id } = await makeLeased()
    const appender = await bundle('spec/race/appender.ts')
    const before = entriesOf(place.session(id)).length
    const runs = ['a', 'b', 'c', 'd'].map((tag) =>
      place.startOther([process.execPath, appender, place.store(), id, tag, '50']),
    )
    for (const run of runs) expect((await run.ended).stderr).toBe('')
    const entries = entriesOf(place.session(id))
    expect(entries).toHaveLength(before + 200)
    expectWhole(entries)
    expect(readdirSync(`${place.session(id)}/locks`)).not.toContain('lease')
  }, 120_000)

  test('gives a session to one of six, and says that it runs', async () => {
    const { place, id } = await makeLeased()
    const gate = `${place.dir}/gate`
    const runs = Array.from({ length: 6 }, () =>
      place.start(['resume', id, '--json', '--', agent('hold.sh'), gate]),
    )
    await until('five have answered', () => runs.filter((run) => run.isOver()).length >= 5)
    expect((await place.stint(['is-alive', id])).stdout).toMatch(/^running/)
    expectRefusal(await place.stint(['rename', id, 'x']), { status: 5, code: 'LEASE_HELD' })
    const hint = /^hint: try again when it has finished there$/m
    expectRefusal(await place.stint(['delete', id]), { status: 5, code: 'LEASE_HELD', hint })
    expectRefusal(await place.stint(['kill', id]), { status: 5, code: 'LEASE_HELD' })
    touch(gate)
    const ran = await Promise.all(runs.map((run) => run.ended))
    expect(ran.map(({ status }) => status).sort()).toEqual([0, 125, 125, 125, 125, 125])
    const refused = ran.filter(({ status }) => status === 125)
    expect(new Set(refused.map((one) => failureOf(one).code))).toEqual(new Set(['LEASE_HELD']))
    expect(failureOf(refused[0] as Ran).hint).toMatch(/`resume --wait`.*`stint run --fork \w+`/)
    expectWhole(entriesOf(place.session(id)))
  })

  test('lets one wait until another is done', async () => {
    const { place, id } = await makeLeased()
    const run = place.start(['resume', id, '--', agent('hold.sh'), `${place.dir}/gate`])
    await run.says('working as')
    const short = await place.stint(['resume', id, '--wait=100ms', '--json', '--', 'true'])
    expect(failureOf(short)).toMatchObject({ code: 'WAIT_EXPIRED' })
    const waiting = place.start(['resume', id, '--wait', '--', 'true'])
    touch(`${place.dir}/gate`)
    expect((await run.ended).status).toBe(0)
    expect((await waiting.ended).status).toBe(0)
    expectWhole(entriesOf(place.session(id)))
  })

  test('goes on at once after a process that was killed', async () => {
    const { place, id } = await makeLeased()
    const run = place.start(['resume', id, '--', agent('hold.sh'), `${place.dir}/gate`])
    await run.says('working as')
    run.kill('SIGKILL')
    await run.ended
    expect((await place.stint(['is-alive', id])).stdout).toMatch(/^orphaned/)
    expect((await place.stint(['kill', id])).status).toBe(0)
    expect((await place.stint(['resume', id, '--', 'true'])).status).toBe(0)
  })
})
