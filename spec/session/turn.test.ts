import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseToml } from '../../lib/base/toml.ts'
import { holdSession, listArtifacts, readResult, type Store } from '../../lib/index.ts'
import { createRedactor } from '../../lib/redact/redact.ts'
import { Session } from '../../lib/session/session.ts'
import { settle } from '../../lib/session/turn.ts'
import { alnum } from '../redact/samples.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { makeDir, makeStore } from '../support/place.ts'

const at = Date.UTC(2026, 0, 2)

async function settleOne(store: Store, id: string): Promise<void> {
  await using held = await holdSession(store, id as never)
  await settle(held.session, at + 60_000)
}

describe('listArtifacts', () => {
  it('lists files of all turns or of one, and neither links nor what stint wrote', () => {
    const dir = makeDir()
    for (const turn of ['turn-0001/deep', 'turn-0002']) {
      mkdirSync(`${dir}/output/${turn}`, { recursive: true })
    }
    for (const name of [
      'turn-0001/result.toml',
      'turn-0001/a',
      'turn-0001/deep/result.toml',
      'turn-0002/b',
    ]) {
      writeFileSync(`${dir}/output/${name}`, 'xyz')
    }
    symlinkSync('/etc/passwd', `${dir}/output/turn-0002/link`)
    symlinkSync('/etc', `${dir}/output/turn-0002/tree`)
    const first = ['turn-0001/a', 'turn-0001/deep/result.toml']
    expect(listArtifacts(dir, 1)).toEqual(first.map((path) => ({ path, size_bytes: 3 })))
    expect(listArtifacts(dir).map(({ path }) => path)).toEqual([...first, 'turn-0002/b'])
    expect(listArtifacts(dir, 3)).toEqual([])
  })

  it('does not leave the session through a link in place of the directory of a turn', () => {
    const dir = makeDir()
    const outside = makeDir()
    writeFileSync(`${outside}/private`, '')
    mkdirSync(`${dir}/output`)
    symlinkSync(outside, `${dir}/output/turn-0001`)
    expect(listArtifacts(dir, 1)).toEqual([])
  })
})

describe('settle', () => {
  it('names as many artifacts as an entry holds, and says that there are more', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    const output = `${dir}/output/turn-0001`
    mkdirSync(output, { recursive: true })
    for (let n = 0; n < 5_000; n++) writeFileSync(`${output}/${String(n).padStart(250, '0')}`, '')
    await settleOne(store, id)
    const { outcome, artifacts, artifacts_truncated } = readResult(store, id)
    expect({ outcome, artifacts_truncated }).toEqual({
      outcome: 'crashed',
      artifacts_truncated: true,
    })
    expect(artifacts).toEqual(listArtifacts(dir, 1).slice(0, Math.floor(1024 ** 2 / 260)))
  })

  it('keeps each part of a result whose artifacts together take too long to search', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    const output = `${dir}/output/turn-0001`
    mkdirSync(output, { recursive: true })
    for (let n = 0; n < 100; n++) writeFileSync(`${output}/${String(n).padStart(250, '0')}`, '')
    let now = 0
    const cpuTime = () => (now += 10_000)
    using session = new Session(id, dir, { redactor: createRedactor({ cpuTime }), lease: 'none' })
    await settle(session, at + 60_000)
    const summary = 'its supervisor was gone when it was looked at'
    expect(readResult(store, id)).toMatchObject({ summary, artifacts: listArtifacts(dir, 1) })
  })

  it('takes a secret out of an artifact, and counts it', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    mkdirSync(`${dir}/output/turn-0001`, { recursive: true })
    writeFileSync(`${dir}/output/turn-0001/${'gh' + 'p_'}${alnum(36)}.txt`, '')
    await settleOne(store, id)
    const { artifacts, redactions } = readResult(store, id)
    expect(artifacts).toEqual([{ path: 'turn-0001/[REDACTED:github-token].txt', size_bytes: 0 }])
    expect(redactions).toEqual({ 'github-token': 1 })
  })

  it('records a crashed turn as of its last entry, and writes its result', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, {
      told: [started(1, at), ['message', {}, { turn: 1, at: at + 500 }]],
    })
    await settleOne(store, id)
    const expected = {
      session_id: id,
      turn: 1,
      outcome: 'crashed',
      exit_code: null,
      duration_ms: 500,
      completed_at: new Date(at + 500).toISOString(),
      events_count: 3,
    }
    expect(readResult(store, id)).toMatchObject({ ...expected, upkeep: true })
    const { exit_code: _, ...written } = expected
    const text = readFileSync(`${dir}/output/turn-0001/result.toml`, 'utf8')
    expect(parseToml(text)).toMatchObject(written)
  })

  it('changes nothing the second time', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    await settleOne(store, id)
    const before = readFileSync(`${dir}/transcript.jsonl`, 'utf8')
    await settleOne(store, id)
    expect(readFileSync(`${dir}/transcript.jsonl`, 'utf8')).toBe(before)
  })

  it('writes a result that is missing', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at), ended(1, at + 1)] })
    await settleOne(store, id)
    expect(readFileSync(`${dir}/output/turn-0001/result.toml`, 'utf8')).toContain('success')
  })

  it('gets a session to rest whatever its tool left in its output', async () => {
    const store = makeStore()
    const { id, dir } = writeSession(store, { told: [started(1, at)] })
    mkdirSync(`${dir}/output/turn-0001`, { recursive: true })
    // Deeper than a path may be long.
    const dig = `for (let i = 0; i < 30; i++) {
      require('fs').mkdirSync('x'.repeat(200))
      process.chdir('x'.repeat(200))
    }`
    execFileSync(process.execPath, ['-e', dig], { cwd: `${dir}/output/turn-0001` })
    try {
      await settleOne(store, id)
      expect(readResult(store, id).outcome).toBe('crashed')
    } finally {
      execFileSync('rm', ['-rf', `${dir}/output`])
    }
  })
})
