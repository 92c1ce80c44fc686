/** Where processes cannot be looked at, nothing is taken for dead. */

import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import {
  agent,
  expectRefusal,
  type How,
  isRunning,
  makePlace,
  type Place,
  preload,
  program,
  type Row,
  snapshot,
  touch,
  until,
  withoutLocks,
} from '../support/cli.ts'

/** What hides processes from a program, as its first words. */
const blinds: Readonly<Record<string, readonly string[]>> = {
  'an empty /proc': ['--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$0" "$@"'],
  "another container's /proc": ['--pid', '--fork'],
}

/** A turn whose supervisor was killed and whose tool has dropped its lock. */
async function makeLockless(
  place: Place,
  how: How = {},
): Promise<{ id: string; tool: number; gate: string }> {
  const gate = `${place.dir}/gate`
  const words = ['bash', '-c', 'exec 100>&-; exec "$0" "$1"', agent('hold.sh'), gate]
  const run = place.start(['run', '--', ...words], how)
  const id = await run.session()
  await run.says('working as')
  run.kill('SIGKILL')
  await run.ended
  return { id, gate, tool: Number(/^working as (\d+)$/m.exec(run.stdout())?.[1]) }
}

describe.each(Object.entries(blinds))('behind %s', (_, words) => {
  const canHide = spawnSync('unshare', [...words, 'true']).status === 0
  const blind = (place: Place, args: readonly string[]) =>
    place.startOther(['unshare', ...words, process.execPath, program, ...args]).ended

  test.skipIf(!canHide)('a turn that lives is unknown and left alone', async () => {
    const place = makePlace()
    const { id, tool, gate } = await makeLockless(place)
    const before = withoutLocks(snapshot(place.session(id)))
    const [row] = JSON.parse((await blind(place, ['list', '--json'])).stdout) as Row[]
    expect(row).toMatchObject({ id, status: 'unknown' })
    expect((await blind(place, ['is-alive', id])).status).toBe(9)
    for (const args of [
      ['kill', id],
      ['resume', id, '--', 'true'],
      ['delete', id],
    ]) {
      const ran = await blind(place, args)
      expect([9, 125]).toContain(ran.status)
      expect(ran.stderr).toContain('error[LIVENESS_UNKNOWN]')
    }
    expect((await blind(place, ['gc', '--older-than', '0s'])).status).toBe(0)
    expect(withoutLocks(snapshot(place.session(id)))).toEqual(before)
    expect(isRunning(tool)).toBe(true)
    touch(gate)
    await until('it has ended', () => !isRunning(tool))
    expect(await place.json(['show', id])).toMatchObject({ status: 'crashed' })
  })

  test.skipIf(!canHide)('a turn runs, and what is not known is said', async () => {
    const place = makePlace()
    const ran = await blind(place, ['run', '--', 'echo', 'hello'])
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 0, stdout: 'hello\n' })
    const [row] = await place.json<Row[]>(['list'])
    expect(row).toMatchObject({ status: 'idle', outcome: 'success' })
    const strays = ['sh', '-c', 'setsid sleep 600 & wait']
    const slow = await blind(place, ['run', '--timeout', '300ms', '--', ...strays])
    expect(slow.status).toBe(124)
    // Nothing of what it left.
    expect(slow.stderr).toMatch(/^session \w+ turn 1\nwarning: command was ended: it took .*\n$/)
    const doctor = JSON.parse((await blind(place, ['doctor', '--json'])).stdout)
    expect(JSON.stringify(doctor)).toContain('machine.identity')
    expect((await blind(place, ['reap'])).stderr).toContain('cannot be found')
  })
})

const inside = ['--pid', '--fork', '--mount-proc']
const hasNamespaces = spawnSync('unshare', [...inside, 'true']).status === 0
describe.skipIf(!hasNamespaces)('in another container', () => {
  test('a turn that runs is not killed, and not said to have been', async () => {
    const place = makePlace()
    const gate = `${place.dir}/gate`
    const run = place.start(['run', '--', agent('hold.sh'), gate])
    const id = await run.session()
    await run.says('working as')
    const words = ['unshare', ...inside, process.execPath, program, 'kill', id]
    expectRefusal(await place.startOther(words).ended, {
      ...{ status: 1, code: 'KILL_INCOMPLETE', hint: false },
    })
    touch(gate)
    expect((await run.ended).status).toBe(0)
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'success' })
  })

  test('a turn is lost when somebody says so who outlives it, and no sooner', async () => {
    const place = makePlace()
    // With its first process the container goes.
    const box = ['unshare', ...inside, '--kill-child']
    const hold = [agent('hold.sh'), `${place.dir}/never`]
    const run = place.startOther([...box, process.execPath, program, 'run', '--', ...hold])
    const id = await run.session()
    await run.says('working as')
    expectRefusal(await place.stint(['kill', '--lost', id]), {
      ...{ status: 1, code: 'KILL_INCOMPLETE', hint: false },
    })
    run.kill('SIGKILL')
    await run.ended
    await until(
      'nothing of it is left',
      async () => (await place.stint(['is-alive', id])).status === 9,
    )
    const refused = await place.stint(['resume', id, '--', 'true'])
    expectRefusal(refused, { status: 125, code: 'LIVENESS_UNKNOWN' })
    expect(refused.stderr).toContain(`\`stint kill --lost ${id}\``)
    expect(await place.json(['kill', '--lost', id])).toEqual({
      id,
      turn: 1,
      signal: null,
      outcome: 'crashed',
      lost: true,
    })
    expectRefusal(await place.stint(['kill', '--lost', id]), {
      ...{ status: 1, code: 'NOTHING_RUNS', hint: false },
    })
    expect((await place.stint(['resume', id, '--', 'true'])).status).toBe(0)
    expect((await place.json<Row>(['doctor', id])).checks).toEqual([])
  })
})

test.each([
  ['/proc/sys/kernel/random/boot_id', 'boot id'],
  ['/etc/machine-id', 'machine id'],
])('where %s is hidden, a turn runs, and doctor says so', async (openSync, fact) => {
  const place = makePlace()
  const how = {
    preload: [preload('refusals')],
    env: { STINT_REFUSALS: JSON.stringify({ openSync }) },
  }
  expect((await place.stint(['run', '--shared', '--', 'true'], how)).status).toBe(0)
  expect((await place.stint(['doctor'], how)).stdout).toContain(fact)
})

const later = ['--time', '--boottime', '1000', '--fork']
const hasTimes = spawnSync('unshare', [...later, 'true']).status === 0
test.skipIf(!hasTimes)(
  'a turn that lives is not dead where start times are counted otherwise',
  async () => {
    const place = makePlace()
    const { id, gate } = await makeLockless(place)
    const words = ['unshare', ...later, process.execPath, program, 'is-alive', id]
    expect((await place.startOther(words).ended).status).toBe(9)
    touch(gate)
  },
)

const hasPs = spawnSync('ps', ['-o', 'lstart=', '-p', '1']).status === 0
describe.skipIf(!hasPs)('where ps(1) shows the processes', () => {
  const how = { preload: [preload('darwin')] }

  test('a turn that lives is orphaned, and kill ends it', async () => {
    const place = makePlace()
    const { id, tool } = await makeLockless(place, how)
    expect(await place.json(['show', id], how)).toMatchObject({ status: 'orphaned' })
    expect((await place.stint(['kill', id], how)).status).toBe(0)
    expect(isRunning(tool)).toBe(false)
    expect(await place.json(['show', id], how)).toMatchObject({ outcome: 'cancelled' })
  })

  const zone = '/usr/share/zoneinfo/Asia/Tokyo'
  const travel = ['--mount', 'sh', '-c', `mount --bind ${zone} /etc/localtime && exec "$0" "$@"`]
  const canTravel = spawnSync('unshare', [...travel, 'true']).status === 0
  test.skipIf(!canTravel)('it is the same after the clock was set to another zone', async () => {
    const place = makePlace()
    const { id } = await makeLockless(place, how)
    const words = [...travel, process.execPath, '--require', preload('darwin'), program]
    const ran = await place.startOther(['unshare', ...words, 'is-alive', id]).ended
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining('orphaned') })
    expect((await place.stint(['kill', id], how)).status).toBe(0)
  })
})
