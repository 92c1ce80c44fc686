import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { appendFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { ulid } from 'ulid'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Lock, probeLock, tryLock } from '../../lib/os/lock-file.ts'
import { isThere, startTimeOf } from '../../lib/os/process.ts'
import { killTurn } from '../../lib/run/kill.ts'
import { holdLock, until } from '../os/holder.ts'
import { ended, linesOf, nextId, started, type Told, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const wish = (at: number): [string, object, { at: number }] => [
  'session',
  { event: 'kill_requested', turn: 1 },
  { at },
]

/** A session that another kill has ended at this time, held since now. */
function makeEnded(at: number) {
  const store = makeStore({ now: Date.now })
  const told = [started(1, at), wish(at), ended(1, at, 'cancelled')]
  const { id, dir } = writeSession(store, { told })
  const lock = tryLock(`${dir}/locks/session.lock`, { tool: 'command', turn: 1 }) as Lock
  return { store, id, lock }
}

afterEach(() => void vi.restoreAllMocks())

describe('killTurn', () => {
  it('waits for the end that another kill brought about, and reports it', async () => {
    const { store, id, lock } = makeEnded(Date.now() + 10_000)
    await expect(killTurn(store, id, 0)).rejects.toMatchObject({
      ...{ code: 'NOTHING_RUNS', data: { id, status: 'busy' } },
    })
    const killed = killTurn(store, id, 10_000)
    lock.release()
    expect(await killed).toEqual({ id, turn: 1, signal: null, outcome: 'cancelled' })
  })

  it('finds that nothing runs where somebody came after that end', async () => {
    const { store, id, lock } = makeEnded(Date.now() - 10_000)
    const killed = killTurn(store, id, 10_000)
    lock.release()
    await expect(killed).rejects.toMatchObject({
      ...{ code: 'NOTHING_RUNS', data: { id, status: 'busy' } },
    })
  })

  it('records what another kill has ended as cancelled, too, where no supervisor does', async () => {
    const store = makeStore({ now: Date.now })
    const { id } = writeSession(store, { told: [started(1, Date.now()), wish(Date.now())] })
    expect(await killTurn(store, id, 1_000)).toMatchObject({ signal: null, outcome: 'cancelled' })
  })

  it('says what keeps it from knowing a session, and that nothing runs', async () => {
    const store = makeStore({ now: Date.now })
    const idle = writeSession(store, { told: [started(1, 1), ended(1, 2)] })
    await expect(killTurn(store, idle.id, 0)).rejects.toMatchObject({
      ...{ code: 'NOTHING_RUNS', data: { id: idle.id, status: 'idle' } },
    })
    const damaged = writeSession(store)
    for (const name of ['state.toml', 'transcript.jsonl'])
      writeFileSync(`${damaged.dir}/${name}`, '\0')
    await expect(killTurn(store, damaged.id, 0)).rejects.toMatchObject({
      code: 'SESSION_UNREADABLE',
    })
  })

  it('records what crashed as that, also what was said to be lost', async () => {
    for (const options of [{}, { lost: true }]) {
      const { store, id, dir } = makeTurn({})
      expect(await killTurn(store, id, 0, options)).toEqual({
        ...{ id, turn: 1, signal: null, outcome: 'crashed' },
      })
      expect(probeLock(`${dir}/locks/session.lock`)).toBe('free')
    }
  })

  it('gives up what ran out of sight on the caller’s word alone', async () => {
    const { store, id, dir } = makeTurn({ pid_ns: 'pid:[1]' })
    writeFileSync(`${dir}/locks/command.lock`, '')
    await expect(killTurn(store, id, 0)).rejects.toMatchObject({ code: 'LIVENESS_UNKNOWN' })
    expect(await killTurn(store, id, 0, { lost: true })).toEqual({
      ...{ id, turn: 1, signal: null, outcome: 'crashed', lost: true },
    })
    for (const name of ['session', 'command']) {
      expect(probeLock(`${dir}/locks/${name}.lock`)).toBe('free')
    }
  })

  it('gives up nothing of which only a lock cannot be looked at, or a tool holds one', async () => {
    const near = makeTurn({})
    symlinkSync('nowhere', `${near.dir}/locks/session.lock`)
    await expect(killTurn(near.store, near.id, 0, { lost: true })).rejects.toMatchObject({
      ...{ code: 'LIVENESS_UNKNOWN' },
    })
    const far = makeTurn({ pid_ns: 'pid:[1]' })
    using _lock = tryLock(`${far.dir}/locks/command.lock`, {})
    const before = readFileSync(`${far.dir}/transcript.jsonl`, 'utf8')
    await expect(killTurn(far.store, far.id, 0, { lost: true })).rejects.toMatchObject({
      ...{ code: 'KILL_INCOMPLETE' },
    })
    expect(readFileSync(`${far.dir}/transcript.jsonl`, 'utf8')).toBe(before)
  })

  it('wishes for nothing that no signal of its own can bring about', async () => {
    const { store, id, dir } = makeTurn({ pid_ns: 'pid:[1]' })
    using _lock = tryLock(`${dir}/locks/session.lock`, {})
    const before = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
    await expect(killTurn(store, id, 0)).rejects.toMatchObject({
      code: 'KILL_INCOMPLETE',
      data: { why: expect.stringMatching(/^it cannot be ended from here: /) },
    })
    await expect(killTurn(store, id, 0, { lost: true })).rejects.toMatchObject({
      ...{ code: 'KILL_INCOMPLETE', data: { why: expect.stringMatching(/^it is not lost: /) } },
    })
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).toBe(before)
  })

  it('ends an orphan that is asked to, and one that is stopped', async () => {
    for (const signal of ['SIGCONT', 'SIGSTOP'] as const) {
      const { store, id, dir, child } = await makeOrphan('echo ready; exec cat')
      await expect(killTurn(store, id, 0, { lost: true })).rejects.toMatchObject({
        ...{ code: 'KILL_INCOMPLETE', data: { why: expect.stringMatching(/^it is not lost: /) } },
      })
      expect([child.exitCode, child.signalCode]).toEqual([null, null])
      child.kill(signal)
      const exit = once(child, 'exit')
      expect(await killTurn(store, id, 60_000)).toEqual({
        ...{ id, turn: 1, signal: 'SIGTERM', outcome: 'cancelled' },
      })
      expect(await exit).toEqual([null, 'SIGTERM'])
      const entries = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
        .trimEnd()
        .split('\n')
        .slice(-2)
      expect(entries.map((line) => JSON.parse(line))).toMatchObject([
        { type: 'session', data: { event: 'kill_requested', turn: 1 } },
        { type: 'turn_ended', data: { outcome: 'cancelled' } },
      ])
    }
  })

  it('wishes for no end that is wished for already', async () => {
    const { store, id, dir } = await makeOrphan('echo ready; exec cat', {
      told: [wish(Date.now())],
    })
    expect(await killTurn(store, id, 60_000)).toMatchObject({ outcome: 'cancelled' })
    const text = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
    expect(text.split('kill_requested')).toHaveLength(2)
  })

  it('ends the turn itself when its supervisor, too, is gone by then', async () => {
    const { store, id, dir, child } = await makeOrphan('echo ready; exec cat')
    const supervisor = await holdLock(`${dir}/locks/session.lock`)
    child.once('exit', () => void supervisor.end())
    expect(await killTurn(store, id, 60_000)).toEqual({
      ...{ id, turn: 1, signal: 'SIGTERM', outcome: 'cancelled' },
    })
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).toContain('turn_ended')
  })

  it('kills an orphan that does not heed it', async () => {
    const { store, id, child } = await makeOrphan("trap '' TERM; echo ready; exec cat")
    const exit = once(child, 'exit')
    expect(await killTurn(store, id, 0)).toMatchObject({ signal: 'SIGKILL', outcome: 'cancelled' })
    expect(await exit).toEqual([null, 'SIGKILL'])
  })

  it('ends what is in the group and carries no session', async () => {
    const { store, id, child } = await makeOrphan('env -i sleep 60 & echo ready; exec cat')
    const exit = once(child, 'exit')
    expect(await killTurn(store, id, 60_000)).toMatchObject({ outcome: 'cancelled' })
    await exit
    await until(() => !isThere(child.pid as number, 'group'))
  })

  it('records no end of a turn that has one, nor of the next', async () => {
    for (const next of [[], [started(2, Date.now())]]) {
      const { store, id, dir, child } = await makeOrphan(
        `echo ready; read -r dir
        trap 'cat "$dir/more" >>"$dir/transcript.jsonl"; exit' TERM
        echo ready; while :; do sleep 0.01; done`,
      )
      // Behind the wish.
      const more = linesOf([ended(1, Date.now(), 'failure'), ...next], 3).join('')
      writeFileSync(`${dir}/more`, more)
      child.stdin.write(`${dir}\n`)
      await once(child.stdout, 'data')
      const exit = once(child, 'exit')
      expect(await killTurn(store, id, 60_000)).toEqual({
        ...{ id, turn: 1, signal: 'SIGTERM', outcome: 'failure' },
      })
      await exit
      expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8').endsWith(more)).toBe(true)
    }
  })

  it.each([
    [false, /^its process group \d+ runs$/],
    [true, /^process \d+ does not end$/],
  ])('records no end of an orphan that still runs, its id in sight: %s', async (carries, why) => {
    const { store, id, dir } = await makeOrphan('echo ready; exec cat', { carries })
    const { kill } = process
    vi.spyOn(process, 'kill').mockImplementation((pid, signal) => signal !== 0 || kill(pid, 0))
    hasten()
    await expect(killTurn(store, id, 0)).rejects.toMatchObject({
      ...{ code: 'KILL_INCOMPLETE', data: { why: expect.stringMatching(why) } },
    })
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).not.toContain('turn_ended')
    expect(probeLock(`${dir}/locks/session.lock`)).toBe('free')
  })

  it('gives up no turn that has ended meanwhile, and no later one', async () => {
    const elsewhere = { pid_ns: 'pid:[1]' }
    const race = (...more: Told[]) => {
      const { store, id, dir } = makeTurn(elsewhere)
      const killed = killTurn(store, id, 0, { lost: true })
      appendFileSync(`${dir}/transcript.jsonl`, linesOf(more, 2).join(''))
      return { id, dir, killed }
    }
    const over = race(ended(1, Date.now()))
    expect(await over.killed).toEqual({ id: over.id, turn: 1, signal: null, outcome: 'success' })
    const [type, data, options] = started(2, Date.now())
    const near = race(ended(1, Date.now()), [type, data, options])
    expect(await near.killed).toEqual({ id: near.id, turn: 2, signal: null, outcome: 'crashed' })
    const { process: group } = data as { process: object }
    const far = [type, { ...data, process: { ...group, ...elsewhere } }, options] as Told
    const unknown = race(ended(1, Date.now()), far)
    await expect(unknown.killed).rejects.toMatchObject({ code: 'LIVENESS_UNKNOWN' })
    expect(readFileSync(`${unknown.dir}/transcript.jsonl`, 'utf8')).not.toContain('crashed')
  })

  it('goes on where the wish is in the journal, though it may not last', async () => {
    const { store, id, dir, child } = await makeOrphan('echo ready; exec cat')
    const exit = once(child, 'exit')
    const eio = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
    const sync = vi.spyOn(fs, 'fdatasyncSync').mockImplementationOnce(() => {
      throw eio
    })
    expect(await killTurn(store, id, 60_000)).toMatchObject({
      ...{ signal: 'SIGTERM', outcome: 'cancelled' },
    })
    expect(await exit).toEqual([null, 'SIGTERM'])
    expect(sync).toHaveBeenCalled()
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).toContain('kill_requested')
  })

  it('ends an orphan also where nothing can be recorded, and says so', async () => {
    const { store, id, dir, child } = await makeOrphan('echo ready; exec cat')
    const exit = once(child, 'exit')
    const journal = await holdLock(`${dir}/locks/journal.lock`)
    hasten()
    await expect(killTurn(store, id, 100 * 60_000)).rejects.toMatchObject({
      code: 'KILL_UNRECORDED',
      data: { why: expect.stringMatching(/^the journal of session .* stayed locked/) },
    })
    expect(await exit).toEqual([null, 'SIGTERM'])
    await journal.end()
    expect(await killTurn(store, id, 0)).toMatchObject({ signal: null, outcome: 'crashed' })
  })
})

/** Whoever waits here finds that time passes a hundred times as fast, until the test has finished. */
function hasten(): void {
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => 100 * now())
}

/** An open turn whose process is that of these facts. */
function makeTurn(group: object, id: string = nextId(), ...more: Told[]) {
  const store = makeStore({ now: Date.now })
  const [type, data, options] = started(1, Date.now())
  const process = { ...(data as { process: object }).process, ...group }
  return {
    store,
    ...writeSession(store, { id, told: [[type, { ...data, process }, options], ...more] }),
  }
}

/** An open turn without a supervisor, whose tool runs this script. */
async function makeOrphan(
  script: string,
  { told = [], carries = true }: { told?: readonly Told[]; carries?: boolean } = {},
) {
  // What carries it is ended: nobody else on this machine is to have the same.
  const id = ulid()
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    env: {
      PATH: process.env.PATH,
      ...(carries ? { STINT_SESSION_ID: id, STINT_TURN: '1' } : {}),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const pgid = child.pid as number
  return { ...makeTurn({ pgid, start_time: startTimeOf(pgid) }, id, ...told), child }
}
