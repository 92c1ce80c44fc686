/** What was asked for, and which tool does it. */

import { Failure } from '../errors.ts'
import type { State, ToolState } from '../session/state.ts'
import { findEntries } from '../session/turn.ts'
import { builtInTools, type ToolSettings } from '../store/tool-config.ts'
import { acpAdapter } from '../tools/acp-agent.ts'
import { type Adapter, isProviderId, type Permission } from '../tools/adapter.ts'
import { ownAdapter } from '../tools/own.ts'
import { findAdapter } from '../tools/registry.ts'

/** What was asked for. */
export type Task =
  /** A command; with a tool, whose output is that tool's. */
  | {
      readonly kind: 'command'
      readonly argv: readonly string[]
      readonly tool?: string
      /** It has the terminal. */
      readonly interactive?: boolean
    }
  /** A tool that has the terminal, in which the person talks with it. */
  | {
      readonly kind: 'interactive'
      readonly prompt?: string
      readonly tool?: string
      readonly acp?: readonly string[]
    }
  | {
      readonly kind: 'prompt'
      readonly prompt: string
      /** By default the session's own. */
      readonly tool?: string
      readonly permission: Permission
      /** The permission was asked for with this prompt: a tool that cannot be told it is refused. */
      readonly mustPermit?: boolean
      /** The command of an agent that speaks ACP, for the tool `acp`. */
      readonly acp?: readonly string[]
    }
  /** The tool makes its conversation shorter. */
  | { readonly kind: 'compact' }

/** The session a turn goes on with, or starts from. */
export interface Past {
  readonly kind: 'resume' | 'fork'
  readonly state: State
  readonly dir: string
}

/** The tool of a plain command. */
export const commandTool = 'command'
/** Any agent that speaks ACP, whose command is given each time or was recorded. */
const acpTool = 'acp'

/** Whether a tool is one of those that listTools looks for. */
export function isListed(tool: string): boolean {
  return tool !== commandTool && tool !== acpTool
}

/** The tool of a prompt. Throws COMMAND_NEEDED, TOOL_CANNOT, TOOL_UNKNOWN, and USAGE for an agent without a command. */
export function toolOf(
  task: Exclude<Task, { kind: 'command' }>,
  past: Past | undefined,
  settings: Readonly<Record<string, ToolSettings>>,
): Adapter {
  const asked = task.kind === 'compact' ? undefined : task.tool
  const name = asked ?? past?.state.turn?.tool ?? (past && createdTool(past.dir))
  if (name === undefined || (asked === undefined && name === commandTool)) {
    if (task.kind === 'compact') {
      throw new Failure('TOOL_CANNOT', { tool: commandTool, act: 'compact' })
    }
    const agent = past && lastAgent(past.state)
    throw new Failure('COMMAND_NEEDED', {
      id: past?.state.meta_session_id ?? '',
      ...(agent === undefined ? {} : { agent }),
    })
  }
  const adapter = findTool(name, settings)
  if (adapter !== undefined) return adapter
  const given = task.kind === 'compact' || name !== acpTool ? undefined : task.acp
  const command = given ?? settings[name]?.acp ?? (past && recordedCommand(past.dir, name))
  if (command?.[0]) return acpAdapter(name, command)
  if (name !== acpTool) throw unknownTool(name, settings)
  throw new Failure('USAGE', { problem: 'say how the agent is started: --acp "COMMAND ARGS"' })
}

/** The agent whose turn ended last; timestamps sort as the instants do. */
function lastAgent({ tools }: State): string | undefined {
  const agents = Object.entries(tools).filter(([name]) => name !== commandTool)
  const ended = agents.map(([name, { updated_at }]) => `${updated_at ?? ''} ${name}`)
  return ended.sort().at(-1)?.split(' ')[1]
}

/** The tool whose output a command line of the user's own prints. Throws TOOL_UNKNOWN. */
export function speakerOf(name: string, settings: Readonly<Record<string, ToolSettings>>): Adapter {
  const adapter = findTool(name, settings)
  if (adapter !== undefined) return adapter
  throw new Failure('TOOL_UNKNOWN', {
    tool: name,
    known: [...builtInTools, ...ownNames(settings, 'own')],
  })
}

/** A tool that prints: built in, or described in the config. */
function findTool(
  name: string,
  settings: Readonly<Record<string, ToolSettings>>,
): Adapter | undefined {
  const own = settings[name]?.own
  return own === undefined ? findAdapter(name) : ownAdapter(name, own)
}

function ownNames(
  settings: Readonly<Record<string, ToolSettings>>,
  kind: 'own' | 'acp',
): readonly string[] {
  return Object.keys(settings).filter((name) => settings[name]?.[kind] !== undefined)
}

function unknownTool(tool: string, settings: Readonly<Record<string, ToolSettings>>): Failure {
  const own = [...ownNames(settings, 'own'), ...ownNames(settings, 'acp')]
  return new Failure('TOOL_UNKNOWN', { tool, known: [...builtInTools, acpTool, ...own] })
}

/** The tool that a session was made for, whose first turn never got as far as the journal. */
function createdTool(dir: string): string | undefined {
  for (const { seq, data } of findEntries(dir)) {
    if (seq === 0 && typeof data.tool === 'string') return data.tool
  }
  return undefined
}

/** What to say of a new conversation where the tool had one at the terminal, of which it told no id. */
export function forgottenAtTerminal(dir: string, tool: string): readonly string[] {
  for (const { type, data } of findEntries(dir)) {
    if (type !== 'turn_started' || data.tool !== tool || data.interactive !== true) continue
    return [
      `${tool} starts a new conversation: it told no id of the one that it had at the terminal`,
    ]
  }
  return []
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

/**
 * What a resume does with a session's tool: it goes on with a conversation, begins the first one, or
 * cannot, since the tool has no way to, or the conversation is lost. Then a fork can tell what was said.
 */
export type Next = 'goes_on' | 'begins' | 'cannot' | 'lost'

export function nextOf(adapter: Adapter, known: ToolState | undefined): Next {
  if (adapter.isToldPast) return 'goes_on'
  if (known !== undefined && !adapter.supports.resume) return 'cannot'
  if (usableId(known) !== undefined) return 'goes_on'
  const { provider_session_id: id, provider_session_history: lost } = known ?? {}
  return (id ?? lost?.at(-1)) === undefined ? 'begins' : 'lost'
}

/** The id of the conversation that a tool can be asked to go on with. */
export function usableId(known: ToolState | undefined): string | undefined {
  const id = known?.provider_session_id
  return id !== undefined && isProviderId(id) ? id : undefined
}

/** What is thrown when a session's conversation cannot be gone on with. */
export function lostIn({ state }: Past, tool: string): Failure {
  const { provider_session_id: id, provider_session_history: lost } = state.tools[tool] ?? {}
  return new Failure('PROVIDER_SESSION_LOST', {
    id: state.meta_session_id,
    tool,
    provider_session_id: lost?.at(-1) ?? id ?? '',
  })
}
