import { listCommits, readSession } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { agoCell } from '../render/session.ts'
import { printTable } from '../render/table.ts'
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
    const columns = [
      { head: 'COMMIT' },
      { head: 'COMMITTED' },
      { head: 'AUTHOR' },
      { head: 'SUBJECT', shrink: true, keep: true },
    ]
    await printTable(context, columns, (style) =>
      commits.map(({ commit, author, committed_at, subject }) => [
        { text: commit.slice(0, 12), paint: style.yellow },
        agoCell(committed_at, context.now(), style),
        author,
        subject,
      ]),
    )
  }
  return 0
}
