/** Who descends from a session. */

import type { SessionId } from '../base/id.ts'
import { sessionDir } from '../layout.ts'
import type { Glance } from '../session/plain.ts'
import { findSnapshot } from '../session/snapshot.ts'
import { listIds } from './list.ts'
import type { Store } from './store.ts'

/** The sessions that descend from one, parents before their children. Reads every state. */
export function listDescendants(store: Store, id: SessionId): SessionId[] {
  const children = new Map<string, SessionId[]>()
  for (const one of listIds(store)) {
    const isChild = ({ parent }: Glance) => parent !== undefined
    const child = findSnapshot(one, sessionDir(store.dir, one), isChild)
    const parent = child?.state?.genealogy.parent_session_id
    if (parent === undefined) continue
    const siblings = children.get(parent)
    if (siblings === undefined) children.set(parent, [one])
    else siblings.push(one)
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
  return [...found]
}
