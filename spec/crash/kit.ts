/** Commands that die at a chosen call, and what must hold whatever was left. */

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject } from 'vitest'
import {
  appendEntry,
  type Entry,
  listSessions,
  listTrash,
  openStore,
  readSession,
  readTranscript,
  type SessionId,
  type Store,
} from '../../lib/index.ts'
import type { Call } from '../support/power-cut.ts'

const support = (name: string) => join(import.meta.dirname, `../support/${name}.mjs`)

/** A home directory with a project in it; copied for every try. */
export interface Scene {
  readonly home: string
  readonly project: string
}

export interface Outcome {
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export type Fault = { at: number; do: string; onward?: boolean; partial?: boolean }

/**
 * Runs the built command, struck by the fault, if any, by a clock that is wrong by so many ms; `{home}`
 * in a word is the scene's own.
 */
export function stint(
  scene: Scene,
  args: readonly string[],
  fault?: Partial<Fault> & { log?: string },
  clock?: number,
): Outcome {
  const plan =
    fault === undefined ? {} : { STINT_FAULTS: JSON.stringify({ root: scene.home, ...fault }) }
  const words = args.map((word) => word.replace('{home}', scene.home))
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...(fault === undefined ? [] : ['--require', support('faults')]),
      ...(clock === undefined ? [] : ['--require', support('clock')]),
      ...[inject('cli'), ...words],
    ],
    {
      cwd: scene.project,
      encoding: 'utf8',
      timeout: 30_000,
      env: {
        STINT_JOURNAL_PATIENCE: '0s',
        PATH: process.env.PATH,
        HOME: scene.project,
        STINT_HOME: scene.home,
        STINT_TEST: '1',
        ...plan,
        ...(clock === undefined ? {} : { CLOCK_OFFSET: String(clock) }),
      },
    },
  )
  return { status, signal, stdout, stderr }
}

/**
 * Whether a run in which this call failed is another one when every call from it on fails. It is not
 * where no later one would have failed as well; and a full disk that does not refuse the first one is
 * a disk that is full from a later one on.
 */
export function isOtherOnward(
  errno: string,
  first: Call | undefined,
  later: readonly Call[],
): boolean {
  const fails = ({ grows }: Call) => errno !== 'ENOSPC' || grows === true
  return first === undefined || (fails(first) && later.some(fails))
}

/** An empty scene; `discard` removes it and all its copies. */
export function openScene(): {
  scene: Scene
  copy: (from?: Scene) => Scene
  discard: () => void
} {
  const dir = mkdtempSync(join(tmpdir(), 'stint-crash-'))
  const scene = { home: join(dir, 'home'), project: dir }
  let copies = 0
  return {
    scene,
    copy: (from = scene) => {
      const home = join(dir, `copy-${copies++}`)
      if (existsSync(from.home)) cpSync(from.home, home, { recursive: true })
      return { home, project: dir }
    },
    discard: () => rmSync(dir, { recursive: true, force: true }),
  }
}

export function storeOf(scene: Scene): Store {
  return openStore({
    env: { STINT_HOME: scene.home, PATH: process.env.PATH },
    home: scene.project,
    cwd: scene.project,
  })
}

/** What was acknowledged: the transcript's bytes of every session, wherever it stands. */
export function transcriptsOf(scene: Scene): Map<string, Buffer> {
  const { dir } = storeOf(scene)
  const found = new Map<string, Buffer>()
  for (const place of ['sessions', 'trash']) {
    if (!existsSync(join(dir, place))) continue
    for (const id of readdirSync(join(dir, place))) {
      // On its way out: nobody is shown it any more.
      if (id.startsWith('.gone-')) continue
      found.set(id, readFileSync(join(dir, place, id, 'transcript.jsonl')))
    }
  }
  return found
}

/**
 * What must hold after any crash: nothing that was acknowledged is gone, sequence numbers have no gap
 * and no repeat, list and show agree, each session stands in one place, the next change works, and it
 * sweeps what was left.
 */
export async function expectWhole(scene: Scene, acknowledged: Map<string, Buffer>): Promise<void> {
  const store = storeOf(scene)
  for (const [id, bytes] of acknowledged) {
    const places = ['sessions', 'trash'].filter((place) => existsSync(join(store.dir, place, id)))
    expect(places, `places of ${id}`).toHaveLength(1)
    const now = readFileSync(join(store.dir, places[0] as string, id, 'transcript.jsonl'))
    expect(now.subarray(0, bytes.length).equals(bytes), `transcript of ${id}`).toBe(true)
  }

  const { rows, warnings } = listSessions(store)
  expect(warnings).toEqual([])
  for (const row of rows) {
    expect(row.status, `${row.id}: ${row.status}`).not.toBe('unreadable')
    await settled(store, row.id)
    expect(seqsOf(store, row.id)).toEqual(countUp(seqsOf(store, row.id).length))
    const before = readSession(store, row.id)
    expect(before.warnings).toEqual([])
    const listed = listSessions(store).rows.find(({ id }) => id === row.id)
    const { dir: _d, state: _s, locks: _l, liveness: _v, warnings: _w, ...shown } = before
    expect({ ...listed, idle_for_ms: 0 }).toEqual({ ...shown, idle_for_ms: 0 })

    const seq = await appendEntry(store, row.id, { type: 'message', text: 'the next change' })
    const after = readSession(store, row.id)
    expect(after.state?.journal.seq).toBe(seq)
    expect(seq).toBe(seqsOf(store, row.id).length - 1)
    const left = /^(?:state\.toml|transcript\.jsonl)\./
    expect(readdirSync(before.dir).filter((name) => left.test(name))).toEqual([])
  }
  for (const row of listTrash(store)) expect(row.status).not.toBe('unreadable')
}

/** What a killed supervisor left behind the gate, or a short tool, is gone in a moment. */
async function settled(store: Store, id: SessionId): Promise<void> {
  await expect
    .poll(() => readSession(store, id).status, { timeout: 10_000, interval: 5 })
    .not.toMatch(/running|orphaned|busy|leaked/)
}

function seqsOf(store: Store, id: SessionId): number[] {
  return entriesOf(store, id).map(({ seq }) => seq)
}

export function entriesOf(store: Store, id: SessionId): Entry[] {
  return [...readTranscript(store, id)].map(({ entry, line }) => {
    expect(entry, `an entry at ${line.offset}: ${line.text.slice(0, 80)}`).toBeDefined()
    return entry as Entry
  })
}

function countUp(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
