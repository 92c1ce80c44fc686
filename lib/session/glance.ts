/**
 * What a state's text says at a glance, in the plain layout that stint writes: enough to pass over
 * most of ten thousand sessions without parsing one. Where it takes a parser to know, nothing is said.
 */

import type { SessionId } from '../base/id.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'

/** Whether the session surely is readable and at rest: its newest turn has ended. */
export function isSurelyAtRest(id: SessionId, dir: string): boolean {
  const text = findWhole(dir)
  return (
    text !== undefined &&
    /\n\[turn\]\n(?:[a-z_]+ = .*\n)*?ended_at = \d/.test(text) &&
    text.startsWith(`format = 1\nmeta_session_id = "${id}"\n`)
  )
}

/** Whether the session surely has no name. */
export function isSurelyUnnamed(dir: string): boolean {
  const text = findWhole(dir)
  return text !== undefined && !/(?:^|\n)["'\s]*name["'\s]*=/.test(text)
}

/** The state's text when it is plain and the journal holds nothing that it does not. */
function findWhole(dir: string): string | undefined {
  try {
    const text = disk.findText(files.state(dir))
    if (text === undefined) return undefined
    const at = text.lastIndexOf('\n[journal]\nfold = 1\nseq = ')
    if (at < 0) return undefined
    const bytes = /\nbytes = (\d+)\n/.exec(text.slice(at))?.[1]
    return disk.findSize(files.transcript(dir)) === Number(bytes) ? text : undefined
  } catch (error) {
    // A link, a directory, no permission: to be looked at in earnest.
    if (disk.errnoOf(error) === undefined) throw error
    return undefined
  }
}
