import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ulid } from 'ulid'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listProcesses } from '../../lib/index.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { makeDir, makeStore } from '../support/place.ts'

/** A session of two turns, and a way to start what carries the first one's, in a store of this name. */
function makeSession() {
  const store = makeStore({ now: Date.now })
  const now = Date.now()
  const told = [started(1, now), ended(1, now), started(2, now), ended(2, now)]
  const { id } = writeSession(store, { id: ulid(), told })
  const start = async (named: string, ...words: string[]) => {
    const child = spawn('/bin/sh', ['-c', 'echo ready; read -r _', 'sh', ...words], {
      env: { STINT_SESSION_ID: id, STINT_TURN: '1', STINT_STORE: named },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child.pid
  }
  return { store, id, start }
}

describe.skipIf(process.platform !== 'linux')('listProcesses', () => {
  it('has what outlived a turn, and by which it was started, the oldest first', async () => {
    const { store, id, start } = makeSession()
    const first = await start(store.dir)
    // The system tells ages apart by hundredths of a second.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const second = await start(store.dir)
    const facts = { id, role: 'tool', turn: 1, left_over: true }
    expect(listProcesses([store])).toMatchObject([
      { ...facts, pid: first },
      { ...facts, pid: second },
    ])
  })

  it('knows a store by any way to it, and by its session where none is named', async () => {
    const { store, start } = makeSession()
    const link = `${makeDir()}/link`
    symlinkSync(store.dir, link)
    const pids = [await start(link), await start('')]
    await start(makeStore().dir)
    const shown = listProcesses([store]).map(({ pid }) => pid)
    expect(new Set(shown)).toEqual(new Set(pids))
  })

  it('shows the start of a long command line, and no secret, though nothing else is redacted', async () => {
    const { store, start } = makeSession()
    mkdirSync(dirname(store.configFile), { recursive: true })
    writeFileSync(store.configFile, '[redaction]\nenabled = false\n')
    const secret = `${'gh'}p_${'a1B2c3D4e5F6'.repeat(3)}`
    await start(store.dir, secret, ...Array(200).fill('word'))
    const [row] = listProcesses([store])
    expect(row?.command).toMatch(/ sh \[REDACTED:[^\]]+\] word [word ]+…$/)
    expect(row?.command).toHaveLength(400)
  })
})
