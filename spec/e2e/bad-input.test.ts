/** What nobody should type: each is refused with a code and a hint, and nothing changes on the disk. */

import { mkdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  expectRefusal,
  failureOf,
  makePlace,
  type Place,
  preload,
  program,
  type Row,
  snapshot,
} from '../support/cli.ts'

/** Runs a command that has to be refused and to change nothing. */
async function refused(
  place: Place,
  args: readonly string[],
  wanted: Parameters<typeof expectRefusal>[1],
): Promise<string> {
  const before = snapshot(place.dir)
  const ran = await place.stint(args)
  expectRefusal(ran, wanted)
  expect(snapshot(place.dir)).toEqual(before)
  return ran.stderr
}

describe('a REF', () => {
  test.each([
    ['', 'REF_MALFORMED', 2],
    ['../../etc', 'REF_MALFORMED', 2],
    ['..', 'REF_MALFORMED', 2],
    ['sessions/x', 'REF_MALFORMED', 2],
    ['two words', 'REF_MALFORMED', 2],
    ['bell\u0007', 'REF_MALFORMED', 2],
    ['ünicode', 'REF_MALFORMED', 2],
    ['x'.repeat(65), 'REF_MALFORMED', 2],
    ['@nobody', 'REF_MALFORMED', 2],
    ['@self', 'REF_NEEDS_TURN', 3],
    ['01M', 'SESSION_UNKNOWN', 3],
    ['8ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'SESSION_UNKNOWN', 3],
    ['staging', 'SESSION_UNKNOWN', 3],
  ])('%j is refused by every verb that takes one', async (ref, code, status) => {
    const place = makePlace()
    await place.make()
    for (const verb of ['show', 'delete']) await refused(place, [verb, ref], { status, code })
    const run = { status: status === 2 ? 2 : 125, code }
    await refused(place, ['resume', ref, '--', 'true'], run)
  })

  test('is found by its start, its end, its name and in any case, but never guessed', async () => {
    const place = makePlace()
    const ids: string[] = []
    for (const name of ['one', 'two', 'two'])
      ids.push(await place.make(['--name', name, '--', 'true']))
    const [one = '', two = ''] = ids
    const find = async (ref: string) => (await place.json(['show', ref])).id
    expect(await find(one.toLowerCase())).toBe(one)
    expect(await find(one.slice(-6))).toBe(one)
    expect(await find(one.slice(-6).toLowerCase().replaceAll('0', 'O').replaceAll('1', 'l'))).toBe(
      one,
    )
    expect(await find('ONE')).toBe(one)
    expect(await find('@last')).toBe(ids[2])
    expect(await find(two.slice(0, 25))).toBe(two)
    const named = await refused(place, ['show', 'two'], { status: 4, code: 'REF_AMBIGUOUS' })
    expect(named).toContain(two)
    expect(named).toContain(ids[2])
    expect(named).toMatch(/\d+s old {2}idle {2}two {2}true/)
    const all = await refused(place, ['delete', one.slice(0, 4)], {
      status: 4,
      code: 'REF_AMBIGUOUS',
    })
    for (const id of ids) expect(all).toContain(id)
    const json = await place.stint(['show', 'two', '--json'])
    expect(failureOf(json)).toMatchObject({
      code: 'REF_AMBIGUOUS',
      data: { total: 2, candidates: [{ id: ids[2], name: 'two' }, { id: two }] },
    })
  })
})

describe('a command line', () => {
  test.each([
    [[], 2, undefined],
    [['lst'], 2, /stint list/],
    [['rum', '--', 'true'], 2, /stint run/],
    [['frobnicate'], 2, /--help/],
    [['list', '--sinc', '1h'], 2, /--since/],
    [['list', '--limit', '0'], 2, /usage/],
    [['list', '--limit', '1e3'], 2, /usage/],
    [['list', '--since', 'yesterday'], 2, /usage/],
    [['list', '--status', 'runing'], 2, /usage/],
    [['list', '--sort', 'name'], 2, /usage/],
    [['list', 'extra'], 2, /usage/],
    [['show'], 2, /usage/],
    [['run'], 2, /usage/],
    [['run', '--'], 2, /usage/],
    [['run', 'a prompt without a tool'], 2, /usage/],
    [['run', '--tool', 'gpt', 'hello'], 2, /the tools are .*codex/],
    [['run', '--timeout', '5', '--', 'true'], 2, /usage/],
    [['run', '--timeout', '-1s', '--', 'true'], 2, /usage/],
    [['run', '--session', 'x', '--fork', 'y', '--', 'true'], 2, /usage/],
    [['run', '--name', '-x', '--', 'true'], 2, undefined],
    [['run', '--name', 'a b', '--', 'true'], 2, /1 to 64/],
    [['run', '--name', '@last', '--', 'true'], 2, /1 to 64/],
    [['run', '--name', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '--', 'true'], 2, /ULID/],
    [['run', '-d', 'two\nlines', '--', 'true'], 2, /one line/],
    [['run', '-d', 'bell\u0007', '--', 'true'], 2, /one line/],
    [['run', '--color', 'blue', '--', 'true'], 2, /usage/],
    [['run', '--wait', '--', 'true'], 2, /usage/],
    [['rename', '@last'], 2, /usage/],
    [['gc', '--apply', 'plan', '--dry-run'], 2, /usage/],
    [['project', 'move', '.', '.'], 2, /usage/],
    [['completion', 'words'], 2, /usage/],
    [['--quiet', 'list'], 2, /usage/],
  ] as const)('%j is refused with its code and a hint', async (args, status, hint) => {
    const place = makePlace()
    const before = snapshot(place.dir)
    const ran = await place.stint([...args])
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status, stdout: '' })
    if (args.length > 0) expect(ran.stderr).toMatch(/^error\[[A-Z_]+\]: /)
    if (hint !== undefined) expect(ran.stderr).toMatch(new RegExp(`^hint: .*${hint.source}`, 'm'))
    expect(ran.stderr.length).toBeLessThan(2_000)
    expect(snapshot(place.dir)).toEqual(before)
  })

  test('a description of 10,000 characters is refused in few words', async () => {
    const place = makePlace()
    const ran = await place.stint(['run', '-d', 'x'.repeat(10_000), '--', 'true'])
    expectRefusal(ran, { status: 2, code: 'DESCRIPTION_INVALID', hint: /500 characters/ })
    expect(snapshot(place.home)).toEqual({})
    expect(ran.stderr.length).toBeLessThan(500)
  })

  test('a REF of 10,000 characters is refused in few words', async () => {
    const place = makePlace()
    const ran = await place.stint(['show', 'x'.repeat(10_000)])
    expectRefusal(ran, { status: 2, code: 'REF_MALFORMED' })
    expect(ran.stderr.length).toBeLessThan(500)
  })

  test('with --json a refusal is one line on standard error', async () => {
    const place = makePlace()
    const ran = await place.stint(['show', 'nobody', '--json'])
    expect(ran).toMatchObject({ status: 3, stdout: '' })
    expect(ran.stderr.split('\n')).toHaveLength(2)
    expect(failureOf(ran)).toMatchObject({ code: 'SESSION_UNKNOWN', data: { ref: 'nobody' } })
    expect(failureOf(ran).hint).toContain('stint list')
  })

  test('a name and a description that are refused leave a session as it was', async () => {
    const place = makePlace()
    const id = await place.make()
    await refused(place, ['rename', id, 'a/b'], { status: 2, code: 'NAME_INVALID' })
    await refused(place, ['rename', id, '-d', 'x'.repeat(501)], {
      status: 2,
      code: 'DESCRIPTION_INVALID',
    })
  })

  test('--help is there for all of it and for every verb', async () => {
    const place = makePlace()
    const all = await place.stint(['--help'])
    expect(all).toMatchObject({ status: 0, stderr: '' })
    for (const verb of ['run', 'resume', 'list', 'logs', 'kill', 'delete', 'trash']) {
      expect(all.stdout).toContain(verb)
      const one = await place.stint([verb, '--help'])
      expect(one).toMatchObject({ status: 0, stderr: '' })
      expect(one.stdout).toContain(`stint ${verb}`)
    }
    expect((await place.stint(['--version'])).stdout).toMatch(/^\S*\d+\.\d+\.\d+/)
  })
})

// Where names are always UTF-8 there is no such path.
describe.skipIf(process.platform !== 'linux')('a path that is no UTF-8', () => {
  test.each([
    ['the current directory', 'cd "$odd" && exec "$0" "$@" run -- true'],
    ['--project', 'exec "$0" "$@" run --project "$odd" -- true'],
    ['a link to it', 'ln -s "$odd" link && exec "$0" "$@" run --project link -- true'],
    ['--store', 'exec "$0" "$@" list --store "$odd"'],
    ['--to', 'exec "$0" "$@" export @last --to "$odd/a.tar.gz"'],
    ['--archive', 'exec "$0" "$@" gc --older-than 0s --archive "$odd/a"'],
    ['--plan', 'exec "$0" "$@" gc --plan "$odd/plan"'],
    ['--id-file', 'exec "$0" "$@" run --id-file "$odd/id" -- true'],
    ['a line for cron', 'cd "$odd" && exec "$0" "$@" gc --print-cron'],
    ['STINT_HOME', 'STINT_HOME="$odd" exec "$0" "$@" run -- true'],
    ['project move', 'exec "$0" "$@" project move "$odd" .'],
  ])('is not taken for another one: %s', async (_, script) => {
    const place = makePlace()
    await place.make()
    const before = snapshot(place.dir)
    const odd = `odd=$(printf 'caf\\351') && mkdir "$odd" && ${script}`
    const ran = await place.startOther(['sh', '-c', odd, process.execPath, program]).ended
    expect(ran.stderr).toContain('error[IO_FAILED]: ')
    expect(ran.stderr).toContain('a name in it is no UTF-8 (EILSEQ)\nhint: give it a name in UTF-8')
    expect([7, 125]).toContain(ran.status)
    const after = Object.keys(snapshot(place.dir))
    const added = after.filter((path) => !(path in before) && !/\/(link|caf\ufffd)$/.test(path))
    expect(added).toEqual([])
  })

  test('is told from one that has U+FFFD in its name', async () => {
    const place = makePlace()
    const cwd = `${place.dir}/caf\ufffd`
    mkdirSync(cwd)
    const id = await place.make(undefined, { cwd })
    expect(await place.json(['list', '--project', cwd])).toMatchObject([{ id, project_path: cwd }])
  })
})

describe('a clock that went backwards', () => {
  test('does not upset a session: its entries keep their order and its times do not go back', async () => {
    const place = makePlace()
    const id = await place.make()
    const created = await place.json(['show', id])
    const past = {
      env: { CLOCK_OFFSET: String(-3 * 86_400_000) },
      preload: [preload('clock')],
    }
    const ran = await place.stint(['resume', id, '--json', '--', 'true'], past)
    expect(ran.status).toBe(0)
    const result = JSON.parse(ran.stdout) as Row
    expect(result.duration_ms).toBeGreaterThanOrEqual(0)
    const shown = await place.json(['show', id], past)
    expect(shown.idle_for_ms).toBeGreaterThanOrEqual(0)
    expect(shown.last_accessed >= created.last_accessed).toBe(true)
    expect(shown).toMatchObject({ turn: 2, status: 'idle', created_at: created.created_at })
    const older = await place.make(['--', 'true'], past)
    expect(older < id).toBe(true)
    expect((await place.json<Row[]>(['list'])).map((row) => row.id)).toEqual([id, older])
    expect((await place.json(['show', '@last'])).id).toBe(older)
    expect((await place.stint(['list'], past)).stdout).toMatch(/ in \dd /)
    expect((await place.stint(['delete', id, older], past)).status).toBe(0)
  })

  test.each([-3_600_000, 3_600_000])(
    'or forwards by %i ms in a turn does not change how long that took',
    async (offset) => {
      const place = makePlace()
      const at = `${place.dir}/set`
      const set = {
        env: { CLOCK_OFFSET: String(offset), CLOCK_SET: at },
        preload: [preload('clock')],
      }
      const ran = await place.stint(
        ['run', '--json', '--', 'sh', '-c', `touch '${at}'; sleep 0.2`],
        set,
      )
      const result = JSON.parse(ran.stdout) as Row
      expect(Date.parse(result.completed_at) < Date.parse(result.started_at)).toBe(offset < 0)
      expect(result.duration_ms).toBeGreaterThanOrEqual(200)
      expect(result.duration_ms).toBeLessThan(60_000)
    },
  )
})
