import {
  Failure,
  isFailure,
  listStoresUnder,
  moveProject,
  openStore,
  type Relocation,
  type Store,
  shellWord,
} from '../../lib/index.ts'
import { misused } from '../argv.ts'
import type { Handler } from '../command.ts'
import type { Context } from '../context.ts'
import { firstOf } from '../fail.ts'
import { openProgress } from '../progress.ts'
import { amount } from '../render/amount.ts'
import { visibleLine } from '../render/visible.ts'
import { homeOf } from '../session.ts'

/** Brings the sessions of a project that was moved along, and of those that are in it. */
export const handler: Handler = async (invocation, context) => {
  const [, old = '', now = ''] = invocation.positionals
  const { env, cwd } = context
  const at = (project: string) =>
    openStore({ env, home: homeOf(context), cwd, now: context.now, project })
  const [before, after] = [at(old), at(now)]
  if (before.dir === after.dir) {
    throw misused(invocation.verb, `OLD and NEW are both ${after.projectPath}`)
  }
  // Where NEW is inside of OLD, those there are in their place.
  const inPlace = new Set(
    `${after.projectPath}/`.startsWith(`${before.projectPath}/`)
      ? listStoresUnder(after, after.projectPath).map(({ dir }) => dir)
      : [],
  )
  const stores = listStoresUnder(before, before.projectPath).filter(({ dir }) => !inPlace.has(dir))
  if (stores.length === 0) {
    throw new Failure('PROJECT_UNKNOWN', { path: before.projectPath, problem: 'has no sessions' })
  }
  const done = await moveAll(
    stores,
    (store) => at(after.projectPath + store.projectPath.slice(before.projectPath.length)),
    context,
  )
  if (context.json) context.out.json(done.map(toJson))
  for (const { from, failure } of done) {
    if (failure !== null) context.out.warn(`not all of ${from} was moved: ${failure.message}`)
  }
  for (const { from, to, moved, left } of context.json ? [] : done) {
    for (const { id, place, failure } of left) {
      const why = isFailure(failure, 'TRASH_OCCUPIED')
        ? `${to} has it too; the one that stays goes with \`${removals[place]} ${id} --project ${shellWord(from)}\``
        : failure.message
      context.out.warn(`session ${id} stays with ${from}: ${why}`)
    }
    context.out.talk(`${amount(moved.length, 'session')} of ${from} moved to ${to}`)
  }
  context.signal.throwIfAborted()
  const failed = done.find(({ failure }) => failure !== null)?.failure
  return failed?.status ?? (done.every(({ left }) => left.length === 0) ? 0 : 5)
}

/** Throws what keeps anything from being moved; after that it is what became of that store. */
async function moveAll(
  stores: readonly Store[],
  newOf: (store: Store) => Store,
  context: Context,
): Promise<Move[]> {
  using progress = openProgress(context)
  const done: Move[] = []
  for (const store of stores) {
    const to = newOf(store)
    const nothing = { from: store.projectPath, to: to.projectPath, moved: [], left: [] }
    let move: Move = { ...nothing, failure: null }
    const onMoved = (by: Relocation) => {
      move = { ...by, failure: null }
      progress.say(() => `${amount(by.moved.length, 'session')} of ${visibleLine(by.from)} moved`)
    }
    try {
      await moveProject(store, to, { signal: context.signal, onMoved })
    } catch (error) {
      const failure = firstOf(error)
      const isBegun = [...done, move].some(({ moved, left }) => moved.length + left.length > 0)
      if (!(failure instanceof Failure && isBegun)) throw error
      move = { ...move, failure }
    }
    done.push(move)
  }
  return done
}

/** What became of one store's sessions, and why of no more. */
type Move = Relocation & { readonly failure: Failure | null }

/** What takes away the one that stays. */
const removals = { sessions: 'stint delete', trash: 'stint trash empty' } as const

function toJson({ left, failure, ...rest }: Move): object {
  return {
    ...rest,
    failure: failure === null ? null : { code: failure.code, message: failure.message },
    left: left.map(({ id, failure }) => ({ id, code: failure.code, why: failure.message })),
  }
}
