/** One suite for every command that changes files. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listSessions, readSession, type SessionId, type SessionRow } from '../../lib/index.ts'
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
  expectWhole,
  type Fault,
  isOtherOnward,
  type Outcome,
  openScene,
  type Scene,
  stint,
  storeOf,
  transcriptsOf,
} from './kit.ts'

export interface Case {
  readonly verb: string
  /** What stands before; gives the words of the command. */
  readonly prepare: (scene: Scene) => string[]
  /** It starts what outlives it: what its death leaves is more than its calls, so it dies in fact. */
  readonly starts?: true
  /** It may put other transcripts in place of those before: what is left is one of the two, whole. */
  readonly rewrites?: true
  /** The sessions that it is to remove: what is left of one is all of it, or nothing. */
  readonly removes?: (scene: Scene) => readonly string[]
  /** What must hold once the command has exited 0. */
  readonly done: (scene: Scene) => void | Promise<void>
  /** What must hold of whatever a death or a power cut left; a full disk may have kept it from being said. */
  readonly says?: (scene: Scene) => void
  /** What must hold of whatever a crash left, and what the command run once more makes of it. */
  readonly recovers?: (scene: Scene) => void | Promise<void>
}

/** Strikes a command at each of its calls, in every way, and looks at what is left. */
export function describeCrashes({
  verb,
  prepare,
  starts,
  done,
  says,
  recovers,
  rewrites,
  removes,
}: Case): void {
  describe(verb, () => {
    const { scene, copy, discard } = openScene()
    const logs = mkdtempSync(join(tmpdir(), 'stint-calls-'))
    const log = join(logs, 'calls')
    let args: string[]
    let acknowledged: Map<string, Buffer>
    let rewritten: Map<string, Buffer> | undefined
    let removed: Map<string, Buffer>
    let facts: Map<string, unknown>
    let calls: NumberedCall[]
    let deaths = 0

    beforeAll(async () => {
      args = prepare(scene)
      const doomed = removes?.(scene) ?? []
      const all = [...transcriptsOf(scene)]
      acknowledged = new Map(all.filter(([id]) => !doomed.includes(id)))
      removed = new Map(all.filter(([id]) => doomed.includes(id)))
      expect(removed.size).toBe(doomed.length)
      const whole = copy()
      ok(stint(whole, args, { log }))
      await done(whole)
      if (rewrites) rewritten = transcriptsOf(whole)
      facts = factsOf(scene)
      calls = numberedIn(log)
      expect(calls.length).toBeGreaterThan(5)
    })
    afterAll(() => {
      discard()
      rmSync(logs, { recursive: true })
    })

    /** Also what the state tells is the same with either transcript. */
    const check = async (left: Scene) => {
      const isNew = rewritten !== undefined && isSame(transcriptsOf(left), rewritten)
      if (rewrites) expect(factsOf(left)).toEqual(facts)
      const there = [...removed].filter(([id]) => transcriptsOf(left).has(id))
      await expectWhole(
        left,
        new Map([...(isNew && rewritten ? rewritten : acknowledged), ...there]),
      )
    }

    /** Strikes the command, and gives its calls from the struck one on. */
    const strike = async (fault: Fault): Promise<Call[]> => {
      const struck = copy()
      const strikeLog = `${struck.home}.calls`
      const outcome = stint(struck, args, { ...fault, log: strikeLog })
      const where = JSON.stringify({ fault, outcome })
      const isDeath = fault.do === 'kill' || fault.do === 'torn'
      // How output is cut into batches varies, so the last calls of one run are not in every run.
      if (!isDeath || outcome.status === 0) expect(outcome.signal, where).toBeNull()
      else expect(outcome.signal, where).toBe('SIGKILL')
      if (outcome.signal !== null) deaths++
      try {
        // A tool that ran keeps its status; what the journal did not take is then said.
        if (outcome.status === 0 && !outcome.stderr.includes('warning')) await done(struck)
        if (outcome.signal !== null) says?.(struck)
        await recovers?.(struck)
        await check(struck)
        expectSwept(struck)
        return numberedIn(strikeLog).filter(({ n }) => n >= fault.at)
      } catch (error) {
        throw new Error(`after ${where}`, { cause: error })
      } finally {
        rmSync(struck.home, { recursive: true, force: true })
        rmSync(strikeLog, { force: true })
      }
    }

    const seen = new Set<string>()

    /** Looks at what the run that was recorded leaves when it ends after some call; at the same, once. */
    const cut = async (options: Partial<ReplayOptions> & { upTo: number }) => {
      const left: Scene = { ...scene, home: join(logs, 'cut') }
      const tree = replay({ before: scene.home, log, into: left.home, ...options })
      const isDead = options.keeps === 'all'
      const isWhole = options.upTo === calls.length
      const look = `${tree} ${isDead} ${isWhole}`
      try {
        if (seen.has(look)) return
        seen.add(look)
        if (isWhole && !isDead) await done(left)
        says?.(left)
        await recovers?.(left)
        await check(left)
        if (isDead) expectSwept(left)
      } catch (error) {
        const call = calls[options.upTo - 1]
        throw new Error(`after call ${options.upTo}: ${JSON.stringify(call)}`, { cause: error })
      } finally {
        rmSync(left.home, { recursive: true, force: true })
      }
    }

    const die = async (at: number) => {
      if (starts) return void (await strike({ at, do: 'kill' }))
      await cut({ upTo: at - 1, keeps: 'all' })
      deaths++
    }

    test('loses nothing when the process dies at any call', async () => {
      deaths = 0
      for (const { n } of calls) await die(n)
      expect(deaths).toBeGreaterThan(calls.length - 16)
    })

    test('loses nothing when the process dies in the middle of any write', async () => {
      for (const { n } of calls.filter(isWrite)) {
        if (starts) await strike({ at: n, do: 'torn' })
        else await cut({ upTo: n, keeps: 'all', torn: true })
      }
    })

    test.each(['ENOSPC', 'EIO'])(
      'loses nothing when any one call, or every call from any one on, fails with %s',
      // Two rounds in one.
      { timeout: 120_000 },
      async (errno) => {
        for (const { n } of calls) {
          const [first, ...later] = await strike({ at: n, do: errno })
          if (isOtherOnward(errno, first, later)) await strike({ at: n, do: errno, onward: true })
        }
      },
    )

    test('loses nothing when a filling disk takes half of any write', async () => {
      for (const { n } of calls.filter(isWrite)) {
        await strike({ at: n, do: 'ENOSPC', partial: true })
      }
    })

    test.each([
      ['lost', 'synced'],
      ['zeros', 'synced'],
      ['lost', 'names'],
      ['zeros', 'names'],
      ['zeros', 'newest'],
    ] as const)(
      'keeps what was acknowledged when the power fails after any call, unsynced bytes are %s and it keeps %s',
      async (tail, keeps) => {
        for (let upTo = 0; upTo <= calls.length; upTo++) await cut({ upTo, tail, keeps })
      },
    )
  })
}

function isSame(a: Map<string, Buffer>, b: Map<string, Buffer>): boolean {
  return a.size === b.size && [...a].every(([id, bytes]) => b.get(id)?.equals(bytes))
}

/** What sessions are but for their texts. */
function factsOf(scene: Scene): Map<string, unknown> {
  const store = storeOf(scene)
  return new Map(
    listSessions(store).rows.map(({ id, turn, outcome, usage, last_accessed }) => {
      const { state } = readSession(store, id)
      return [id, [turn, outcome, usage, last_accessed, state?.journal.seq, state?.turn]]
    }),
  )
}

/** After one more run nothing is left in staging/. */
function expectSwept(scene: Scene): void {
  const staging = join(storeOf(scene).dir, 'staging')
  if (!existsSync(staging) || readdirSync(staging).length === 0) return
  ok(stint(scene, ['run', '-q', '--', 'true']))
  expect(readdirSync(staging)).toEqual([])
}

export function ok(outcome: Outcome): void {
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ status: 0, signal: null })
}

export function rowOf(scene: Scene, name: string): SessionRow | undefined {
  return listSessions(storeOf(scene)).rows.find((row) => row.name === name)
}

export function outputOf(scene: Scene, name: string): (string | null)[] {
  const store = storeOf(scene)
  const id = rowOf(scene, name)?.id as SessionId
  return entriesOf(store, id)
    .filter(({ type }) => type === 'output')
    .map(({ text }) => text)
    .sort()
}
