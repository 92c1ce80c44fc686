import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listSessions, readSession, type SessionId } from '../../lib/index.ts'
import { mend, visit } from '../doctor/kit.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import {
  type Call,
  isWrite,
  type NumberedCall,
  numberedIn,
  type ReplayOptions,
  replay,
} from '../support/power-cut.ts'
import {
  entriesOf,
  type Fault,
  isOtherOnward,
  openScene,
  type Scene,
  stint,
  storeOf,
} from './kit.ts'

const at = Date.UTC(2026, 0, 2)

/** A gap in the middle and a state that cannot be read; a journal that was cut; a turn that crashed. */
function damage(scene: Scene): SessionId[] {
  const store = storeOf(scene)
  const told = [
    started(1, at),
    ...['one', 'two', 'three'].map(
      (text) => ['output', { stream: 'stdout' }, { turn: 1, at, text }] as never,
    ),
    ended(1, at),
  ]
  const torn = writeSession(store, { name: 'torn', told })
  const file = `${torn.dir}/transcript.jsonl`
  const lines = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, lines.toSpliced(3, 1, 'rubbish').join('\n'))
  truncateSync(`${torn.dir}/state.toml`, 50)

  const cut = writeSession(store, { name: 'before', told })
  const state = readFileSync(`${cut.dir}/state.toml`, 'utf8')
  writeFileSync(`${cut.dir}/state.toml`, state.replace('"before"', '"cut"'))
  const cutLines = readFileSync(`${cut.dir}/transcript.jsonl`, 'utf8').split('\n')
  writeFileSync(`${cut.dir}/transcript.jsonl`, `${cutLines.slice(0, 3).join('\n')}\n`)

  const crashed = writeSession(store, { name: 'crashed', told: told.slice(0, 3) })
  return [torn.id, cut.id, crashed.id]
}

describe('doctor --fix', { timeout: 300_000 }, () => {
  const { scene, copy, discard } = openScene()
  const logs = mkdtempSync(join(tmpdir(), 'stint-calls-'))
  const log = join(logs, 'calls')
  const args = ['doctor', '--fix', '-q']
  let ids: SessionId[]
  let damaged: Buffer[]
  let calls: NumberedCall[]

  beforeAll(async () => {
    ids = damage(scene)
    // What is named is looked at without what it stands on, which changes nothing here.
    args.push(...ids)
    damaged = ids.slice(0, 2).flatMap((id) => filesOf(scene, id))
    const whole = copy()
    expect(stint(whole, args, { log })).toMatchObject({ status: 0, signal: null })
    expectMended(whole)
    calls = numberedIn(log)
    expect(calls.length).toBeGreaterThan(50)
  })
  afterAll(() => {
    discard()
    rmSync(logs, { recursive: true })
  })

  function filesOf(scene: Scene, id: SessionId): Buffer[] {
    const dir = `${storeOf(scene).dir}/sessions/${id}`
    return ['transcript.jsonl', 'state.toml'].map((name) => readFileSync(`${dir}/${name}`))
  }

  /** Every session says all that was whole, and what was replaced is in the quarantine. */
  function expectMended(scene: Scene): void {
    const store = storeOf(scene)
    const { rows, warnings } = listSessions(store)
    expect(warnings).toEqual([])
    expect(rows.map(({ name, outcome }) => [name, outcome]).sort()).toEqual([
      ...[
        ['crashed', 'crashed'],
        ['cut', 'crashed'],
        ['torn', 'success'],
      ],
    ])
    const [torn, cut, crashed] = ids.map((id) => entriesOf(store, id).map(({ text }) => text))
    expect(torn).toEqual(expect.arrayContaining(['one', 'three']))
    expect(cut).toContain('one')
    expect(crashed).toContain('one')
    for (const id of ids) {
      const seqs = entriesOf(store, id).map(({ seq }) => seq)
      expect(seqs).toEqual(seqs.map((_, i) => i))
      expect(readSession(store, id).warnings).toEqual([])
    }
    const kept = ids.slice(0, 2).flatMap((id) => {
      const dir = `${store.dir}/quarantine/${id}`
      return readdirSync(dir).map((name) => readFileSync(`${dir}/${name}`))
    })
    for (const bytes of damaged) expect(kept.some((one) => one.equals(bytes))).toBe(true)
  }

  /** Whatever was left, the next run finishes, and the one after it finds nothing to do. */
  async function expectFinishes(left: Scene): Promise<void> {
    const store = storeOf(left)
    const options = { sessions: new Set(ids) }
    await mend(store, options)
    expectMended(left)
    expect(await mend(store, options)).toEqual([])
    const { findings } = visit(store, options)
    expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([])
    for (const id of ids) {
      expect(readdirSync(`${store.dir}/sessions/${id}`).join()).not.toMatch(/\.\d+(,|$)/)
    }
  }

  /** Strikes the command, and gives its calls from the struck one on. */
  async function strike(fault: Fault): Promise<Call[]> {
    const struck = copy()
    const strikeLog = `${struck.home}.calls`
    const outcome = stint(struck, args, { ...fault, log: strikeLog })
    try {
      if (outcome.status === 0) expectMended(struck)
      else expect([1, 5, 6, 7]).toContain(outcome.status)
      await expectFinishes(struck)
      return numberedIn(strikeLog).filter(({ n }) => n >= fault.at)
    } catch (error) {
      throw new Error(`after ${JSON.stringify({ fault, outcome })}`, { cause: error })
    } finally {
      rmSync(struck.home, { recursive: true, force: true })
      rmSync(strikeLog, { force: true })
    }
  }

  const seen = new Set<string>()

  /** Looks at what the run that was recorded leaves when it ends after some call; at the same, once. */
  async function cut(options: Partial<ReplayOptions> & { upTo: number }): Promise<void> {
    const left: Scene = { ...scene, home: join(logs, 'cut') }
    const tree = replay({ before: scene.home, log, into: left.home, ...options })
    try {
      if (!seen.has(tree)) await expectFinishes(left)
      seen.add(tree)
    } catch (error) {
      const call = calls[options.upTo - 1]
      throw new Error(`after call ${options.upTo}: ${JSON.stringify(call)}`, { cause: error })
    } finally {
      rmSync(left.home, { recursive: true, force: true })
    }
  }

  test('is finished by the next run after a death at any call', async () => {
    for (const { n } of calls) await cut({ upTo: n - 1, keeps: 'all' })
  })

  test('is finished by the next run after any torn write', async () => {
    for (const { n } of calls.filter(isWrite)) await cut({ upTo: n, keeps: 'all', torn: true })
  })

  test.each(['ENOSPC', 'EIO'])(
    'is finished by the next run after %s at any call, and at every call from any one, or third, on',
    async (errno) => {
      for (const { n } of calls) {
        const [first, ...later] = await strike({ at: n, do: errno })
        const isOther = isOtherOnward(errno, first, later)
        if (isOther && (errno === 'ENOSPC' || n % 3 === 1)) {
          await strike({ at: n, do: errno, onward: true })
        }
      }
    },
  )

  test.each([
    ['lost', 'synced'],
    ['zeros', 'synced'],
    ['zeros', 'names'],
    ['zeros', 'newest'],
  ] as const)(
    'is finished by the next run when the power fails after any call, unsynced bytes are %s and it keeps %s',
    async (tail, keeps) => {
      for (let upTo = 0; upTo <= calls.length; upTo++) await cut({ upTo, tail, keeps })
    },
  )
})
