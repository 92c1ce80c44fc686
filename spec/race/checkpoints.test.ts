/** Processes that note on the same commit at the same time: every line of them stays. */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { entriesOf, makePlace, type Place, type Row } from '../support/cli.ts'

function git(place: Place, ...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
  return execFileSync('git', ['-C', place.cwd, ...identity, ...args], {
    env: place.env,
    encoding: 'utf8',
  })
}

/** A directory for PATH whose git does something before each import, when the old note has been read. */
function gitThatFirst(place: Place, act: (git: string) => string): string {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  const dir = `${place.dir}/git`
  mkdirSync(dir)
  const script = `case " $* " in *" fast-import "*) ${act(real)};; esac\nexec ${real} "$@"\n`
  writeFileSync(`${dir}/git`, `#!/bin/sh\n${script}`)
  chmodSync(`${dir}/git`, 0o755)
  return `${dir}:${place.env.PATH}`
}

describe('checkpoint', () => {
  test('of six processes at once none loses its line', async () => {
    const place = makePlace()
    git(place, 'init', '-q')
    git(place, 'commit', '-q', '--allow-empty', '-m', 'first')
    const ids: string[] = []
    for (let i = 0; i < 6; i++) ids.push(await place.make())
    const env = { PATH: gitThatFirst(place, () => 'sleep 0.2') }
    const runs = ids.map((id) => place.start(['checkpoint', id], { env }))
    for (const run of runs) {
      const { status, stderr } = await run.ended
      expect({ status, stderr }).toMatchObject({ status: 0 })
    }
    const lines = git(place, 'notes', '--ref=stint', 'show', 'HEAD').trim().split('\n')
    expect(lines.filter((line) => line !== '')).toHaveLength(6)
    const rows = await place.json<Row[]>(['checkpoints', '--verify'])
    expect(rows.map(({ session_id }) => session_id).sort()).toEqual([...ids].sort())
    expect(new Set(rows.map(({ verdict }) => verdict))).toEqual(new Set(['agrees']))
    for (const id of ids) {
      const types = entriesOf(place.session(id)).map(({ type }) => type)
      expect(types.filter((type) => type === 'checkpoint')).toHaveLength(1)
    }
  })

  test('keeps what git itself wrote meanwhile, and stays away from other notes', async () => {
    const place = makePlace()
    git(place, 'init', '-q')
    git(place, 'commit', '-q', '--allow-empty', '-m', 'first')
    const id = await place.make()
    const once = `${place.dir}/once`
    const env = {
      PATH: gitThatFirst(
        place,
        (real) =>
          `mkdir ${once} 2>/dev/null && ${real} -C ${place.cwd} -c user.name=a -c user.email=a@b.c notes --ref=stint append -m 'by hand'`,
      ),
    }
    expect(await place.stint(['checkpoint', id], { env })).toMatchObject({ status: 0 })
    const lines = git(place, 'notes', '--ref=stint', 'show', 'HEAD').trim().split('\n')
    expect(lines).toEqual(['by hand', expect.stringContaining(id)])
  })
})
