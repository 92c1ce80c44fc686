/** Checkpoints, as people and scripts meet them. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { expectRefusal, makePlace, type Place, type Row } from '../support/cli.ts'

function git(place: Place, ...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
  return execFileSync('git', ['-C', place.cwd, ...identity, ...args], {
    env: place.env,
    encoding: 'utf8',
  }).trim()
}

function makeProject(): Place {
  const place = makePlace()
  git(place, 'init', '-q')
  git(place, 'commit', '-q', '--allow-empty', '-m', 'first')
  return place
}

describe('checkpoint and checkpoints', () => {
  test('note, list and verify the turns of a session', async () => {
    const place = makeProject()
    const id = await place.make()
    await place.stint(['resume', id, '--', 'sh', '-c', 'exit 3'])
    const head = git(place, 'rev-parse', 'HEAD')
    expect(await place.stint(['checkpoints'])).toMatchObject({
      status: 0,
      stderr: 'no checkpoints\n',
    })
    expect(await place.stint(['checkpoint', id, '--turn', '1'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: `session ${id} turn 1: noted on ${head.slice(0, 12)}\n`,
    })
    const noted = await place.json(['checkpoint', id])
    expect(noted).toMatchObject({ session_id: id, turn: 2, head, commit: head })
    const rows = await place.json<Row[]>(['checkpoints', id])
    expect(rows.map(({ turn, result }) => [turn, result.outcome])).toEqual([
      [2, 'failure'],
      [1, 'success'],
    ])
    const drawn = await place.stint(['checkpoints', '--verify'])
    expect(drawn.status).toBe(0)
    expect(drawn.stdout).toMatch(new RegExp(`${id} +2 +${head.slice(0, 12)} .*failure +agrees`))
  })

  test('--verify is 1 when a transcript was changed, and names the one that was redacted', async () => {
    const place = makeProject()
    const id = await place.make()
    await place.stint(['checkpoint', id])
    const file = `${place.session(id)}/transcript.jsonl`
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('"hello"', '"hullo"'))
    const changed = await place.stint(['checkpoints', '--verify', '--json'])
    expect(changed.status).toBe(1)
    expect(JSON.parse(changed.stdout)).toMatchObject([{ verdict: 'differs' }])
    const secret = ['ghp', 'Q1w2E3r4T5y6U7i8O9p0A1s2D3f4G5h6J7k8'].join('_')
    const other = await place.make(['--', 'echo', 'x'.repeat(secret.length)])
    const path = `${place.session(other)}/transcript.jsonl`
    const grown = readFileSync(path, 'utf8').replaceAll('x'.repeat(secret.length), secret)
    writeFileSync(path, grown)
    await place.stint(['checkpoint', other])
    expect((await place.stint(['checkpoints', other, '--verify'])).status).toBe(0)
    expect((await place.stint(['redact', '--fix', other])).status).toBe(0)
    const redacted = await place.stint(['checkpoints', other, '--verify'])
    expect(redacted.status).toBe(1)
    expect(redacted.stdout).toMatch(/redacted +the transcript was redacted after it was noted/)
  })

  test('of all projects are those that can be read', async () => {
    const place = makePlace()
    const other = { cwd: `${place.dir}/other` }
    mkdirSync(other.cwd)
    for (const how of [{}, other]) {
      git({ ...place, ...how }, 'init', '-q')
      git({ ...place, ...how }, 'commit', '-q', '--allow-empty', '-m', 'x')
      const id = await place.make(['--', 'true'], how)
      expect((await place.stint(['checkpoint', id], how)).status).toBe(0)
    }
    writeFileSync(`${other.cwd}/.git/refs/notes/stint`, `${'1'.repeat(40)}\n`)
    const ran = await place.stint(['checkpoints', '--all-projects', '--json'])
    expect([ran.status, JSON.parse(ran.stdout).length]).toEqual([0, 1])
    expect(ran.stderr).toMatch(/^warning: git failed in .*other: /)
  })

  test('refuse outside of a repository and on an unborn HEAD, with a hint', async () => {
    const place = makePlace()
    const id = await place.make()
    expectRefusal(await place.stint(['checkpoint', id]), { status: 7, code: 'NO_REPOSITORY' })
    expectRefusal(await place.stint(['checkpoints']), { status: 7, code: 'NO_REPOSITORY' })
    expect(await place.json(['checkpoints', '--all-projects'])).toEqual([])
    git(place, 'init', '-q')
    expectRefusal(await place.stint(['checkpoint', id]), { status: 7, code: 'NO_COMMIT' })
    expectRefusal(await place.stint(['checkpoint', id], { env: { PATH: '/nonexistent' } }), {
      status: 127,
      code: 'PROGRAM_MISSING',
    })
  })
})
