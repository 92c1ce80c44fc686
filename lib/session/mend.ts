/**
 * Mending a session: a journal without what is no entry, and the state that it folds to.
 *
 * The caller holds session.lock, every tool's lock and journal.lock, so nobody else writes.
 */

import { idTime, type SessionId } from '../base/id.ts'
import { Failure, isFailure } from '../errors.ts'
import { Copy } from '../journal/copy.ts'
import {
  decodeEntry,
  type EncodedEntry,
  type Entry,
  type EntryData,
  formatLine,
  type NewEntry,
} from '../journal/entry.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { dropTemporary, replaceText, sweepLeftovers } from '../os/replace.ts'
import { formatState, keepUnknown, parseState, refuseNewer } from './codec.ts'
import { foldEntry } from './fold.ts'
import { renewJournal } from './renew.ts'
import { publish, unconfirmed } from './rewrite.ts'
import type { Session } from './session.ts'
import type { State } from './state.ts'
import { type Fault, type FaultKind, type Journal, JournalSurvey } from './survey.ts'

export interface Mending {
  /** What became of the session, in words; empty when nothing was wrong. */
  readonly did: readonly string[]
  /** Where the files are that were replaced. */
  readonly kept: readonly string[]
}

/** What the session's store knows. */
export interface MendOptions {
  readonly projectPath: string
  readonly now: number
  /** Keeps a file under another name, and gives that. */
  readonly keep: (path: string) => string
}

/**
 * Mends a session's journal and state; where nothing is wrong, nothing is written.
 *
 * Every entry stays, in its order; from the first that is out of its place on they get new numbers.
 * What is no entry is cut, and what only the state knows is said in entries. The old files are kept
 * under other names first, then a state goes in place that is folded from the first entry on, then the
 * new journal, then its state: a crash in between leaves one journal or the other.
 *
 * Throws FORMAT_NEWER, and what keeps a file from being read or written.
 */
export function mendSession(session: Session, options: MendOptions): Mending {
  const { id, dir } = session
  const path = files.transcript(dir)
  const old = findOld(id, dir)
  const swept = sweepLeftovers(dir, files.replaced) ? ['left-over files are removed'] : []
  if (disk.findFacts(path) === undefined) disk.writeNewFile(path, Buffer.alloc(0))
  const fd = disk.openRead(path)
  try {
    const journal = { fd, path, size: disk.readFacts(fd, path).size }
    const birth = session.encode(birthOf(id, old.state, options.projectPath))
    const found = surveyJournal(id, journal, birth, old.state)
    if (found.faults.has('foreign') && old.state === undefined) {
      const problem = 'its journal is that of another session'
      throw new Failure('SESSION_UNREADABLE', { id, problem })
    }
    const { did, kept } =
      found.faults.size === 0 && !found.isBehindState
        ? mendState(session, journal, old, found, options)
        : mendJournal(session, journal, birth, old, found, options)
    return { did: [...swept, ...did], kept }
  } finally {
    disk.closeFile(fd)
  }
}

function mendState(
  { id, dir }: Session,
  { fd, path }: Journal,
  { text, state }: Old,
  { folded, agrees }: Found,
  { keep }: MendOptions,
): Mending {
  const file = files.state(dir)
  const next = formatState(state === undefined ? folded : keepUnknown(state, folded))
  const isUnsynced = disk.findFacts(files.unsynced(dir)) !== undefined
  if (isUnsynced) renewJournal(id, dir, fd, folded, agrees ? state : undefined)
  const did = isUnsynced ? ['transcript.jsonl is put on the disk by a copy'] : []
  if (next === text) return { did, kept: [] }
  // One that is only older says nothing that the new one does not.
  const kept = text === undefined || agrees ? [] : [keep(file)]
  if (!isUnsynced) disk.syncFile(fd, path)
  if (!replaceText(file, next)) throw unconfirmed(id, true)
  return { did: [...did, 'state.toml is written anew from the transcript'], kept }
}

/** state.toml as it is. */
interface Old {
  readonly text: string | undefined
  /** Undefined where it tells nothing of this session. */
  readonly state: State | undefined
}

function findOld(id: SessionId, dir: string): Old {
  const file = files.state(dir)
  const text = disk.findText(file)
  if (text === undefined) return { text, state: undefined }
  try {
    const state = parseState(text, file)
    refuseNewer(state, file)
    return { text, state: state.meta_session_id === id ? state : undefined }
  } catch (error) {
    if (!isFailure(error, 'STATE_INVALID')) throw error
    return { text, state: undefined }
  }
}

/** What creation would have said, as far as it is known. */
export function birthOf(id: SessionId, state: State | undefined, projectPath: string): NewEntry {
  const { description, name, genealogy, git, created_at } = state ?? {}
  const { parent_session_id, fork_of_session_id, depth = 0 } = genealogy ?? {}
  return {
    type: 'session',
    turn: 0,
    text: null,
    data: {
      event: fork_of_session_id === undefined ? 'created' : 'forked',
      id,
      description,
      name,
      project_path: state?.project_path ?? projectPath,
      parent_session_id,
      depth,
      fork_of: fork_of_session_id,
      git: { ...git },
    },
    at: created_at === undefined ? idTime(id) : Date.parse(created_at),
  }
}

/** What a journal is like. */
export interface Found {
  /** What is wrong with it: how often, and where first. */
  readonly faults: ReadonlyMap<FaultKind, { readonly count: number; readonly first: Fault }>
  readonly folded: State
  /** The state says the same as the entries up to its mark; undefined where none ends there. */
  readonly agrees: boolean | undefined
  /** The state has seen entries that are no longer there. */
  readonly isBehindState: boolean
  /** The reading, at its end. */
  readonly reading: JournalSurvey
}

/** Reads a journal to its end, from the first entry or behind a state, beside the state of its file. */
export function surveyJournal(
  id: SessionId,
  journal: Journal,
  birth: EncodedEntry,
  old: State | undefined,
  from?: State,
): Found {
  const reading = new JournalSurvey(id, journal, birth, from)
  const faults = new Map<FaultKind, { count: number; first: Fault }>()
  let agrees: boolean | undefined
  for (const { fault } of reading.stretches()) {
    if (fault !== undefined) {
      const { count = 0, first = fault } = faults.get(fault.kind) ?? {}
      faults.set(fault.kind, { count: count + 1, first })
    }
    const { state } = reading
    if (old !== undefined && state?.journal.seq === old.journal.seq) agrees ||= says(old, state)
  }
  const folded = reading.state as State
  const isBehindState =
    old !== undefined && (old.journal.seq > reading.last || old.journal.bytes > journal.size)
  return { faults, folded, agrees, isBehindState, reading }
}

/** Whether a state holds what its entries fold to. */
function says(state: State, folded: State): boolean {
  return formatState(keepUnknown(state, folded)) === formatState(state)
}

function mendJournal(
  session: Session,
  journal: Journal,
  birth: EncodedEntry,
  { text, state: old }: Old,
  found: Found,
  { keep, now }: MendOptions,
): Mending {
  const { id, dir } = session
  const kept = [keep(journal.path), ...(text === undefined ? [] : [keep(files.state(dir))])]
  const copy = new Copy(journal.fd, journal.path, `${journal.path}.${process.pid}`)
  try {
    const reading = new JournalSurvey(id, journal, birth)
    let cut = 0
    for (const { start, end, text } of reading.stretches()) {
      if (text !== undefined) copy.replace(start, end, text)
      if (text === '') cut += end - start
    }
    let state = reading.state as State
    const say = (type: string, data: NewEntry['data']) => {
      const turn = state.turn?.number ?? 0
      const encoded = session.encode({ type, turn, text: null, data, at: now })
      const line = formatLine(state.journal.seq + 1, encoded)
      copy.replace(journal.size, journal.size, line)
      const entry = decodeEntry(line.slice(0, -1)) as Entry
      state = foldEntry(state, entry, Buffer.byteLength(line))
    }
    // What the journal tells beyond the state is newer.
    const knows = old !== undefined && old.journal.seq >= reading.last ? old : undefined
    for (const data of conversationsOnlyIn(knows, state)) say('provider_session', data)
    say('session', {
      event: 'repaired',
      ...setOnlyIn(knows, state),
      found: faultsOf(found),
      cut_bytes: cut,
      ...offsetOf(found),
      kept: kept.map(disk.baseOf),
      upkeep: true,
    })
    copy.finish(journal.size)
    const next = old === undefined ? state : keepUnknown(old, state)
    if (!replaceText(files.state(dir), formatState(unmarked(next, old)))) {
      throw unconfirmed(id, false)
    }
    disk.rename(copy.to, journal.path)
    publish(id, dir, formatState(next))
    const did = `transcript.jsonl is written anew, with ${state.journal.seq + 1} entries`
    return { did: [did], kept }
  } catch (error) {
    dropTemporary(copy.to)
    throw error
  } finally {
    copy.close()
  }
}

/** Whoever reads it begins with the first entry. It still says how many entries it has seen. */
function unmarked(state: State, old: State | undefined): State {
  const { seq, bytes } = state.journal
  const seen = Math.max(seq, old?.journal.seq ?? 0)
  return { ...state, journal: { fold: 0, seq: seen, bytes } }
}

/** What a state knows of entries that are gone, as an entry says it. */
function setOnlyIn(old: State | undefined, folded: State): { readonly set?: object } {
  const keys = ['name', 'description', 'pinned', 'phase'] as const
  const set = keys.filter((key) => old?.[key] !== undefined && old[key] !== folded[key])
  return set.length === 0 ? {} : { set: Object.fromEntries(set.map((key) => [key, old?.[key]])) }
}

function* conversationsOnlyIn(old: State | undefined, folded: State): Generator<EntryData> {
  for (const [tool, { provider_session_id }] of Object.entries(old?.tools ?? {})) {
    if (provider_session_id === undefined) continue
    if (folded.tools[tool]?.provider_session_id === provider_session_id) continue
    yield { tool, provider_session_id, upkeep: true }
  }
}

/** How often what was found; `lost` where entries are gone. */
function faultsOf({ faults, isBehindState }: Found): Readonly<Record<string, number>> {
  const counts = Object.fromEntries([...faults].map(([kind, { count }]) => [kind, count]))
  return isBehindState ? { ...counts, lost: 1 } : counts
}

/** Where the first of it stands, in the old file. */
function offsetOf({ faults }: Found): { readonly offset?: number } {
  const offsets = [...faults.values()].map(({ first }) => first.offset)
  return offsets.length === 0 ? {} : { offset: Math.min(...offsets) }
}
