/** Sessions beside each other: parents, conversations, directories. */

import type { SessionId } from '../../base/id.ts'
import type { Sighting } from '../check.ts'
import type { Examined } from '../examine.ts'

/** What of a session says something about others. */
interface Member {
  readonly id: SessionId
  readonly parent: string | undefined
  readonly depth: number
}

/** Collects what sessions have to do with each other. */
export class Kinship {
  readonly #members = new Map<string, Member>()
  /** The sessions that go on with a conversation, and those whose turn runs in a directory. */
  readonly #conversations = new Map<string, SessionId[]>()
  readonly #running = new Map<string, SessionId[]>()

  add({ id, snapshot: { state }, liveness }: Examined): void {
    if (state === undefined) return
    const { parent_session_id: parent, depth } = state.genealogy
    this.#members.set(id, { id, parent, depth })
    for (const [tool, { provider_session_id }] of Object.entries(state.tools)) {
      if (provider_session_id !== undefined) {
        put(this.#conversations, `${tool} ${provider_session_id}`, id)
      }
    }
    if (liveness.status === 'running')
      put(this.#running, `${state.turn?.tool} in ${state.git.cwd}`, id)
  }

  /** What is odd, with the session it is said of, where these are in the trash. */
  *sightings(trash: ReadonlySet<string>): Generator<Sighting & { readonly session: SessionId }> {
    for (const { id, parent, depth } of this.#members.values()) {
      if (parent === undefined) continue
      const known = this.#members.get(parent)
      if (known === undefined) {
        const gone = { id: 'tree.parent-gone', session: id } as const
        yield trash.has(parent)
          ? {
              ...gone,
              evidence: `its parent ${parent} is in the trash`,
              fix: `stint trash restore ${parent}`,
            }
          : { ...gone, evidence: `its parent is ${parent}` }
      } else if (depth !== known.depth + 1) {
        const evidence = `it has depth ${depth}, its parent ${parent} has ${known.depth}`
        yield { id: 'tree.depth', session: id, evidence }
      }
    }
    yield* this.#circles()
    for (const [conversation, ids] of this.#conversations) {
      yield* together('provider.shared', ids, `conversation ${conversation}`)
    }
    for (const [place, ids] of this.#running) yield* together('turn.same-cwd', ids, place)
  }

  /** Each circle once, at the session that is its oldest. */
  *#circles(): Generator<Sighting & { readonly session: SessionId }> {
    const done = new Set<string>()
    for (const start of this.#members.values()) {
      const path = new Set<string>()
      let at: Member | undefined = start
      while (at !== undefined && !done.has(at.id) && !path.has(at.id)) {
        path.add(at.id)
        at = at.parent === undefined ? undefined : this.#members.get(at.parent)
      }
      if (at !== undefined && path.has(at.id)) {
        const ids = [...path]
        const circle = ids.slice(ids.indexOf(at.id)).sort()
        const session = circle[0] as SessionId
        yield {
          id: 'tree.cycle',
          session,
          evidence: `${listed(circle)} are each other's ancestors`,
        }
      }
      for (const id of path) done.add(id)
    }
  }
}

function put(map: Map<string, SessionId[]>, key: string, id: SessionId): void {
  const there = map.get(key)
  if (there === undefined) map.set(key, [id])
  else there.push(id)
}

function* together(
  id: Sighting['id'],
  ids: readonly SessionId[],
  what: string,
): Generator<Sighting & { readonly session: SessionId }> {
  const [session, ...others] = ids
  if (session === undefined || others.length === 0) return
  yield { id, session, evidence: `${what}: also ${listed(others)}` }
}

function listed(ids: readonly string[]): string {
  const shown = ids.slice(0, 3).join(', ')
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown
}
