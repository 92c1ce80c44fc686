/** Sessions of chosen ids and stories, written as a store would have written them. */

import { mkdirSync, writeFileSync } from 'node:fs'
import type { SessionId } from '../../lib/base/id.ts'
import type { Store } from '../../lib/index.ts'
import { decodeEntry, type Entry, encodeEntry, formatLine } from '../../lib/journal/entry.ts'
import { thisMachine } from '../../lib/os/process.ts'
import { formatState } from '../../lib/session/codec.ts'
import { foldEntry } from '../../lib/session/fold.ts'
import type { State } from '../../lib/session/state.ts'
import { ensureStore } from '../../lib/store/project.ts'

export type Told = [
  type: string,
  data: object,
  options?: { turn?: number; at?: number; text?: string },
]

export interface Story {
  readonly id?: string
  readonly name?: string
  readonly description?: string
  readonly parent?: string
  readonly branch?: string
  readonly cwd?: string
  /** Entries behind entry 0. */
  readonly told?: readonly Told[]
  readonly place?: 'sessions' | 'trash' | 'ephemeral'
}

let made = 0

/** An id that is greater than those before it. */
export function nextId(): SessionId {
  return `01JH4QWERT${String(++made).padStart(16, '0')}` as SessionId
}

/** Writes a session and gives its id and directory. */
export function writeSession(store: Store, story: Story = {}): { id: SessionId; dir: string } {
  ensureStore(store)
  const id = (story.id ?? nextId()) as SessionId
  const dir = `${store.dir}/${story.place ?? 'sessions'}/${id}`
  mkdirSync(`${dir}/locks`, { recursive: true })
  const birth = {
    event: 'created',
    id,
    name: story.name,
    description: story.description,
    project_path: store.projectPath,
    parent_session_id: story.parent,
    depth: story.parent === undefined ? 0 : 1,
    git: { branch: story.branch, cwd: story.cwd },
  }
  const lines = linesOf([['session', birth], ...(story.told ?? [])])
  let state: State | undefined
  for (const line of lines) {
    state = foldEntry(state, decodeEntry(line.slice(0, -1)) as Entry, Buffer.byteLength(line))
  }
  writeFileSync(`${dir}/transcript.jsonl`, lines.join(''))
  writeFileSync(`${dir}/state.toml`, formatState(state as State))
  return { id, dir }
}

/** What the journal has of them, from this number on. */
export function linesOf(told: readonly Told[], from = 0): string[] {
  return told.map(([type, data, options = {}], index) =>
    formatLine(
      from + index,
      encodeEntry({
        type,
        turn: options.turn ?? 0,
        text: options.text ?? null,
        data: { ...data },
        at: options.at ?? Date.UTC(2026, 0, 1) + index,
      }),
    ),
  )
}

/** A turn of this tool that has started; its process is long gone. */
export function started(
  turn: number,
  at: number,
  tool = 'command',
): [string, object, { turn: number; at: number }] {
  const process = { ...thisMachine(), pgid: 999_999_999, start_time: '1' }
  return ['turn_started', { tool, argv: ['x'], cwd: '/', process }, { turn, at }]
}

/** And has ended. */
export function ended(
  turn: number,
  at: number,
  outcome = 'success',
): [string, object, { turn: number; at: number }] {
  return ['turn_ended', { outcome, exit_code: 0, signal: null, summary: null }, { turn, at }]
}
