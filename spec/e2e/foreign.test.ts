/** Tools that become another user, as with sudo: this user's signals do not reach them. */

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makePlace, type Place, program, type Row, type Running } from '../support/cli.ts'
import { startAtTerminal } from '../support/terminal.ts'

/** Root without its power over other users' processes. */
const weakly = ['setpriv', '--bounding-set=-kill']
const foreignly = ['setpriv', '--reuid=65534', '--clear-groups']
const canBecome = spawnSync(weakly[0] as string, [...weakly.slice(1), ...foreignly, 'true'])

function start(place: Place, args: readonly string[]): Running {
  return place.startOther([...weakly, process.execPath, program, ...args], { stdio: 'pipe' })
}

/** Says so when it has become another, and ends with its standard input. */
const wait = 'echo here; cat'
const notice = /process group (\d+) belongs to another user; `sudo kill -- -\1` ends it$/m

describe.skipIf(canBecome.status !== 0)('a tool that became another user', () => {
  test('is waited for when it is interrupted, and that is said once', async () => {
    const place = makePlace()
    const run = start(place, ['run', '--', ...foreignly, 'sh', '-c', `${wait}; exit 3`])
    await run.says('here')
    run.kill('SIGTERM')
    await run.says('it is waited for: process group')
    // The second asks for KILL.
    run.kill('SIGINT')
    run.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(run.isOver()).toBe(false)
    run.child.stdin?.end()
    const { status, stderr } = await run.ended
    expect(status).toBe(3)
    expect(stderr).toMatch(notice)
    expect(stderr.match(/another user/g)).toHaveLength(1)
    expect(await place.json(['list'])).toMatchObject([{ status: 'idle', outcome: 'interrupted' }])
  })

  test('is not ended by `kill`, whose refusal leaves the turn as it is', async () => {
    const place = makePlace()
    const command = [...foreignly, 'sh', '-c', wait]
    const run = start(place, ['run', '--', ...command])
    await run.says('here')
    const kill = await start(place, ['kill', '@last']).ended
    expect(kill.status).toBe(1)
    expect(kill.stderr).toMatch(/^error\[KILL_INCOMPLETE\].*cannot be ended from here/)
    expect(kill.stderr).toMatch(notice)
    run.child.stdin?.end()
    expect((await run.ended).status).toBe(0)
    expect(await place.json(['list'])).toMatchObject([{ outcome: 'success' }])
  })

  test('and is not the first of its turn is told of when it runs on', async () => {
    const place = makePlace()
    const command = `exec 3<&0; ${foreignly.join(' ')} sh -c '${wait}' <&3 & wait`
    const run = start(place, ['run', '--', 'sh', '-c', command])
    await run.says('here')
    run.kill('SIGTERM')
    const { status, stderr } = await run.ended
    run.child.stdin?.end()
    expect(status).toBe(143)
    expect(stderr).toMatch(/^warning: what is left of the turn runs on: /m)
    expect(stderr).toMatch(notice)
  })

  test('is not ended by `kill` where it has the terminal, either', async () => {
    const place = makePlace()
    const bin = `${place.dir}/bin`
    mkdirSync(bin)
    const script = `#!/bin/sh\nexec ${foreignly.join(' ')} sh -c 'echo here; sleep 30'\n`
    writeFileSync(`${bin}/claude`, script, { mode: 0o755 })
    const env = { PATH: `${bin}:${place.env.PATH}` }
    const run = startAtTerminal(place, ['run', '-i', '--tool', 'claude-code', 'hello'], { env })
    await run.says('here')
    const kill = await start(place, ['kill', '@last']).ended
    expect(kill.status).toBe(1)
    expect(kill.stderr).toMatch(/process (\d+) belongs to another user; `sudo kill \1` ends it$/m)
    expect((await place.stint(['kill', '@last'])).status).toBe(0)
    await run.ended
  })
})

/** The directory of this run's build is this user's alone. */
chmodSync(join(program, '../..'), 0o755)
const canRead = spawnSync(foreignly[0] as string, [...foreignly.slice(1), 'test', '-r', program])

describe.skipIf(canRead.status !== 0)(
  'what one `sudo stint` left among the sessions of a user',
  () => {
    test('is passed over, and given back by the commands that the doctor names', async () => {
      const place = makePlace()
      execFileSync('chown', ['-R', '65534', place.dir])
      const asUser = (...args: string[]) =>
        place.startOther([...foreignly, process.execPath, program, ...args]).ended
      expect((await asUser('run', '--name', 'own', '--', 'true')).status).toBe(0)
      rmdirSync(`${place.store()}/trash`)
      const rooted = await place.make()
      await place.stint(['delete', await place.make()])
      const shown = await asUser('show', '@last', '--json')
      expect(JSON.parse(shown.stdout)).toMatchObject({ name: 'own' })
      const refused = await asUser('trash', 'list')
      expect(refused.stderr).toMatch(/ACCESS_DENIED.*\n.*`stint doctor`/)

      for (let left = 3; left > 0; left--) {
        const { checks } = JSON.parse((await asUser('doctor', '--json')).stdout) as Row
        for (const { fix } of checks) {
          expect(fix).toMatch(/^sudo chown -R 65534 /)
          execFileSync('sh', ['-c', fix.replace('sudo ', '')])
        }
      }
      expect((await asUser('doctor')).stderr).toContain('all fine')
      const rows = JSON.parse((await asUser('list', '--json')).stdout) as Row[]
      expect(rows).toMatchObject([{ id: rooted, status: 'idle' }, { name: 'own' }])
      expect((await asUser('trash', 'empty')).stderr).toBe('1 session removed\n')
    })
  },
)
