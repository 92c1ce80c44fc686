import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../lib/index.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { startTimeOf } from '../../lib/os/process.ts'
import { observe, type Scrutiny, statuses } from '../../lib/session/liveness.ts'
import { readSnapshot } from '../../lib/session/snapshot.ts'
import { holdLock } from '../os/holder.ts'
import { ended, type Story, started, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const at = Date.UTC(2026, 0, 2)
const open = [started(1, at)]
const over = [started(1, at), ended(1, at + 1)]

function look(store: Store, story: Story, locks: readonly string[], scrutiny: Scrutiny = 'all') {
  const { id, dir } = writeSession(store, story)
  const held = locks.map((name) => tryLock(`${dir}/locks/${name}.lock`, {}))
  const { liveness } = observe(readSnapshot(id, dir), { now: at, scrutiny })
  for (const lock of held) lock?.release()
  return liveness
}

function elsewhere(where: object): Story['told'] {
  const [type, data, options] = started(1, at)
  const process = { ...(data as { process: object }).process, ...where }
  return [[type, { ...data, process }, options]]
}

describe('observe', () => {
  it.each<[string, string, Story['told'], string[]]>([
    ['running', 'an open turn and a held session.lock', open, ['session']],
    ['running', 'both locks held', open, ['session', 'command']],
    ['busy', 'a held session.lock and no open turn', over, ['session']],
    ['busy', 'a held session.lock and no turn at all', [], ['session']],
    ['orphaned', 'an open turn whose tool alone holds its lock', open, ['command']],
    ['crashed', 'an open turn, free locks and no process', open, []],
    ['crashed', 'an open turn and a journal that somebody appends to', open, ['journal']],
    ['idle', 'an ended turn', over, []],
    ['idle', 'no turn', [], []],
    ['available', 'a compacted context', [...over, ['compacted', {}]], []],
    ['retired', 'a retired session', [['session', { set: { phase: 'retired' } }]], []],
    ['idle', 'a phase of the future', [['session', { set: { phase: 'dreaming' } }]], []],
    ['leaked', 'an ended turn whose tool holds its lock', over, ['command']],
    ['leaked', 'a lock of a tool that nobody knows', over, ['my-own_tool2']],
    ['unknown', 'a process of another container', elsewhere({ pid_ns: 'pid:[1]' }), []],
    [
      'unknown',
      'a process of another machine',
      elsewhere({ host: 'elsewhere', boot_id: 'other' }),
      [],
    ],
    ['crashed', 'a process from before the last boot', elsewhere({ boot_id: 'other' }), []],
    [
      'running',
      'a supervisor that is seen, wherever it started',
      elsewhere({ pid_ns: 'x' }),
      ['session'],
    ],
  ])('calls a session %s for %s', (status, _, told, locks) => {
    const liveness = look(makeStore(), { told: told ?? [] }, locks)
    expect(liveness.status).toBe(status)
    expect(liveness.why).not.toBe('')
    expect(statuses).toContain(status)
  })

  it('calls a turn orphaned whose tool has dropped its lock and lives', async () => {
    const store = makeStore()
    const child = spawn('cat', { detached: true, stdio: 'pipe' })
    const pgid = child.pid as number
    const group = { pgid, start_time: startTimeOf(pgid) ?? '' }
    const { id, dir } = writeSession(store, { told: elsewhere(group) ?? [] })
    const status = () =>
      observe(readSnapshot(id, dir), { now: at, scrutiny: 'turn' }).liveness.status
    expect(status()).toBe('orphaned')
    const exited = once(child, 'exit')
    child.stdin.end()
    await exited
    expect(status()).toBe('crashed')
  })

  it('looks for no more than it is asked to', () => {
    const store = makeStore()
    expect(look(store, { told: over }, ['session'], 'turn').status).toBe('idle')
    expect(look(store, { told: over }, ['command'], 'turn').status).toBe('idle')
    expect(look(store, { told: open }, ['session'], 'turn').status).toBe('running')
    expect(look(store, { told: over }, ['session'], 'busy').status).toBe('busy')
    expect(look(store, { told: over }, ['command'], 'busy').status).toBe('idle')
    expect(look(store, { told: open }, ['command'], 'busy').status).toBe('orphaned')
  })

  it('names the holder', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: open })
    const lock = tryLock(`${dir}/locks/session.lock`, { tool: 'command', turn: 1 })
    const { liveness } = observe(readSnapshot(id, dir), { now: Date.now(), scrutiny: 'all' })
    expect(liveness.holder).toMatchObject({ pid: process.pid, tool: 'command', turn: 1 })
    lock?.release()
    rmSync(`${dir}/locks`, { recursive: true })
    mkdirSync(`${dir}/locks`)
    await holdLock(`${dir}/locks/session.lock`)
    const anonymous = observe(readSnapshot(id, dir), { now: at, scrutiny: 'all' }).liveness
    expect(anonymous).toMatchObject({ status: 'running' })
    expect(anonymous.holder).toBeUndefined()
  })

  it('looks again before it calls a turn crashed that has just ended', () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: open })
    const early = readSnapshot(id, dir)
    const after = writeSession(store, { id, told: over })
    expect(after.dir).toBe(dir)
    const { liveness, snapshot } = observe(early, { now: at, scrutiny: 'turn' })
    expect(liveness.status).toBe('idle')
    expect(snapshot.state?.turn?.outcome).toBe('success')
  })
})
