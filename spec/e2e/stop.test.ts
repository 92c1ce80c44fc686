/** What is left of a turn that stint ended: nothing, however the agent behaves. */

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  agent,
  entriesOf,
  expectWhole,
  isRunning,
  makePlace,
  type Place,
  program,
  type Row,
  touch,
  until,
} from '../support/cli.ts'

/** What has the session in its environment, itself or around it, by the kernel's own word. */
function carriersOf(id: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const lines = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
        return lines.some(
          (line) => /^STINT_(SESSION_ID|OUTER_TURNS)=/.test(line) && line.includes(id),
        )
      } catch {
        return false
      }
    })
}

/** Within five seconds of the end of a command. */
async function expectNothingLeft(id: string): Promise<void> {
  await until('nothing of the session is left', () => carriersOf(id).length === 0, 5_000)
}

const nested = (...command: string[]) => [process.execPath, program, 'run', '-q', '--', ...command]
const env = { STINT_KILL_GRACE: '500ms' }

interface Agent {
  readonly name: string
  readonly words: readonly string[]
  /** How `run` exits when the turn is killed. */
  readonly killed: number
  /** How many processes carry the session once it is at work, at least. */
  readonly processes: number
}

const agents: readonly Agent[] = [
  { name: 'is silent', words: [agent('silent.sh')], killed: 143, processes: 1 },
  { name: 'is noisy, with a talker behind', words: [agent('noisy.sh')], killed: 143, processes: 2 },
  { name: 'tries again for ever', words: [agent('retry.sh')], killed: 143, processes: 4 },
  { name: 'exits 0 on TERM', words: [agent('heed.sh'), 'TERM', '0'], killed: 1, processes: 1 },
  { name: 'is deaf to TERM', words: [agent('deaf.sh')], killed: 137, processes: 1 },
  { name: 'scatters processes', words: [agent('scatter.sh')], killed: 143, processes: 5 },
  { name: 'makes a daemon', words: [agent('daemon.sh')], killed: 143, processes: 2 },
  {
    name: 'drops the lock',
    words: [agent('drop.sh'), agent('scatter.sh')],
    ...{ killed: 143, processes: 5 },
  },
  {
    name: 'hides behind a launcher, in a session of its own and deaf',
    words: [process.execPath, agent('launcher.mjs'), '--detached', agent('deaf.sh')],
    ...{ killed: 143, processes: 2 },
  },
  {
    name: 'runs a nested turn of a deaf agent in the background',
    words: ['sh', '-c', '"$@" & exec "$0"', agent('silent.sh'), ...nested(agent('deaf.sh'))],
    ...{ killed: 143, processes: 5 },
  },
  {
    name: 'is a nested turn of a deaf agent',
    words: nested(agent('deaf.sh')),
    ...{ killed: 137, processes: 3 },
  },
]

/** Starts a turn and waits until the agent has all of its processes. */
async function startAgent(place: Place, { words, processes }: Agent, options: string[] = []) {
  const run = place.start(['run', ...options, '--', ...words], { env })
  const id = await run.session()
  // On a slow machine a deadline may come first, which is as good.
  await until('the agent is at work', () => carriersOf(id).length >= processes || run.isOver())
  return { run, id }
}

describe.each(agents)('an agent that $name', (bad) => {
  test('is all gone after kill, and after its deadline', async () => {
    // The one is killed while the other's time runs out.
    const [elsewhere, place] = [makePlace(), makePlace()]
    const late = await startAgent(elsewhere, bad, ['--timeout', '3s'])

    const { run, id } = await startAgent(place, bad)
    expect(await place.stint(['kill', id], { env })).toMatchObject({ status: 0, stdout: '' })
    await expectNothingLeft(id)
    expect((await run.ended).status).toBe(bad.killed)
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'cancelled' })
    expect(await place.json(['ps'])).toEqual([])

    expect((await late.run.ended).status).toBe(124)
    await expectNothingLeft(late.id)
    expect(await elsewhere.json(['result', late.id])).toMatchObject({ outcome: 'timed_out' })
    expect(await elsewhere.json(['show', late.id])).toMatchObject({ status: 'idle' })
    expectWhole(entriesOf(elsewhere.session(late.id)))
  })
})

describe('a turn', () => {
  test('that a signal ended leaves nothing behind', async () => {
    const place = makePlace()
    const { run, id } = await startAgent(place, agents[5] as Agent)
    run.kill('SIGTERM')
    expect((await run.ended).status).toBe(143)
    await expectNothingLeft(id)
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'interrupted' })
  })

  test('whose supervisor died is ended by kill, with what has left its group', async () => {
    const place = makePlace()
    const { run, id } = await startAgent(place, agents[7] as Agent)
    run.kill('SIGKILL')
    await run.ended
    const killed = await place.json(['kill', id], { env })
    expect(killed).toEqual({ id, turn: 1, signal: 'SIGKILL', outcome: 'cancelled' })
    await expectNothingLeft(id)
  })

  test('that can be seen no more but for what it carries is crashed, and kill ends it', async () => {
    const place = makePlace()
    const { run, id } = await startAgent(place, agents[6] as Agent)
    await run.says('working as')
    run.kill('SIGKILL')
    await run.ended
    process.kill(Number(/^working as (\d+)$/m.exec(run.stdout())?.[1]), 'SIGKILL')
    await until('it is taken for crashed', async () => {
      return (await place.json(['show', id])).status === 'crashed'
    })
    expect(carriersOf(id).length).toBeGreaterThan(0)
    const killed = await place.json(['kill', id], { env })
    expect(killed).toMatchObject({ signal: 'SIGKILL', outcome: 'crashed' })
    await expectNothingLeft(id)
  })

  test('that ended by itself keeps what it left, and the next one can end it', async () => {
    const place = makePlace()
    const id = await place.make(['--', agent('leave.sh'), `${place.dir}/gate`])
    const [left] = carriersOf(id)
    expect(await place.json(['show', id])).toMatchObject({ status: 'leaked', outcome: 'success' })
    // The process that took the lock is gone; the one that has it was never written down.
    const text = (await place.stint(['show', id])).stdout
    expect(text).toMatch(/^command\.lock +held, taken by process \d+$/m)
    const timed = ['resume', id, '--timeout', '500ms', '--', agent('silent.sh')]
    expect((await place.stint(timed, { env })).status).toBe(124)
    await until('it has ended', () => !isRunning(left as number), 5_000)
  })

  test('is ended by kill from inside, also when the tool is deaf', async () => {
    const place = makePlace()
    const script = 'trap "" TERM; "$@"; sleep 1000; sleep 1000'
    const words = ['sh', '-c', script, 'sh', process.execPath, program, 'kill', '@self']
    const run = place.start(['run', '--', ...words], { env })
    const id = await run.session()
    expect((await run.ended).status).toBe(137)
    await expectNothingLeft(id)
    expect(await place.json(['result', id])).toMatchObject({ outcome: 'cancelled' })
  })

  test('of a session that was resumed meanwhile is left alone by the kill of the one before', async () => {
    const place = makePlace()
    const { run, id } = await startAgent(place, agents[0] as Agent)
    const gate = `${place.dir}/gate`
    const next = place.start(['resume', id, '--wait', '--', agent('hold.sh'), gate])
    expect((await place.stint(['kill', id], { env })).status).toBe(0)
    expect((await run.ended).status).toBe(143)
    await next.says('working as')
    touch(gate)
    expect((await next.ended).status).toBe(0)
  })

  test('inside of another one that ends records its own end', async () => {
    const place = makePlace()
    const words = [
      'sh',
      '-c',
      '"$@" & exec "$0"',
      agent('silent.sh'),
      ...nested(agent('silent.sh')),
    ]
    const run = place.start(['run', '--', ...words], { env })
    const id = await run.session()
    await until('the inner one is at work', () => carriersOf(id).length >= 5)
    expect((await place.stint(['kill', id], { env })).status).toBe(0)
    await run.ended
    await expectNothingLeft(id)
    const rows = await place.json<Row[]>(['list'])
    expect(rows.map(({ status, outcome }) => [status, outcome])).toEqual([
      ['idle', 'interrupted'],
      ['idle', 'cancelled'],
    ])
  })
})

describe('a process', () => {
  test('with the session only among its words is a stranger', async () => {
    const place = makePlace()
    const { run, id } = await startAgent(place, agents[0] as Agent)
    const words = ['sh', '-c', 'echo ready; read -r _', `STINT_SESSION_ID=${id}`]
    const stranger = place.startOther(words, { stdio: ['pipe', 'pipe', 'pipe'] })
    await stranger.says('ready')
    expect((await place.stint(['kill', id], { env })).status).toBe(0)
    await run.ended
    expect(isRunning(stranger.pid)).toBe(true)
    stranger.child.stdin?.end('\n')
    expect((await stranger.ended).status).toBe(0)
  })

  test('that kill runs in is spared, though it carries the session', async () => {
    const place = makePlace()
    const { run, id } = await startAgent(place, agents[7] as Agent)
    run.kill('SIGKILL')
    await run.ended
    const carried = { STINT_SESSION_ID: id, STINT_TURN: '1', STINT_STORE: place.store() }
    const words = ['sh', '-c', '"$@"; echo "still here, $?"', 'sh', process.execPath, program]
    const shell = place.startOther([...words, 'kill', id], { env: { ...env, ...carried } })
    expect((await shell.ended).stdout).toBe('still here, 0\n')
    await expectNothingLeft(id)
  })
})
