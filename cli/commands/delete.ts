import { deleteSession, Failure, type Resolved, readSession } from '../../lib/index.ts'
import { flag, type Handler } from '../command.ts'
import { resolve, withDescendants } from '../session.ts'
import { changeEach } from '../several.ts'

/** Moves sessions to the trash. */
export const handler: Handler = async (invocation, context) => {
  const resolved = invocation.positionals.map((ref) => resolve(invocation, context, ref))
  const isTree = flag(invocation, 'tree')
  // Children first: what a crash leaves still hangs together.
  const lists = resolved.map((one) => (isTree ? withDescendants(one).reverse() : [one]))
  if (isTree) for (const one of lists.flat()) refuseLiving(one)
  return changeEach(lists, 'is in the trash', context, ({ store, id }) =>
    deleteSession(store, id, 'deleted by hand'),
  )
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
