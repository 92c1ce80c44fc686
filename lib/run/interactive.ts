/** A turn in which the person talks with the tool: what is said there is theirs alone. */

import { Failure } from '../errors.ts'
import type { Adapter } from '../tools/adapter.ts'
import { forgottenAtTerminal, lostIn, type Past, type Task, usableId } from './task.ts'
import type { Work } from './work.ts'

/** Plans it. Throws TOOL_CANNOT, and PROVIDER_SESSION_LOST where there is nothing to go on with. */
export function interactiveWork(
  task: Task & { kind: 'interactive' },
  adapter: Adapter,
  past: Past | undefined,
  { program, args }: { readonly program: string; readonly args: readonly string[] },
): Omit<Work, 'env' | 'isDropped'> {
  const known = past?.kind === 'resume' ? past.state.tools[adapter.name] : undefined
  const resumed = usableId(known)
  const { provider_session_id: recorded, provider_session_history: lost } = known ?? {}
  if (past !== undefined && resumed === undefined && (recorded ?? lost) !== undefined) {
    throw lostIn(past, adapter.name)
  }
  const { prompt } = task
  const fresh = resumed === undefined ? randomId() : undefined
  const request = { act: resumed === undefined ? 'new' : 'resume', prompt, args } as const
  const line = adapter.interact?.({ ...request, id: resumed ?? fresh })
  if (line === undefined) throw new Failure('TOOL_CANNOT', { tool: adapter.name, act: 'interact' })
  const shown = line.args.map((arg) => (arg === prompt ? '{prompt}' : arg))
  return {
    tool: adapter.name,
    argv: [program, ...line.args],
    record: {
      argv: [program, ...shown],
      interactive: true,
      ...(prompt === undefined ? {} : { prompt }),
      ...(resumed === undefined ? {} : { provider_session_id: resumed }),
    },
    stdin: 'terminal',
    given: line.takesId ? fresh : undefined,
    notices:
      past?.kind === 'resume' && fresh !== undefined
        ? forgottenAtTerminal(past.dir, adapter.name)
        : [],
  }
}

/** An id as providers make them. */
function randomId(): string {
  return process.getBuiltinModule('node:crypto').randomUUID()
}
