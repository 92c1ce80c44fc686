/** What one turn starts: the tool, its command line, and how its output is read. */

import { Failure } from '../errors.ts'
import type { EntryData } from '../journal/entry.ts'
import type { ToolSettings } from '../store/tool-config.ts'
import type { Adapter, TurnRequest } from '../tools/adapter.ts'
import { interactiveWork } from './interactive.ts'
import { lastSaid, primedNotice, primedPrompt } from './prime.ts'
import {
  commandTool,
  forgottenAtTerminal,
  lostIn,
  nextOf,
  type Past,
  speakerOf,
  type Task,
  toolOf,
  usableId,
} from './task.ts'

export interface Work {
  readonly tool: string
  readonly argv: readonly string[]
  /** What `turn_started` says of it beside the tool. */
  readonly record: EntryData
  /** Standard input: this process's own, a text, what is said in a conversation, or none. */
  readonly stdin: 'inherit' | { readonly text: string } | 'conversation' | 'terminal' | undefined
  /** The private file that the tool says things in, and what it begins with. */
  readonly file?: { readonly path: string; readonly text: string } | undefined
  /** The private file that the tool reads the prompt from. */
  readonly promptFile?: { readonly path: string; readonly text: string } | undefined
  /** The id that the tool was told of its provider's session. */
  readonly given?: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly isDropped: (variable: string) => boolean
  /** Absent when the command line is the user's own. */
  readonly request?: TurnRequest
  /** Absent for a plain command, whose output is lines, and where the person has the terminal. */
  readonly adapter?: Adapter | undefined
  /** Whether the tool goes on with, or copies, a session of its provider, and which if that is known. */
  readonly continues?:
    | { readonly act: 'resume' | 'fork'; readonly id: string | undefined }
    | undefined
  /** What a person should know before it starts. */
  readonly notices: readonly string[]
}

/** In bytes: what Linux takes, with the NUL that ends it. */
const longestArgument = 128 * 1024 - 1

const nobodyToAsk = 'there is no terminal to ask at: what the agent asks for is denied'

/** Where the turn is to be. */
export interface Surroundings {
  readonly settings: Readonly<Record<string, ToolSettings>>
  /** Whether there is a standard input to hand on. */
  readonly hasInput: boolean
  /** Whether there is somebody to ask what an agent may do. */
  readonly canAsk: boolean
  /** The session's id. */
  readonly session: string
  /** Where its private files would be. */
  readonly file: string
  readonly promptFile: string
}

/**
 * Plans a turn. Throws TOOL_UNKNOWN, TOOL_CANNOT, PROMPT_TOO_LONG, COMMAND_NEEDED, and
 * PROVIDER_SESSION_LOST when there is no conversation to go on with any more.
 */
export function planWork(task: Task, past: Past | undefined, where: Surroundings): Work {
  const { settings, hasInput } = where
  if (task.kind === 'command') {
    const adapter = task.tool === undefined ? undefined : speakerOf(task.tool, settings)
    const { argv } = task
    // Nothing can be read of what goes to the terminal.
    const isHeard = !task.interactive
    const act = adapter?.continues?.(argv)
    return {
      tool: adapter?.name ?? commandTool,
      argv,
      record: { argv },
      stdin: task.interactive ? 'terminal' : hasInput ? 'inherit' : undefined,
      ...environment(adapter),
      adapter: isHeard ? adapter : undefined,
      continues: act === undefined ? undefined : { act, id: undefined },
      notices: [],
    }
  }
  const adapter = toolOf(task, past, settings)
  const { program = adapter.program, args = [] } = settings[adapter.name] ?? {}
  if (task.kind === 'interactive') {
    const work = interactiveWork(task, adapter, past, { program, args })
    return { ...work, ...environment(adapter) }
  }
  const { request, record, notice } = requestOf(task, adapter, past, {
    args,
    session: where.session,
    file: where.file,
    promptFile: where.promptFile,
  })
  const line = adapter.plan(request)
  if (line === undefined) throw new Failure('TOOL_CANNOT', { tool: adapter.name, act: request.act })
  const own = settings[adapter.name]?.own !== undefined
  if (own && task.kind === 'prompt' && task.mustPermit) {
    throw new Failure('TOOL_CANNOT', { tool: adapter.name, act: 'permit' })
  }
  const bytes = Math.max(...line.args.map((arg) => Buffer.byteLength(arg)))
  if (bytes > longestArgument) {
    throw new Failure('PROMPT_TOO_LONG', { tool: adapter.name, bytes, own })
  }
  const { act, providerSession: id } = request
  // Others do by themselves what they are allowed to.
  const isConversation = line.stdin === 'conversation'
  // The prompt stands beside it.
  const shown = line.args.map((arg) => (arg === request.prompt ? '{prompt}' : arg))
  return {
    tool: adapter.name,
    argv: [line.program ?? program, ...line.args],
    record: {
      argv: [line.program ?? program, ...shown],
      ...record,
      ...(isConversation ? { conversation: true } : {}),
    },
    stdin: line.stdin,
    file: line.file && { path: where.file, ...line.file },
    promptFile: line.promptFile && { path: where.promptFile, text: request.prompt },
    given: line.providerSession,
    request,
    ...environment(adapter),
    adapter,
    continues: id === undefined ? undefined : { act: act === 'fork' ? 'fork' : 'resume', id },
    notices: [
      ...(notice === undefined ? [] : [notice]),
      ...(request.permission === 'ask' && isConversation && !where.canAsk ? [nobodyToAsk] : []),
    ],
  }
}

function requestOf(
  task: Exclude<Task, { kind: 'command' | 'interactive' }>,
  adapter: Adapter,
  past: Past | undefined,
  given: Pick<TurnRequest, 'args' | 'session' | 'file' | 'promptFile'>,
): { request: TurnRequest; record: EntryData; notice?: string } {
  const known = past?.state.tools[adapter.name]
  const id = usableId(known)
  if (task.kind === 'compact') {
    if (id === undefined) {
      const can = adapter.supports.compact
      const { length } = known?.provider_session_history ?? []
      if (can && past !== undefined && length > 0) throw lostIn(past, adapter.name)
      const act = can ? 'compact_nothing' : 'compact'
      throw new Failure('TOOL_CANNOT', { tool: adapter.name, act })
    }
    const request = { act: 'compact', prompt: '', providerSession: id, permission: 'deny' } as const
    return { request: { ...request, ...given }, record: { provider_session_id: id, compact: true } }
  }
  const { prompt, permission } = task
  const fresh = {
    request: { act: 'new', prompt, permission, ...given } as const,
    record: { prompt },
  }
  if (past === undefined) return fresh
  if (adapter.isToldPast) {
    const told = lastSaid(past.dir)
    return { request: { ...fresh.request, act: past.kind, past: told }, record: { prompt } }
  }
  const session = past.state.meta_session_id
  if (past.kind === 'resume') {
    const next = nextOf(adapter, known)
    if (next === 'cannot') throw new Failure('TOOL_CANNOT', { tool: adapter.name, act: 'resume' })
    if (next === 'lost') throw lostIn(past, adapter.name)
    // The turns before never got as far as a conversation: this is where it begins.
    if (next === 'begins') {
      const [notice] = forgottenAtTerminal(past.dir, adapter.name)
      return { ...fresh, ...(notice === undefined ? {} : { notice }) }
    }
  }
  if (id !== undefined && (past.kind === 'resume' || adapter.supports.fork)) {
    const mayFail = past.kind === 'fork' && adapter.isAsked
    const primed = mayFail ? primedPrompt(past.dir, prompt) : undefined
    return {
      request: {
        ...{ act: past.kind, prompt, providerSession: id, permission, ...given },
        ...(primed === undefined ? {} : { primed: { prompt: primed, from: session } }),
      },
      record: { prompt, provider_session_id: id },
    }
  }
  const primed = primedPrompt(past.dir, prompt)
  if (primed === undefined) return fresh
  return {
    request: { ...fresh.request, prompt: primed },
    record: { prompt, primed_from: session },
    notice: primedNotice(adapter.name, session),
  }
}

/** What an agent sets for its own children, and no other agent should take for its own. */
const inherited = /^(?:CLAUDECODE.*|CLAUDE_CODE_(?:ENTRYPOINT|SSE_PORT|SESSION_ID))$/

function environment(adapter: Adapter | undefined): Pick<Work, 'env' | 'isDropped'> {
  return {
    env: adapter?.env ?? {},
    isDropped: (variable) => adapter !== undefined && inherited.test(variable),
  }
}
