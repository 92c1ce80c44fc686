import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { writeFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { ulid } from 'ulid'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import type { Carrier } from '../../lib/os/carriers.ts'
import { startTimeOf, thisMachine } from '../../lib/os/process.ts'
import {
  endCarriers,
  strongest,
  sweepSession,
  sweepTurn,
  watchForKill,
} from '../../lib/run/sweep.ts'
import { listCarriersWithin } from '../../lib/session/carriers.ts'
import { Session } from '../../lib/session/session.ts'
import { accessOf } from '../../lib/store/access.ts'
import { started, writeSession } from '../store/sessions.ts'
import { bundle } from '../support/bundle.ts'
import { makeStore } from '../support/place.ts'

/** Starts what carries the id of a session's turn; resolves once its script has said something. */
async function start(
  id: string,
  turn: number,
  script: string,
): Promise<ChildProcess & { pid: number }> {
  const child = spawn('/bin/sh', ['-c', script], {
    env: { PATH: process.env.PATH, STINT_SESSION_ID: id, STINT_TURN: String(turn) },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child as ChildProcess & { pid: number }
}

afterEach(() => void vi.restoreAllMocks())

// Starts nothing after it has said so.
const heeds = 'echo ready; read -r _'
const long = 60_000

describe.skipIf(process.platform !== 'linux')('endCarriers', () => {
  it('asks first, and kills what does not heed that once the grace is over', async () => {
    const id = ulid() as SessionId
    const one = await start(id, 1, heeds)
    const other = await start(
      id,
      1,
      "trap 'echo heard' TERM; echo ready; while :; do read -r _; done",
    )
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const exits = Promise.all([once(one, 'exit'), once(other, 'exit')])
    void Promise.all([once(one, 'exit'), once(other.stdout as Readable, 'data')]).then(() => {
      now = 1_000
    })
    const { told, left } = await endCarriers(() => listCarriersWithin(id, 1), 1_000)
    expect(await exits).toEqual([
      [null, 'SIGTERM'],
      [null, 'SIGKILL'],
    ])
    expect(Object.fromEntries(told)).toEqual({ [one.pid]: 'SIGTERM', [other.pid]: 'SIGKILL' })
    expect(left).toEqual([])
  })

  it('leaves who supervises another session the time to record its end', async () => {
    const { dir } = writeSession(makeStore())
    const lock = `${dir}/locks/session.lock`
    writeFileSync(lock, '')
    const id = ulid() as SessionId
    const child = await start(id, 1, `exec 9<>'${lock}'; trap '' TERM; echo ready; exec cat`)
    const { pid } = child
    writeFileSync(lock, JSON.stringify({ ...thisMachine(), pid, start_time: startTimeOf(pid) }))
    const exit = once(child, 'exit')
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const later = [1_000, 2_999, 3_000]
    const found: number[] = []
    const { told } = await endCarriers(() => {
      const carriers = listCarriersWithin(id, 1)
      found.push(carriers.length)
      // Not before it pauses, which is for as long as looking took.
      setTimeout(() => {
        now = later.shift() ?? now
      }, 0)
      return carriers
    }, 1_000)
    expect(await exit).toEqual([null, 'SIGKILL'])
    expect(found.slice(0, 4)).toEqual([1, 1, 1, 1])
    expect([...told]).toEqual([[pid, 'SIGKILL']])
  })

  it('gives up on what it cannot end, and says what that is', async () => {
    const id = ulid() as SessionId
    const child = await start(id, 1, heeds)
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const find = () => {
      const found = listCarriersWithin(id, 1)
      setTimeout(() => {
        now = now === 0 ? 5_000 : 5_001
      }, 0)
      return found
    }
    const { told, left } = await endCarriers(find, 1_000, () => false)
    expect(told.size).toBe(0)
    expect(left.map(({ pid }) => pid)).toEqual([child.pid])
    expect(now).toBe(5_001)
  })

  it('lets a stopped process hear it', async () => {
    const id = ulid() as SessionId
    const child = await start(id, 1, heeds)
    const exit = once(child, 'exit')
    child.kill('SIGSTOP')
    const { told } = await endCarriers(() => listCarriersWithin(id, 1), long)
    expect(await exit).toEqual([null, 'SIGTERM'])
    expect([...told.values()]).toEqual(['SIGTERM'])
  })

  it('asks once, and tells nothing to what it may not', async () => {
    const id = ulid() as SessionId
    const child = await start(
      id,
      1,
      "trap 'echo heard' TERM; echo ready; while :; do read -r _; done",
    )
    let heard = ''
    child.stdout?.on('data', (text) => {
      heard += text
    })
    const spared = await start(id, 1, heeds)
    const asked: number[] = []
    let rounds = 0
    const find = () => (++rounds > 8 ? [] : listCarriersWithin(id, 1))
    const may = ({ pid }: Carrier) => {
      asked.push(pid)
      return pid !== spared.pid
    }
    const { told } = await endCarriers(find, long, may)
    expect(Object.fromEntries(told)).toEqual({ [child.pid]: 'SIGTERM' })
    expect(asked.filter((pid) => pid === child.pid)).toHaveLength(1)
    expect([spared.exitCode, spared.signalCode]).toEqual([null, null])
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(heard).toBe('heard\n')
  })

  it('does not take what it told one for told to the next of the same pid', async () => {
    const id = ulid() as SessionId
    await start(id, 1, "trap '' TERM; echo ready; exec cat")
    let looks = 0
    const find = () => {
      const found = ++looks > 2 ? [] : listCarriersWithin(id, 1)
      return looks === 2 ? found.map((one) => ({ ...one, start_time: '2' })) : found
    }
    expect((await endCarriers(find, long)).told.size).toBe(0)
  })

  it('looks twice before it takes nothing for an answer', async () => {
    const id = ulid() as SessionId
    const child = await start(id, 1, heeds)
    const exit = once(child, 'exit')
    let looks = 0
    const find = () => (++looks === 1 ? [] : listCarriersWithin(id, 1))
    expect((await endCarriers(find, long)).told.size).toBe(1)
    expect(await exit).toEqual([null, 'SIGTERM'])
  })
})

describe.skipIf(process.platform !== 'linux')('sweepSession', () => {
  it('ends what carries the session up to this turn, and nothing else', async () => {
    const id = ulid() as SessionId
    const own = [await start(id, 1, heeds), await start(id, 2, heeds)]
    const others = [await start(id, 3, heeds), await start(ulid(), 1, heeds)]
    const exits = Promise.all(own.map((child) => once(child, 'exit')))
    const { told, left } = await sweepSession(id, 2, long)
    await exits
    expect([...told.keys()].sort()).toEqual(own.map(({ pid }) => pid).sort())
    expect(left).toEqual([])
    expect(others.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([null, null])
  })

  it('spares those that it descends from', async () => {
    const sweeper = await bundle('spec/run/sweeper.ts')
    const id = ulid() as SessionId
    const other = await start(id, 1, heeds)
    const asker = await start(
      id,
      1,
      `echo ready; read -r _; '${process.execPath}' '${sweeper}' ${id}; echo here`,
    )
    let told = ''
    asker.stdout?.on('data', (text) => {
      told += text
    })
    const exits = Promise.all([once(other, 'exit'), once(asker, 'close')])
    asker.stdin?.write('\n')
    expect(await exits).toEqual([
      [null, 'SIGTERM'],
      [0, null],
    ])
    expect(told).toBe(`[${other.pid}]\nhere\n`)
  })
})

/** A session whose first turn is open, as its supervisor has it. */
async function openTurn() {
  const store = makeStore({ now: Date.now })
  const { id, dir } = writeSession(store, { id: ulid(), told: [started(1, Date.now())] })
  const open = () => new Session(id, dir, accessOf(store))
  const session = open()
  onTestFinished(() => session[Symbol.dispose]())
  await session.refresh()
  const tell = async (event: string) => {
    using other = open()
    const data = { event, turn: 1 }
    await other.append(() => [other.encode({ type: 'session', turn: 1, text: null, data, at: 1 })])
  }
  return { id, session, tell }
}

describe.skipIf(process.platform !== 'linux')('sweepTurn', () => {
  it('leaves what a turn left that ended by itself, and ends it where it was ended', async () => {
    const { id, session, tell } = await openTurn()
    const group = { ...thisMachine(), pgid: 999_999_999, start_time: '1' }
    const said: string[] = []
    const ending = { endedFor: undefined, interruptedBy: undefined } as never
    const sweep = (more: object) =>
      sweepTurn(session, group, { ...(ending as object), ...more } as never, long, (text) => {
        said.push(text)
      })
    for (const [how, wish] of [
      [{ endedFor: 'timeout' }, undefined],
      [{ interruptedBy: 'SIGINT' }, undefined],
      [{}, 'kill_requested'],
    ] as const) {
      const child = await start(id, 1, heeds)
      const exit = once(child, 'exit')
      await sweep({})
      expect([child.exitCode, child.signalCode]).toEqual([null, null])
      if (wish !== undefined) await tell(wish)
      await sweep(how)
      expect(await exit).toEqual([null, 'SIGTERM'])
    }
    expect(said).toEqual([])
  })
})

describe('watchForKill', () => {
  it('hears a wish that somebody else wrote, and nothing else', async () => {
    const { session, tell } = await openTurn()
    const isWished = watchForKill(session)
    expect(isWished()).toBe(false)
    await tell('renamed')
    expect([isWished(), isWished()]).toEqual([false, false])
    await tell('kill_requested')
    expect([isWished(), isWished()]).toEqual([true, true])
    await session.refresh()
    expect([isWished(), watchForKill(session)()]).toEqual([true, true])
  })

  it('asks again what it could not read', async () => {
    const { session, tell } = await openTurn()
    const isWished = watchForKill(session)
    await tell('kill_requested')
    vi.spyOn(fs, 'openSync').mockImplementation(() => {
      throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
    })
    expect(isWished()).toBe(false)
    vi.restoreAllMocks()
    expect(isWished()).toBe(true)
  })
})

describe('strongest', () => {
  it.each([
    [[], null],
    [[null], null],
    [[null, 'SIGTERM', null], 'SIGTERM'],
    [['SIGTERM', 'SIGKILL', 'SIGTERM', null], 'SIGKILL'],
  ] as const)('of %j is %s', (signals, signal) => {
    expect(strongest(signals)).toBe(signal)
  })
})
