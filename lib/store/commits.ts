/** The git commits that were made during a session. */

import { Failure } from '../errors.ts'
import { runProgram } from '../os/program.ts'
import { hasOpenTurn, type State } from '../session/state.ts'

export interface Commit {
  readonly commit: string
  readonly author: string
  readonly committed_at: string
  readonly subject: string
}

/**
 * The commits that HEAD of the session's directory has beyond the one at its creation, made while it
 * lived, newest first. Throws PROGRAM_MISSING without git.
 */
export function listCommits(state: State): Commit[] {
  const { cwd, head_at_creation: head } = state.git
  if (cwd === undefined || state.git.cwd_redacted) return []
  const range = head === undefined ? ['HEAD'] : ['HEAD', `^${head}`]
  const until = hasOpenTurn(state) ? [] : [`--until=${state.turn?.ended_at ?? state.last_accessed}`]
  const format = '--format=%H%x1f%an%x1f%cI%x1f%s%x1e'
  const args = (revisions: string[]) => [
    '-C',
    cwd,
    'log',
    '-z',
    format,
    `--since=${state.created_at}`,
    ...until,
    ...revisions,
    '--',
  ]
  let run = runProgram('git', args(range))
  // The commit at creation may have been rewritten and collected since.
  if (run.status !== 0 && head !== undefined) run = runProgram('git', args(['HEAD']))
  if (run.status === undefined) {
    throw new Failure('PROGRAM_MISSING', { program: 'git' })
  }
  if (run.status !== 0) return []
  return run.stdout
    .split('\x1e')
    .map((record) => record.replace(/^\0/, '').split('\x1f'))
    .filter((fields) => fields.length === 4)
    .map(([commit = '', author = '', committed_at = '', subject = '']) => ({
      commit,
      author,
      committed_at,
      subject,
    }))
}
