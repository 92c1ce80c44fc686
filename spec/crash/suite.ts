/** One suite for every command that changes files. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listSessions, readSession, type SessionId, type SessionRow } from '../../lib/index.ts'
import { callsOf, replay } from '../support/power-cut.ts'
import {
  entriesOf,
  expectWhole,
  type Fault,
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
    let calls: ReturnType<typeof callsOf>
    let count: number
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
      calls = callsOf(log)
      count = calls.filter((call) => call.n !== null).length
      expect(count).toBeGreaterThan(5)
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

    const strike = async (fault: Fault, expectDead: boolean) => {
      const struck = copy()
      const outcome = stint(struck, args, fault)
      const where = JSON.stringify({ fault, outcome })
      // How output is cut into batches varies, so the last calls of one run are not in every run.
      if (!expectDead || outcome.status === 0) expect(outcome.signal, where).toBeNull()
      else expect(outcome.signal, where).toBe('SIGKILL')
      if (outcome.signal !== null) deaths++
      try {
        // A tool that ran keeps its status; what the journal did not take is then said.
        if (outcome.status === 0 && !outcome.stderr.includes('warning')) await done(struck)
        if (outcome.signal !== null) says?.(struck)
        await recovers?.(struck)
        await check(struck)
        expectSwept(struck)
      } catch (error) {
        throw new Error(`after ${where}`, { cause: error })
      } finally {
        rmSync(struck.home, { recursive: true, force: true })
      }
    }

    test('loses nothing when the process dies at any call', async () => {
      deaths = 0
      for (let at = 1; at <= count; at++) await strike({ at, do: 'kill' }, true)
      expect(deaths).toBeGreaterThan(count - 16)
    })

    test('loses nothing when the process dies in the middle of any write', async () => {
      for (const { n, call } of calls) {
        if (n !== null && call.startsWith('write')) await strike({ at: n, do: 'torn' }, true)
      }
    })

    test.each(['ENOSPC', 'EIO'])('loses nothing when any one call fails with %s', async (errno) => {
      for (let at = 1; at <= count; at++) await strike({ at, do: errno }, false)
    })

    test.each(['ENOSPC', 'EIO'])(
      'loses nothing when every call from any one on fails with %s',
      async (errno) => {
        for (let at = 1; at <= count; at++) await strike({ at, do: errno, onward: true }, false)
      },
    )

    test('loses nothing when a filling disk takes half of any write', async () => {
      for (const { n, call } of calls) {
        if (n !== null && call.startsWith('write')) {
          await strike({ at: n, do: 'ENOSPC', partial: true }, false)
        }
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
        for (let upTo = 0; upTo <= count; upTo++) {
          const cut: Scene = { ...scene, home: join(logs, `cut-${tail}-${keeps}-${upTo}`) }
          replay({ before: scene.home, log, upTo, into: cut.home, tail, keeps })
          try {
            if (upTo === count) await done(cut)
            says?.(cut)
            await recovers?.(cut)
            await check(cut)
          } catch (error) {
            throw new Error(
              `after call ${upTo}: ${JSON.stringify(calls.find((call) => call.n === upTo))}`,
              {
                cause: error,
              },
            )
          }
        }
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
