import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { Failure } from '../../lib/errors.ts'
import type { Store } from '../../lib/index.ts'
import { tryLock } from '../../lib/os/lock-file.ts'
import { startTimeOf, thisMachine } from '../../lib/os/process.ts'
import {
  isAttended,
  isOfOne,
  listTools,
  observe,
  type Scrutiny,
  statuses,
} from '../../lib/session/liveness.ts'
import { readSnapshot } from '../../lib/session/snapshot.ts'
import { holdLock } from '../os/holder.ts'
import { ended, type Story, started, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const at = Date.UTC(2026, 0, 2)
const open = [started(1, at)]
const unstarted: Story['told'] = [
  ['turn_started', { tool: 'command', argv: ['x'], cwd: '/' }, { turn: 1 }],
]
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
    ['crashed', 'an open turn that never started a process', unstarted, []],
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

  it.each<[string, Scrutiny, Story['told'], string[]]>([
    ['crashed', 'turn', open, []],
    ['crashed', 'busy', open, []],
    ['orphaned', 'busy', open, ['command']],
    ['idle', 'busy', over, []],
    ['leaked', 'all', over, ['command']],
  ])('calls it %s after its supervisor died, asked for %s', (status, scrutiny, told, tools) => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: told ?? [] })
    const dead = { ...thisMachine(), pid: 999_999_999, start_time: '1' }
    writeFileSync(`${dir}/locks/session.lock`, JSON.stringify(dead))
    const held = tools.map((tool) => tryLock(`${dir}/locks/${tool}.lock`, {}))
    const { liveness } = observe(readSnapshot(id, dir), { now: at, scrutiny })
    for (const lock of held) lock?.release()
    expect(liveness.status).toBe(status)
  })

  it.each([
    ['EMFILE', undefined],
    ['ENFILE', undefined],
    ['EIO', 'unknown'],
  ])('when a lock cannot be looked at for %s says: %s', (errno, status) => {
    const { id, dir } = writeSession(makeStore(), { told: open })
    writeFileSync(`${dir}/locks/session.lock`, '')
    const snapshot = readSnapshot(id, dir)
    const real = fs.openSync.bind(fs)
    const spy = vi.spyOn(fs, 'openSync').mockImplementation((path, ...rest) => {
      if (!String(path).endsWith('/session.lock')) return real(path, ...rest)
      throw Object.assign(new Error(`${errno}: open`), { code: errno })
    })
    const seen = () => observe(snapshot, { now: at, scrutiny: 'all' }).liveness.status
    try {
      if (status === undefined) expect(seen).toThrow(errno)
      else expect(seen()).toBe(status)
    } finally {
      spy.mockRestore()
    }
  })

  it('calls one unreadable of which nothing is left', () => {
    const { id, dir } = writeSession(makeStore())
    for (const name of ['state.toml', 'transcript.jsonl']) writeFileSync(`${dir}/${name}`, '\0')
    const { liveness } = observe(readSnapshot(id, dir), { now: at, scrutiny: 'all' })
    expect(liveness).toEqual({ status: 'unreadable', why: expect.stringMatching(/./) })
  })

  it('says who holds it, what for, and where', () => {
    const store = makeStore()
    const why = (told: Story['told']) => look(store, { told: told ?? [] }, ['session']).why
    expect(why(open)).toBe(`process ${process.pid} supervises its turn 1`)
    expect(why(over)).toBe(`process ${process.pid} is starting or moving it`)
    const { id, dir } = writeSession(store, { told: open })
    using lock = tryLock(`${dir}/locks/session.lock`, {})
    lock?.say({}, { ...thisMachine(), host: 'elsewhere', pid: 7, start_time: '1' })
    const { liveness } = observe(readSnapshot(id, dir), { now: at, scrutiny: 'turn' })
    expect(liveness.why).toBe('process 7 on elsewhere supervises its turn 1')
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

describe('isOfOne', () => {
  it('takes neither a lack of locks nor a bug for a matter of one session', () => {
    const path = '/x/session.lock'
    expect(isOfOne(new Failure('IO_FAILED', { path, errno: 'EIO', problem: 'EIO' }))).toBe(true)
    expect(isOfOne(new Failure('NO_LOCKS', { path, problem: 'ENOLCK' }))).toBe(false)
    expect(isOfOne(new TypeError('a bug'))).toBe(false)
  })
})

describe('isAttended', () => {
  it('asks the lock, also while the process that had it goes on', () => {
    const { dir } = writeSession(makeStore(), { told: open })
    expect(isAttended(dir)).toBe(false)
    const lock = tryLock(`${dir}/locks/session.lock`, {})
    expect(isAttended(dir)).toBe(true)
    lock?.release()
    expect(isAttended(dir)).toBe(false)
  })
})

describe('listTools', () => {
  it('gives the tools, and no other lock', () => {
    const { dir } = writeSession(makeStore())
    for (const name of ['session', 'journal', 'codex', 'my-own_tool2']) {
      writeFileSync(`${dir}/locks/${name}.lock`, '')
    }
    expect(listTools(dir).sort()).toEqual(['codex', 'my-own_tool2'])
  })
})
