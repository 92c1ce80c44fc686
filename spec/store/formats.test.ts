/** What was ever written on a disk is read for ever: one directory of fixtures for each format. */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { entriesOf, expectWhole, makePlace, type Place, type Row } from '../support/cli.ts'

const formats = `${import.meta.dirname}/../../fixtures/formats`

/** A copy of the fixture; git keeps no modes. */
function open(format: string): { place: Place; store: string } {
  const place = makePlace()
  cpSync(`${formats}/${format}`, place.home, { recursive: true })
  spawnSync('chmod', ['-R', 'u=rwX,go=', place.home])
  const [name] = readdirSync(`${place.home}/projects`)
  return { place, store: `${place.home}/projects/${name}` }
}

describe('format 1', () => {
  test('is listed and shown as it was', async () => {
    const { place, store } = open('1')
    const rows = await place.json<Row[]>(['list', '--store', store])
    expect(
      rows.map(({ name, status, outcome, turn, tools }) => [name, status, outcome, turn, tools]),
    ).toEqual([
      ['agent', 'idle', 'success', 1, ['codex']],
      // It was left open on a machine that this one is not.
      ['crashed', 'unknown', null, 1, []],
      ['forked', 'idle', 'success', 1, ['command']],
      ['child', 'idle', 'success', 1, ['command']],
      ['build', 'idle', 'failure', 2, ['command']],
    ])
    const [agent, , forked, child, build] = rows
    expect(agent).toMatchObject({
      pinned: true,
      usage: expect.objectContaining({ input_tokens: expect.any(Number) }),
    })
    expect(child).toMatchObject({ parent_session_id: build?.id, depth: 1 })
    expect(forked).toMatchObject({ fork_of_session_id: build?.id, depth: 0 })
    expect(await place.json(['result', build?.id, '--turn', '1', '--store', store])).toMatchObject({
      ...{ outcome: 'success', exit_code: 0, artifacts: [{ path: 'turn-0001/report.txt' }] },
    })
    const logs = await place.stint(['logs', 'build', '--store', store, '--type', 'output'])
    expect(logs.stdout).toMatch(/compiling[\s\S]*warning: unused x/)
    expect(await place.json<Row[]>(['trash', 'list', '--store', store])).toMatchObject([
      { name: 'gone' },
    ])
  })

  test('is sound, and taken up, cleaned and restored from', async () => {
    const { place, store } = open('1')
    const doctor = await place.stint(['doctor', '--deep', '--json', '--store', store])
    const { checks } = JSON.parse(doctor.stdout) as { checks: Row[] }
    expect(
      checks.filter(({ severity, session }) => severity !== 'note' && session !== null),
    ).toEqual([])
    mkdirSync(`${place.dir}/work`)
    const run = ['resume', 'build', '-q', '--store', store, '--cwd', `${place.dir}/work`]
    expect(await place.stint([...run, '--', 'echo', 'on'])).toMatchObject({
      status: 0,
      stdout: 'on\n',
    })
    const [row] = (await place.json<Row[]>(['list', '--store', store])).filter(
      ({ name }) => name === 'build',
    )
    expect(row).toMatchObject({ turn: 3, outcome: 'success' })
    expectWhole(entriesOf(`${store}/sessions/${row?.id}`))
    expect((await place.stint(['trash', 'restore', 'gone', '--store', store])).status).toBe(0)
    const gc = await place.stint([
      'gc',
      '--store',
      store,
      '--older-than',
      '0s',
      '--dry-run',
      '--json',
    ])
    expect(gc.status).toBe(0)
  })

  test('gives its archives back', async () => {
    const place = makePlace()
    expect((await place.stint(['import', `${formats}/1/build.tar.gz`])).status).toBe(0)
    const rows = await place.json<Row[]>(['list'])
    expect(rows.map(({ name, turn }) => [name, turn])).toEqual([
      ['child', 1],
      ['build', 2],
    ])
    for (const { id } of rows) expectWhole(entriesOf(place.session(id)))
  })
})
