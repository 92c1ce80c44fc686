/** Who descends from a session. */

import type { SessionId } from '../base/id.ts'
import { sessionDir } from '../layout.ts'
import type { Glance } from '../session/plain.ts'
import { findSnapshot } from '../session/snapshot.ts'
import { listIds } from './list.ts'
import { isSession, type TypedPlace } from './place.ts'
import type { Store } from './store.ts'

/**
 * The sessions that descend from one, parents before their children; or those in the trash, also by way of
 * others that are not. Reads every state.
 */
export function listDescendants(
  store: Store,
  id: SessionId,
  place: TypedPlace = 'sessions',
): SessionId[] {
  const children = new Map<string, SessionId[]>()
  const isChild = ({ parent }: Glance) => parent !== undefined
  for (const where of place === 'trash' ? (['sessions', 'trash'] as const) : [place]) {
    for (const one of listIds(store, where)) {
      const child = findSnapshot(one, sessionDir(store.dir, one, where), isChild)
      const parent = child?.state?.genealogy.parent_session_id
      if (parent === undefined) continue
      const siblings = children.get(parent)
      if (siblings === undefined) children.set(parent, [one])
      else siblings.push(one)
    }
  }
  const found = new Set<SessionId>()
  const rest: SessionId[] = [id]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const child of children.get(next) ?? []) {
      if (child === id || found.has(child)) continue
      found.add(child)
      rest.push(child)
    }
  }
  return place === 'trash' ? [...found].filter((one) => isSession(store, one, place)) : [...found]
}
