import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  listSessions,
  type RunOptions,
  type RunTarget,
  readSession,
  runTurn,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import { probeLock } from '../../lib/os/lock-file.ts'
import { makeStore } from '../support/place.ts'

const command = (...argv: string[]) => ({ kind: 'command', argv }) as const
const fresh: RunTarget = { kind: 'new' }

function run(store: Store, target: RunTarget, more: Partial<RunOptions> = {}) {
  return runTurn(store, { task: command('true'), target, cwd: store.projectPath, ...more })
}

const openFiles = () => readdirSync('/proc/self/fd').length

describe.skipIf(process.platform !== 'linux')('runTurn', () => {
  const gone = { chdir: '/no/such/dir' }
  const unwritable = { idFile: 'no/such/dir/id' }
  const cases: [string, Partial<RunOptions>, string | undefined][] = [
    ['ends', {}, undefined],
    ['fails', { task: command('false') }, undefined],
    ['has nowhere to run', gone, 'CWD_GONE'],
    ['has no program', { task: command('no-such-program') }, 'PROGRAM_MISSING'],
    ['cannot be started', { task: command('true', 'x'.repeat(200_000)) }, 'SPAWN_FAILED'],
    ['cannot say its id', unwritable, 'IO_FAILED'],
  ]

  it.each(cases)('lets go of all that it held when a turn %s', async (_, more, code) => {
    const store = makeStore({ now: Date.now })
    // What is opened or made once for all is there then.
    await run(store, { kind: 'new', ephemeral: true })
    const { result } = await run(store, fresh)
    const { id, dir } = readSession(store, result.session_id)
    const targets: RunTarget[] = [
      fresh,
      { kind: 'resume', id },
      { kind: 'new', fork: id },
      { kind: 'new', ephemeral: true },
    ]
    for (const target of targets) {
      const source = new EventEmitter()
      const signals = {
        on: (signal: string, handler: () => void) => void source.on(signal, handler),
        off: (signal: string, handler: () => void) => void source.off(signal, handler),
      }
      const before = [openFiles(), listSessions(store).rows.length]
      const turn = run(store, target, { signals, ...more })
      if (code === undefined) await turn
      else await expect(turn).rejects.toMatchObject({ code })
      expect(source.eventNames()).toEqual([])
      await expect.poll(openFiles).toBe(before[0])
      for (const name of readdirSync(`${dir}/locks`)) {
        expect(probeLock(`${dir}/locks/${name}`), name).toBe('free')
      }
      expect(readSession(store, id).status).toBe('idle')
      const isKept = code === undefined && target.kind === 'new' && !target.ephemeral
      expect(listSessions(store).rows.length).toBe((before[1] ?? 0) + (isKept ? 1 : 0))
      expect(readdirSync(`${dirname(dirname(dir))}/ephemeral`)).toEqual([])
    }
  })

  it('takes back a session that nobody could be told of, and keeps one that was told', async () => {
    const store = makeStore({ now: Date.now })
    mkdirSync(dirname(store.configFile), { recursive: true })
    writeFileSync(store.configFile, '[redaction]\nenabled = false\n')
    const task = command('touch', 'ran')
    const closed = () => {
      throw new Error('closed')
    }
    await expect(run(store, fresh, { task, onStarted: closed })).rejects.toThrow('closed')
    expect(listSessions(store).rows).toEqual([])
    const told: SessionId[] = []
    const onStarted = ({ id }: { id: SessionId }) => void told.push(id)
    await expect(run(store, fresh, { task, onStarted, onNotice: closed })).rejects.toThrow('closed')
    expect(listSessions(store).rows.map(({ id }) => id)).toEqual(told)
    expect(told).toHaveLength(1)
    await expect.poll(() => readSession(store, told[0] as SessionId).status).toBe('crashed')
    expect(existsSync(`${store.projectPath}/ran`)).toBe(false)
  })
})
