import { listCommits, readSession } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { ago } from '../render/amount.ts'
import { styleOf } from '../render/style.ts'
import { table } from '../render/table.ts'
import { resolveFirst } from '../session.ts'

/** Lists the git commits that were made during a session. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const { state, warnings } = readSession(store, id)
  if (state === null) throw warnings[0]
  const commits = listCommits(state)
  if (context.json) context.out.json(commits)
  else if (commits.length === 0) context.out.talk('no commits')
  else {
    const style = styleOf(context.color.stdout)
    context.out.data(
      await table(
        [
          { head: 'COMMIT' },
          { head: 'AGE' },
          { head: 'AUTHOR' },
          { head: 'SUBJECT', shrink: true, keep: true },
        ],
        commits.map(({ commit, author, committed_at, subject }) => [
          { text: commit.slice(0, 12), paint: style.yellow },
          { text: ago(Date.parse(committed_at), context.now()), paint: style.dim },
          author,
          subject,
        ]),
        { width: context.columns, heads: style.dim },
      ),
    )
  }
  return 0
}
