/** Two machines on one store, whose locks do not reach each other. */

import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../support/bundle.ts'
import {
  agent,
  entriesOf,
  expectRefusal,
  expectWhole,
  failureOf,
  fileText,
  preload,
  type Row,
  touch,
  until,
} from '../support/cli.ts'
import { findObstacle } from './box.ts'
import { type Machine, makePair, type Pair, programsOf, type Server } from './machines.ts'

let appender: string

beforeAll(async () => {
  appender = await bundle('spec/race/appender.ts')
})

/** A session with one finished turn, made on a machine. */
async function make(machine: Machine): Promise<string> {
  const ran = await machine.stint(['run', '--json', '--', 'echo', 'hello'])
  expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 })
  return (JSON.parse(ran.stdout) as Row).session_id
}

/** A turn that runs on a machine until the gate's file is there. */
async function hold(pair: Pair, machine: Machine, words: string[] = ['run']) {
  const gate = `${pair.dir}/project/gate-${machine.host}`
  const run = machine.start([...words, '--', agent('hold.sh'), `gate-${machine.host}`])
  const id = await run.session()
  await run.says('working as')
  const transcript = `${pair.session(id)}/transcript.jsonl`
  const said = /working as \d+/.exec(run.stdout())?.[0] ?? ''
  await until('it is journaled', () => readFileSync(transcript, 'utf8').includes(said))
  return { run, id, open: () => touch(gate) }
}

/** Makes the lease as old as if its machine had not renewed it for so long. */
function age(lease: string, seconds: number): void {
  const at = Date.now() / 1000 - seconds
  for (const name of readdirSync(lease)) utimesSync(`${lease}/${name}`, at, at)
}

function ends(entries: readonly Row[]): unknown[] {
  return entries.filter(({ type }) => type === 'turn_ended').map(({ data }) => data.outcome)
}

for (const server of ['bindfs', 'sshfs', 'glusterfs'] satisfies Server[]) {
  const obstacle = findObstacle(programsOf[server])
  /** Its kernel locks are the server's. */
  const reaches = server === 'glusterfs'
  const title = `two machines on ${server}`
  describe.skipIf(obstacle !== undefined)(
    obstacle === undefined ? title : `${title} (skipped: ${obstacle})`,
    () => {
      test('know that their store is shared, and see each other\u2019s sessions', async () => {
        const pair = await makePair(server)
        const id = await make(pair.a)
        expect(readFileSync(`${pair.store()}/project.toml`, 'utf8')).toContain('shared = true')
        const ran = await pair.b.stint(['list', '--json'])
        expect(JSON.parse(ran.stdout)).toMatchObject([{ id, status: 'idle' }])
        expect(readdirSync(`${pair.session(id)}/locks`)).not.toContain('lease')
      })

      test('append eight hundred entries at once without a gap or a repeat', async () => {
        const pair = await makePair(server)
        const id = await make(pair.a)
        const store = `../home/projects/${readdirSync(`${pair.dir}/home/projects`)[0]}`
        const before = entriesOf(pair.session(id)).length
        const tags = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
        const runs = tags.map((tag, index) =>
          (index % 2 === 0 ? pair.a : pair.b).startOther([
            ...[process.execPath, appender, store, id, tag, '100'],
          ]),
        )
        // What is looked at is cached, on either machine.
        for (let look = 0; look < 10; look++) {
          for (const machine of [pair.a, pair.b]) await machine.stint(['show', id])
        }
        for (const run of runs) {
          const ran = await run.ended
          expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' })
        }
        const entries = entriesOf(pair.session(id))
        expect(entries).toHaveLength(before + 800)
        expectWhole(entries)
        const hundred = Array.from({ length: 100 }, (_, n) => n)
        for (const tag of tags) {
          const numbers = entries.filter(({ text }) => text === tag).map(({ data }) => data.n)
          expect(numbers).toEqual(hundred)
        }
      }, 300_000)

      test('leave a session alone that the other one runs', async () => {
        const pair = await makePair(server)
        const { run, id, open } = await hold(pair, pair.a)
        const before = readFileSync(`${pair.session(id)}/transcript.jsonl`, 'utf8')
        const code = reaches ? 'SESSION_LOCKED' : 'LEASE_HELD'
        for (const [words, refusal] of [
          [['rename', id, 'x'], 'LEASE_HELD'],
          [['pin', id], 'LEASE_HELD'],
          [['delete', id], code],
        ] as const) {
          const ran = await pair.b.stint(words)
          expectRefusal(ran, { status: 5, code: refusal })
          expect(ran.stderr).toContain('alpha')
        }
        const resumed = await pair.b.stint(['resume', id, '--json', '--', 'true'])
        expect(resumed.status).toBe(125)
        expect(failureOf(resumed)).toMatchObject({ code })
        expect(failureOf(resumed).message).toContain('alpha')
        expectRefusal(
          await pair.b.stint(['kill', id]),
          reaches ? { status: 5, code: 'LEASE_HELD' } : { status: 9, code: 'LIVENESS_UNKNOWN' },
        )
        const alive = await pair.b.stint(['is-alive', id])
        expect(alive).toMatchObject({ status: reaches ? 0 : 9 })
        expect(alive.stdout).toMatch(reaches ? /^running: .*alpha/ : /^unknown: .*alpha/)
        expect(readFileSync(`${pair.session(id)}/transcript.jsonl`, 'utf8')).toBe(before)
        expect((await pair.a.stint(['rename', id, 'mine'])).status).toBe(0)
        open()
        expect((await run.ended).status).toBe(0)
        const again = await pair.b.stint(['resume', id, '--', 'true'])
        expect(again.stderr).not.toContain('error')
        expect(ends(entriesOf(pair.session(id)))).toEqual(['success', 'success'])
      })

      test('wait for one that is at it, as long as they are told to', async () => {
        const pair = await makePair(server)
        const { run, id, open } = await hold(pair, pair.a)
        const short = await pair.b.stint(['resume', id, '--wait=700ms', '--json', '--', 'true'])
        expect(failureOf(short)).toMatchObject({ code: 'WAIT_EXPIRED' })
        expect(failureOf(short).data.waited_ms).toBeGreaterThanOrEqual(700)
        const waiting = [pair.b, pair.b].map((machine) =>
          machine.start(['resume', id, '--wait', '--', 'true']),
        )
        expect((await pair.a.stint(['is-alive', id])).stdout).toMatch(
          /^running: process \d+ supervises/,
        )
        open()
        expect((await run.ended).status).toBe(0)
        for (const one of waiting) {
          const ran = await one.ended
          expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 })
        }
        const entries = entriesOf(pair.session(id))
        expectWhole(entries)
        expect(ends(entries)).toEqual(['success', 'success', 'success'])
      })

      test.runIf(server === 'sshfs')('end their tool when the server is cut off', async () => {
        const pair = await makePair(server)
        const { run, id } = await hold(pair, pair.a)
        const [connection] = pair.a.pids('ssh\0-x')
        process.kill(connection as number, 'SIGKILL')
        const ran = await run.ended
        expect(ran.status).toBe(143)
        expect(ran.stderr).toMatch(/^warning: the turn's end is not in the journal/m)
        await until('its tool is gone', () => pair.a.pids('hold.sh').length === 0)
        age(pair.lease(id), 70)
        await until('the other one goes on', async () => {
          return (await pair.b.stint(['resume', id, '--', 'true'])).status === 0
        })
        const entries = entriesOf(pair.session(id))
        expectWhole(entries)
        expect(ends(entries)).toEqual(['crashed', 'success'])
      })

      test('take over what one was at that was switched off, once its lease is stale', async () => {
        const pair = await makePair(server)
        const { id } = await hold(pair, pair.a)
        await pair.a.switchOff()
        expectRefusal(await pair.b.stint(['rename', id, 'x']), { status: 5, code: 'LEASE_HELD' })
        age(pair.lease(id), 70)
        await until('the server lets go of its locks', async () => {
          const ran = await pair.b.stint(['resume', id, '--', 'true'])
          return ran.status === 0
        })
        const entries = entriesOf(pair.session(id))
        expectWhole(entries)
        expect(ends(entries)).toEqual(['crashed', 'success'])
      })

      test.skipIf(reaches)(
        'take over what a suspended one was at, which then ends its tool and says so',
        async () => {
          const pair = await makePair(server)
          const { run, id } = await hold(pair, pair.a)
          await pair.a.suspend()
          age(pair.lease(id), 50)
          expect((await pair.b.stint(['resume', id, '--', 'true'])).status).toBe(125)
          age(pair.lease(id), 70)
          // Readers may not ask for the file server's time.
          expect((await pair.b.stint(['is-alive', id])).status).toBe(9)
          // What its machine remembers of the lease is older than the file server's word.
          const lease = pair.lease(id).replace(pair.dir, '..')
          await pair.b.startOther(['sh', '-c', 'stat "$0"/*', lease]).ended
          const next = await hold(pair, pair.b, ['resume', id])
          const before = readFileSync(`${pair.session(id)}/transcript.jsonl`, 'utf8')
          pair.a.wake()
          const ran = await run.ended
          expect(ran.stderr).toContain('lost its lease')
          expect(pair.a.pids('hold.sh')).toEqual([])
          expect(readFileSync(`${pair.session(id)}/transcript.jsonl`, 'utf8')).toBe(before)
          next.open()
          expect((await next.run.ended).status).toBe(0)
          const entries = entriesOf(pair.session(id))
          expectWhole(entries)
          expect(ends(entries)).toEqual(['crashed', 'success'])
        },
      )

      test.skipIf(reaches)('take over once, of however many try', async () => {
        const pair = await makePair(server)
        const { id } = await hold(pair, pair.a)
        await pair.a.suspend()
        age(pair.lease(id), 70)
        const runs = Array.from({ length: 6 }, () =>
          pair.b.start(['resume', id, '--json', '--', agent('hold.sh'), 'gate-beta']),
        )
        await until('five have answered', () => runs.filter((run) => run.isOver()).length >= 5)
        touch(`${pair.dir}/project/gate-beta`)
        const statuses = await Promise.all(runs.map(async (run) => (await run.ended).status))
        expect(statuses.sort()).toEqual([0, 125, 125, 125, 125, 125])
        const entries = entriesOf(pair.session(id))
        expectWhole(entries)
        expect(ends(entries)).toEqual(['crashed', 'success'])
      })

      test('make sessions at once, and neither sweeps what the other is building', async () => {
        const pair = await makePair(server)
        const [reached, go] = [`${pair.dir}/reached`, `${pair.dir}/go`]
        const plan = { call: 'renameSync', in: '/staging/', reached: '../reached', until: '../go' }
        const slow = pair.a.start(['run', '--', 'echo', 'hello'], {
          env: { PAUSE: JSON.stringify(plan) },
          preload: [preload('pause')],
        })
        await fileText(reached)
        await make(pair.b)
        expect(readdirSync(`${pair.store()}/staging`)).toHaveLength(1)
        touch(go)
        expect((await slow.ended).status).toBe(0)
        const runs = [pair.a, pair.b, pair.a, pair.b].map((machine) =>
          machine.start(['run', '--', 'echo', 'hello']),
        )
        for (const run of runs) expect((await run.ended).status).toBe(0)
        const ran = await pair.b.stint(['list', '--json'])
        expect(JSON.parse(ran.stdout)).toHaveLength(6)
      })

      test('sweep what is left of building only a day later', async () => {
        const pair = await makePair(server)
        await make(pair.a)
        const left = `${pair.store()}/staging/01JH4QWERT1234567890ABCDEF`
        mkdirSync(left)
        await make(pair.b)
        expect(existsSync(left)).toBe(true)
        const at = Date.now() / 1000 - 86_500
        utimesSync(left, at, at)
        // sshfs remembers for 20 s what it has seen.
        await until('it is swept', async () => {
          await make(pair.b)
          return !existsSync(left)
        })
      })

      test('sweep no ephemeral session of the other one, also before its first turn', async () => {
        const pair = await makePair(server)
        await make(pair.b)
        const plan = {
          call: 'openSync',
          path: 'command.lock',
          reached: '../reached',
          until: '../go',
        }
        const run = pair.a.start(['run', '--ephemeral', '--', 'echo', 'hello'], {
          env: { PAUSE: JSON.stringify(plan) },
          preload: [preload('pause')],
        })
        await fileText(`${pair.dir}/reached`)
        await make(pair.b)
        expect(readdirSync(`${pair.store()}/ephemeral`)).toHaveLength(1)
        touch(`${pair.dir}/go`)
        const ran = await run.ended
        expect(ran.stderr).not.toContain('error')
        expect(ran).toMatchObject({ status: 0, stdout: 'hello\n' })
        expect(readdirSync(`${pair.store()}/ephemeral`)).toEqual([])
      })

      test('empty the trash one at a time, and not of what the other one restores', async () => {
        const pair = await makePair(server)
        const id = await make(pair.a)
        expect((await pair.a.stint(['delete', id])).status).toBe(0)
        const plan = {
          call: 'renameSync',
          path: `/trash/${id}`,
          reached: '../reached',
          until: '../go',
        }
        const restore = pair.a.start(['trash', 'restore', id], {
          env: { PAUSE: JSON.stringify(plan) },
          preload: [preload('pause')],
        })
        await fileText(`${pair.dir}/reached`)
        const emptied = await pair.b.stint(['trash', 'empty', '--json'])
        expect(JSON.parse(emptied.stdout)).toMatchObject({ removed: [], kept: [{ id }] })
        expect(emptied.stdout).toContain(reaches ? 'session.lock' : 'alpha')
        touch(`${pair.dir}/go`)
        expect((await restore.ended).status).toBe(0)
        expect(await pair.b.stint(['show', id])).toMatchObject({ status: 0 })
        const paused = { call: 'unlinkSync', in: '.gone-', reached: '../r2', until: '../g2' }
        await pair.a.stint(['delete', id])
        const first = pair.a.start(['trash', 'empty'], {
          env: { PAUSE: JSON.stringify(paused) },
          preload: [preload('pause')],
        })
        await fileText(`${pair.dir}/r2`)
        await pair.b.stint(['delete', await make(pair.b)])
        const second = await pair.b.stint(['trash', 'empty'])
        expectRefusal(second, { status: 5, code: 'STORE_BUSY' })
        expect(second.stderr).toContain('alpha')
        touch(`${pair.dir}/g2`)
        expect((await first.ended).status).toBe(0)
      })

      test('clean up by policy what is their own, one at a time', async () => {
        const pair = await makePair(server)
        const past = {
          env: { CLOCK_OFFSET: String(-40 * 86_400_000) },
          preload: [preload('clock')],
        }
        const [theirs, own] = [
          (await pair.a.stint(['run', '--json', '--', 'true'], past)).stdout,
          (await pair.b.stint(['run', '--json', '--', 'true'], past)).stdout,
        ].map((text) => (JSON.parse(text) as Row).session_id as string)
        const gc = ['gc', '--older-than', '30d', '--json']
        const plan = await pair.b.stint([...gc, '--dry-run'])
        expect((JSON.parse(plan.stdout) as Row).stores[0].verdicts).toMatchObject([
          { id: theirs, act: 'keep', why: 'foreign' },
          { id: own, act: 'trash', why: 'old' },
        ])
        const pause = {
          call: 'renameSync',
          path: `/sessions/${own}`,
          reached: '../r3',
          until: '../g3',
        }
        const first = pair.b.start(gc, {
          env: { PAUSE: JSON.stringify(pause) },
          preload: [preload('pause')],
        })
        await fileText(`${pair.dir}/r3`)
        const second = await pair.a.stint(gc)
        expect(second.status).toBe(0)
        expect((JSON.parse(second.stdout) as Row).stores).toMatchObject([
          { busy: true, outcomes: [] },
        ])
        touch(`${pair.dir}/g3`)
        const ran = await first.ended
        expect((JSON.parse(ran.stdout) as Row).stores[0].outcomes).toMatchObject([
          { id: own, act: 'trash', result: 'done' },
        ])
        expect((await pair.a.stint(gc)).status).toBe(0)
        expect(readdirSync(`${pair.store()}/trash`).sort()).toEqual([theirs, own].sort())
      })

      test('measure by the file server\u2019s clock, whatever their own says', async () => {
        const pair = await makePair(server)
        const { run, id, open } = await hold(pair, pair.a)
        const ahead = { env: { CLOCK_OFFSET: '3600000' }, preload: [preload('clock')] }
        const ran = await pair.b.stint(['rename', id, 'x'], ahead)
        expectRefusal(ran, { status: 5, code: 'LEASE_HELD' })
        open()
        expect((await run.ended).status).toBe(0)
      })
    },
  )
}
