/** Changes of one entry: they take journal.lock alone, so they work while a turn runs. */

import { isTable } from '../base/decode.ts'
import { nameOf, type SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import type { EntryData } from '../journal/entry.ts'
import { Session } from '../session/session.ts'
import { type State, usageKeys } from '../session/state.ts'
import { accessOf } from './access.ts'
import { checkDescription, checkName } from './create.ts'
import { dirOf } from './hold.ts'
import { noteName } from './names.ts'
import type { Store } from './store.ts'

/** What a caller has to say in a transcript. */
export interface OwnEntry {
  readonly type: string
  readonly text?: string | null
  readonly data?: EntryData
}

/** Gives a session another name or description. Throws NAME_INVALID, DESCRIPTION_INVALID. */
export async function renameSession(
  store: Store,
  id: SessionId,
  to: { readonly name?: string; readonly description?: string },
): Promise<State> {
  checkName(to.name)
  checkDescription(to.description)
  return setOne(store, id, 'renamed', to)
}

/** Keeps retention away from a session, or lets it come again. */
export async function pinSession(store: Store, id: SessionId, pinned: boolean): Promise<State> {
  return setOne(store, id, pinned ? 'pinned' : 'unpinned', { pinned })
}

/**
 * Appends an entry of a caller's own to the journal, and gives its number. Throws ENTRY_INVALID for what
 * would be read back as something else, or is not a caller's to say: that a turn starts or ends, which
 * takes session.lock, and that it is to be killed.
 */
export async function appendEntry(store: Store, id: SessionId, entry: OwnEntry): Promise<number> {
  const { type, text = null, data } = checkEntry(entry)
  const { seqs } = await append(store, id, { type, text, data })
  return seqs[0] as number
}

/** A copy that nobody can change any more. Throws ENTRY_INVALID. */
function checkEntry({ type, text, data = {} }: OwnEntry): OwnEntry & { readonly data: EntryData } {
  const refused = (problem: string, options?: ErrorOptions) =>
    new Failure('ENTRY_INVALID', { type: nameOf(type), problem }, options)
  if (typeof type !== 'string' || !/^[\w.:-]{1,64}$/.test(type)) {
    throw refused('a type has 1 to 64 of A-Z a-z 0-9 . _ : -')
  }
  if (type === 'turn_started' || type === 'turn_ended')
    throw refused('only a turn says that of itself')
  if (typeof text !== 'string' && (text ?? null) !== null) throw refused('its text is no text')
  let plain: unknown
  try {
    plain = JSON.parse(JSON.stringify(data))
  } catch (cause) {
    throw refused('its data cannot be written as JSON', { cause })
  }
  if (!isTable(plain)) throw refused('its data are no object')
  if (type === 'session' && plain.event === 'kill_requested')
    throw refused('only a kill asks for that')
  for (const key of type === 'usage' ? usageKeys : []) {
    if (Number(plain[key]) < 0) throw refused(`${key} is negative`)
  }
  if (type === 'session' && isTable(plain.set)) {
    const { name, description, phase, project_path, cwd } = plain.set
    if (phase !== undefined && !phases.includes(phase)) throw refused('its phase is none')
    for (const dir of [project_path, cwd]) {
      if (typeof dir === 'string' && !dir.startsWith('/')) throw refused('its path is not absolute')
    }
    try {
      checkName(name as string | undefined)
      checkDescription(description as string | undefined)
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause
      throw refused(cause.message, { cause })
    }
  }
  return { type, ...(text === undefined ? {} : { text }), data: plain }
}

/** What a session can be between its turns. */
const phases: readonly unknown[] = ['active', 'available', 'retired']

async function setOne(
  store: Store,
  id: SessionId,
  event: string,
  set: Readonly<Record<string, unknown>>,
): Promise<State> {
  const { state } = await append(store, id, { type: 'session', text: null, data: { event, set } })
  return state
}

async function append(
  store: Store,
  id: SessionId,
  entry: Required<OwnEntry>,
): ReturnType<Session['appendToTurn']> {
  using session = new Session(id, dirOf(store, id), accessOf(store))
  const { set } = entry.data
  if (isTable(set)) noteName(store, set.name)
  return await session.appendToTurn({ ...entry, at: store.now() })
}
