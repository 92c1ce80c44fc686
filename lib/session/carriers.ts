/** A session's processes: those that have its id in their environment. */

import { isSessionId, type SessionId } from '../base/id.ts'
import { session as files, ownFile } from '../layout.ts'
import { type Carrier, listCarriers, openFilesOf } from '../os/carriers.ts'
import { findOwner } from '../os/lock-file.ts'

/** The variable with the turns around a turn, the outermost first: `<id>:<turn>` and spaces between. */
export const outerName = 'STINT_OUTER_TURNS'

/** What a tool's processes carry in it, when its supervisor runs inside of this turn. */
export function formatOuter(around: string | undefined, id: SessionId, turn: number): string {
  return `${around ?? ''} ${id}:${turn}`.trim()
}

/** The processes of all sessions, of whatever store. */
export function listSessionCarriers(): Carrier[] {
  return listCarriers(['STINT_SESSION_ID', 'STINT_STORE', 'STINT_TURN', outerName])
}

/**
 * The processes of a session up to this turn, and those of the sessions that these turns started.
 * Of a turn that has started since they are none.
 */
export function listCarriersWithin(id: SessionId, turn: number): Carrier[] {
  return listSessionCarriers().filter(({ variables }) => {
    const { STINT_SESSION_ID, STINT_TURN, [outerName]: outer = '' } = variables
    return [...outer.split(' '), `${STINT_SESSION_ID}:${STINT_TURN ?? 0}`].some((word) => {
      const [outerId, outerTurn] = word.split(':')
      return outerId === id && !(Number(outerTurn) > turn)
    })
  })
}

/** The session that a process has in its environment. */
export function carriedSession({ variables }: Carrier): SessionId | undefined {
  const id = variables.STINT_SESSION_ID ?? ''
  return isSessionId(id) ? id : undefined
}

/**
 * The session that this process supervises, or undefined. A nested supervisor is no process of the
 * session that it carries, which is the one around it.
 */
export function findSupervised(
  process: Carrier,
): { readonly store: string; readonly id: SessionId } | undefined {
  for (const path of openFilesOf(process)) {
    const file = ownFile(path)
    if (file === undefined || !path.endsWith(files.sessionLock(`/${file.id}`))) continue
    const owner = findOwner(path)
    if (owner?.pid === process.pid && owner.start_time === process.start_time) return file
  }
  return undefined
}
