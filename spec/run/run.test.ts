import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  listSessions,
  type RunOptions,
  type RunTarget,
  readSession,
  reapProcesses,
  runTurn,
  type SessionId,
  type Started,
  type Store,
} from '../../lib/index.ts'
import { privateFile } from '../../lib/layout.ts'
import { probeLock } from '../../lib/os/lock-file.ts'
import { privatePath } from '../../lib/run/private-file.ts'
import { makeDir, makeStore } from '../support/place.ts'

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
      const told = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
      const turn = run(store, target, { signals, ...more })
      if (code === undefined) await turn
      else await expect(turn).rejects.toMatchObject({ code })
      expect(source.eventNames()).toEqual([])
      await expect.poll(openFiles, { timeout: 10_000 }).toBe(before[0])
      for (const name of readdirSync(`${dir}/locks`)) {
        expect(probeLock(`${dir}/locks/${name}`), name).toBe('free')
      }
      expect(readSession(store, id).status).toBe('idle')
      const isTold = code === undefined && target.kind === 'resume'
      expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8') === told).toBe(!isTold)
      const isKept = code === undefined && target.kind === 'new' && !target.ephemeral
      expect(listSessions(store).rows.length).toBe((before[1] ?? 0) + (isKept ? 1 : 0))
      expect(readdirSync(`${dirname(dirname(dir))}/ephemeral`)).toEqual([])
    }
  })

  it('says in its locks who holds them, and hints at the root session that ran last', async () => {
    const store = makeStore({ now: Date.now })
    const hint = () => readFileSync(`${store.dir}/last`, 'utf8')
    const held: object[] = []
    const onStarted = ({ dir, turn }: Started) => {
      for (const name of ['session', 'command']) {
        held.push({ turn, ...JSON.parse(readFileSync(`${dir}/locks/${name}.lock`, 'utf8')) })
      }
    }
    const { result } = await run(store, fresh, { onStarted })
    const { session_id: id } = result
    await run(store, fresh)
    expect(hint()).not.toBe(`${id}\n`)
    await run(store, { kind: 'resume', id }, { onStarted })
    expect(hint()).toBe(`${id}\n`)
    const [first, second] = [1, 2].map((turn) => [
      { turn, tool: 'command', pid: process.pid },
      {
        turn,
        tool: 'command',
        argv0: 'true',
        pid: expect.not.toSatisfy((it) => it === process.pid),
      },
    ])
    expect(held).toMatchObject([...(first ?? []), ...(second ?? [])])
    await run(store, { kind: 'new', parent: id })
    await run(store, { kind: 'new', ephemeral: true })
    expect(hint()).toBe(`${id}\n`)
  })

  it.each<[string, (store: Store, id: SessionId) => Promise<unknown>]>([
    ['the next turn', (store, id) => run(store, { kind: 'resume', id })],
    ['reap', (store) => reapProcesses([store], { grace: 0 })],
  ])(
    '%s removes what a killed turn left beside the store, and nothing of one that may live',
    async (_, sweep) => {
      const runtime = makeDir()
      const store = makeStore({ now: Date.now, env: { XDG_RUNTIME_DIR: runtime } })
      const { result } = await run(store, fresh)
      const { session_id: session } = result
      const own = privatePath(store.env, session)
      const [, , namespace = ''] = basename(own).split('.')
      const start = '0'.repeat(12)
      const [dead, elsewhere] = [namespace, '1'].map((it) =>
        privateFile.format(dirname(own), { session, pid: process.pid, namespace: it, start }),
      )
      mkdirSync(dirname(own))
      const stranger = `${dirname(own)}/notes`
      for (const file of [own, dead, privateFile.prompt(dead ?? ''), elsewhere, stranger]) {
        writeFileSync(file ?? '', 'said')
      }
      await sweep(store, session)
      expect(readdirSync(dirname(own)).sort()).toEqual(
        [own, elsewhere, stranger].map((file) => basename(file ?? '')).sort(),
      )
    },
  )

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
    const [id] = told as [SessionId]
    expect(listSessions(store).rows).toMatchObject([{ id }])
    await expect.poll(() => readSession(store, id).status, { timeout: 10_000 }).toBe('crashed')
    const again: RunTarget = { kind: 'resume', id }
    await expect(run(store, again, { task, onStarted, onNotice: closed })).rejects.toThrow('closed')
    expect(told).toEqual([id, id])
    await expect.poll(() => readSession(store, id).status, { timeout: 10_000 }).toBe('crashed')
    expect(readSession(store, id).state?.turn).toMatchObject({ number: 2 })
    expect(existsSync(`${store.projectPath}/ran`)).toBe(false)
  })
})
