/** What one turn starts: the tool, its command line, and how its output is read. */

import { Failure } from '../errors.ts'
import type { EntryData } from '../journal/entry.ts'
import type { State } from '../session/state.ts'
import { findEntries } from '../session/turn.ts'
import type { ToolSettings } from '../store/config.ts'
import { acpAdapter } from '../tools/acp-agent.ts'
import { type Adapter, isProviderId, type Permission, type TurnRequest } from '../tools/adapter.ts'
import { findAdapter, toolNames } from '../tools/registry.ts'
import { primedPrompt } from './prime.ts'

/** What was asked for. */
export type Task =
  /** A command; with a tool, whose output is that tool's. */
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly tool?: string }
  | {
      readonly kind: 'prompt'
      readonly prompt: string
      /** By default the session's own. */
      readonly tool?: string
      readonly permission: Permission
      /** The command of an agent that speaks ACP, for the tool `acp`. */
      readonly acp?: readonly string[]
    }
  /** The tool makes its conversation shorter. */
  | { readonly kind: 'compact' }

export interface Work {
  readonly tool: string
  readonly argv: readonly string[]
  /** What `turn_started` says of it beside the tool. */
  readonly record: EntryData
  /** Standard input: this process's own, a text, what is said in a conversation, or none. */
  readonly stdin: 'inherit' | { readonly text: string } | 'conversation' | undefined
  readonly env: Readonly<Record<string, string>>
  readonly isDropped: (variable: string) => boolean
  /** Undefined when the command line is the user's own. */
  readonly request: TurnRequest | undefined
  /** Undefined for a plain command, whose output is lines. */
  readonly adapter: Adapter | undefined
  /** Whether the tool goes on with, or copies, a session of its provider, and which if that is known. */
  readonly continues:
    | { readonly act: 'resume' | 'fork'; readonly id: string | undefined }
    | undefined
  /** What a person should know before it starts. */
  readonly notice: string | undefined
}

/** The tool of a plain command. */
const commandTool = 'command'
/** Any agent that speaks ACP, whose command is given each time or was recorded. */
const acpTool = 'acp'

/** The session a turn goes on with, or starts from. */
export interface Past {
  readonly kind: 'resume' | 'fork'
  readonly state: State
  readonly dir: string
}

/**
 * Plans a turn. Throws TOOL_UNKNOWN, TOOL_CANNOT, COMMAND_NEEDED, and PROVIDER_SESSION_LOST when there
 * is no conversation to go on with any more.
 */
export function planWork(
  task: Task,
  past: Past | undefined,
  settings: Readonly<Record<string, ToolSettings>>,
  hasInput: boolean,
): Work {
  if (task.kind === 'command') {
    const adapter = task.tool === undefined ? undefined : speakerOf(task.tool)
    const { argv } = task
    const act = adapter?.continues?.(argv)
    return {
      tool: adapter?.name ?? commandTool,
      argv,
      record: { argv },
      stdin: hasInput ? 'inherit' : undefined,
      request: undefined,
      ...surroundings(adapter),
      adapter,
      continues: act === undefined ? undefined : { act, id: undefined },
      notice: undefined,
    }
  }
  const adapter = toolOf(task, past, settings)
  const { program = adapter.program, args = [] } = settings[adapter.name] ?? {}
  const { request, record, notice } = requestOf(task, adapter, past, args)
  const line = adapter.plan(request)
  if (line === undefined) throw new Failure('TOOL_CANNOT', { tool: adapter.name, act: request.act })
  const { act, providerSession: id } = request
  // The prompt stands beside it.
  const shown = line.args.map((arg) => (arg === request.prompt ? '{prompt}' : arg))
  return {
    tool: adapter.name,
    argv: [program, ...line.args],
    record: { argv: [program, ...shown], ...record },
    stdin: line.stdin,
    request,
    ...surroundings(adapter),
    adapter,
    continues: id === undefined ? undefined : { act: act === 'fork' ? 'fork' : 'resume', id },
    notice,
  }
}

function requestOf(
  task: Exclude<Task, { kind: 'command' }>,
  adapter: Adapter,
  past: Past | undefined,
  args: readonly string[],
): { request: TurnRequest; record: EntryData; notice?: string } {
  const known = past?.state.tools[adapter.name]
  const given = known?.provider_session_id
  const id = given !== undefined && isProviderId(given) ? given : undefined
  if (task.kind === 'compact') {
    if (id === undefined) throw new Failure('TOOL_CANNOT', { tool: adapter.name, act: 'compact' })
    const request = { act: 'compact', prompt: '', providerSession: id, permission: 'deny', args }
    return { request: request as TurnRequest, record: { provider_session_id: id, compact: true } }
  }
  const { prompt, permission } = task
  const fresh = { request: { act: 'new', prompt, permission, args } as const, record: { prompt } }
  if (past === undefined) return fresh
  const can = past.kind === 'resume' ? adapter.supports.resume : adapter.supports.fork
  if (id !== undefined && can) {
    const request = { act: past.kind, prompt, providerSession: id, permission, args } as const
    return { request, record: { prompt, provider_session_id: id } }
  }
  const session = past.state.meta_session_id
  const lost = known?.provider_session_history?.at(-1) ?? given
  if (past.kind === 'resume' && (id ?? lost) !== undefined) {
    if (!can) throw new Failure('TOOL_CANNOT', { tool: adapter.name, act: 'resume' })
    throw new Failure('PROVIDER_SESSION_LOST', {
      id: session,
      tool: adapter.name,
      provider_session_id: lost ?? id ?? '',
    })
  }
  // The turns before never got as far as a conversation: this is where it begins.
  if (past.kind === 'resume') return fresh
  const primed = primedPrompt(past.dir, prompt)
  if (primed === undefined) return fresh
  return {
    request: { ...fresh.request, prompt: primed },
    record: { prompt, primed_from: session },
    notice: `${adapter.name} starts a new conversation, told of the last turns of ${session}`,
  }
}

function toolOf(
  task: Exclude<Task, { kind: 'command' }>,
  past: Past | undefined,
  settings: Readonly<Record<string, ToolSettings>>,
): Adapter {
  const asked = task.kind === 'prompt' ? task.tool : undefined
  const name = asked ?? past?.state.turn?.tool ?? (past && createdTool(past.dir))
  if (name === undefined || (asked === undefined && name === commandTool)) {
    throw new Failure('COMMAND_NEEDED', { id: past?.state.meta_session_id ?? '' })
  }
  const adapter = findAdapter(name)
  if (adapter !== undefined) return adapter
  const given = task.kind === 'prompt' && name === acpTool ? task.acp : undefined
  const command = given ?? settings[name]?.acp ?? (past && recordedCommand(past.dir, name))
  if (command !== undefined) return acpAdapter(name, command)
  if (name !== acpTool) throw unknownTool(name, settings)
  throw new Failure('USAGE', { problem: 'say how the agent is started: --acp "COMMAND ARGS"' })
}

/** The tool whose output a command line of the user's own prints. */
function speakerOf(name: string): Adapter {
  const adapter = findAdapter(name)
  if (adapter === undefined) throw unknownTool(name, {})
  return adapter
}

function unknownTool(tool: string, settings: Readonly<Record<string, ToolSettings>>): Failure {
  const own = Object.keys(settings).filter((name) => settings[name]?.acp !== undefined)
  return new Failure('TOOL_UNKNOWN', { tool, known: [...toolNames, acpTool, ...own] })
}

/** The tool that a session was made for, whose first turn never got as far as the journal. */
function createdTool(dir: string): string | undefined {
  for (const { seq, data } of findEntries(dir)) {
    if (seq === 0 && typeof data.tool === 'string') return data.tool
  }
  return undefined
}

/** How an agent was started before; nothing when a part of that was taken out as a secret. */
function recordedCommand(dir: string, tool: string): readonly string[] | undefined {
  for (const { type, data } of findEntries(dir)) {
    if (type !== 'turn_started' || data.tool !== tool) continue
    const { argv } = data
    const isWhole =
      Array.isArray(argv) &&
      argv.length > 0 &&
      argv.every((word) => typeof word === 'string' && !word.includes('[REDACTED:'))
    return isWhole ? argv : undefined
  }
  return undefined
}

/** What an agent sets for its own children, and no other agent should take for its own. */
const inherited = /^(?:CLAUDECODE.*|CLAUDE_CODE_(?:ENTRYPOINT|SSE_PORT|SESSION_ID))$/

function surroundings(adapter: Adapter | undefined): Pick<Work, 'env' | 'isDropped'> {
  return {
    env: adapter?.env ?? {},
    isDropped: (variable) => adapter !== undefined && inherited.test(variable),
  }
}
