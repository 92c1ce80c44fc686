import {
  deleteSession,
  Failure,
  listDescendants,
  type Resolved,
  readSession,
} from '../../lib/index.ts'
import { flag, type Handler } from '../command.ts'
import { resolve } from '../session.ts'

/** Moves sessions to the trash. */
export const handler: Handler = async (invocation, context) => {
  const resolved = invocation.positionals.map((ref) => resolve(invocation, context, ref))
  const meant = flag(invocation, 'tree') ? resolved.flatMap(withDescendants) : resolved
  const sessions = new Map<string, Resolved>(meant.map((one) => [one.id, one]))
  if (flag(invocation, 'tree')) for (const one of sessions.values()) refuseLiving(one)
  const deleted: string[] = []
  for (const { store, id } of sessions.values()) {
    await deleteSession(store, id, 'deleted by hand')
    deleted.push(id)
    if (!context.json) context.out.talk(`session ${id} is in the trash`)
  }
  if (context.json) context.out.json(deleted.map((id) => ({ id })))
  return 0
}

/** Children first: what a crash leaves still hangs together. */
function withDescendants({ store, id }: Resolved): Resolved[] {
  return [id, ...listDescendants(store, id)].reverse().map((id) => ({ store, id }))
}

/** Before any of a tree is moved; each is looked at again, under its locks, when it goes. */
function refuseLiving({ store, id }: Resolved): void {
  const { liveness, locks } = readSession(store, id)
  const { status, why, holder } = liveness
  if (status === 'running' || status === 'busy') {
    throw new Failure('SESSION_LOCKED', { id, ...(holder === undefined ? {} : { holder }) })
  }
  if (status === 'orphaned') throw new Failure('SESSION_ORPHANED', { id, why })
  if (status === 'unknown') throw new Failure('LIVENESS_UNKNOWN', { id, why })
  const tool = locks.find(
    ({ name, held }) => held && name !== 'session' && name !== 'journal',
  )?.name
  if (status === 'leaked' && tool !== undefined) throw new Failure('SESSION_LEAKED', { id, tool })
}
