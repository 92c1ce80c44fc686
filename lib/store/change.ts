/** Changes of one entry: they take journal.lock alone, so they work while a turn runs. */

import type { SessionId } from '../base/id.ts'
import { Session } from '../session/session.ts'
import type { State } from '../session/state.ts'
import { accessOf } from './access.ts'
import { checkDescription, checkName } from './create.ts'
import { realSessionDir } from './hold.ts'
import type { Store } from './store.ts'

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

/** Appends an entry of a caller's own to the journal. */
export async function appendEntry(
  store: Store,
  id: SessionId,
  entry: {
    readonly type: string
    readonly text?: string
    readonly data?: Readonly<Record<string, unknown>>
  },
): Promise<number> {
  using session = new Session(id, realSessionDir(store, id), accessOf(store))
  const { seqs } = await session.appendToTurn({
    type: entry.type,
    text: entry.text ?? null,
    data: entry.data ?? {},
    at: store.now(),
  })
  return seqs[0] as number
}

async function setOne(
  store: Store,
  id: SessionId,
  event: string,
  set: Readonly<Record<string, unknown>>,
): Promise<State> {
  using session = new Session(id, realSessionDir(store, id), accessOf(store))
  const { state } = await session.appendToTurn({
    type: 'session',
    text: null,
    data: { event, set },
    at: store.now(),
  })
  return state
}
