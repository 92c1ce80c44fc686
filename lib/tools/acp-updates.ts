/** What an ACP agent says in the course of a turn, as events. */

import { isTable } from '../base/decode.ts'
import { cutText } from '../base/text.ts'
import { cutResult } from './drafts.ts'
import type { PlanItem, ToolEvent } from './event.ts'
import {
  type Fields,
  fieldsIn,
  isAmount,
  listIn,
  rawEvent,
  shownIn,
  sumOf,
  textIn,
  usageEvents,
} from './fields.ts'

/** One turn's updates. Nothing in it throws, whatever the agent sends. */
export interface Updates {
  /** What a `session/update` says. */
  readonly parse: (update: unknown) => readonly ToolEvent[]
  /** The call that a permission request is about, when nothing was said of it before. */
  readonly introduce: (call: unknown) => readonly ToolEvent[]
  /** The user said no to a call. */
  readonly decline: (id: string) => void
  /** The calls that were announced and never began. */
  readonly end: () => readonly ToolEvent[]
  /** Nothing more comes: what calls had put out that never ended. */
  readonly rest: () => readonly ToolEvent[]
}

interface Call {
  readonly id: string
  readonly name: string | undefined
  readonly title: string | undefined
  readonly kind: string | undefined
  /** Until it was told. */
  readonly input: unknown
  /** Of the newest content: the last update need not repeat it. */
  readonly output: string
  readonly state: 'announced' | 'told' | 'ended'
  readonly isDeclined: boolean
}

/** How many calls are remembered: more than any agent makes at once. */
const mostCalls = 256

/** How much of the output of a call that has not ended is remembered, in UTF-16 units. */
const longestOutput: number = 64 * 1024

/**
 * Follows the updates of one session, from the prompt on. `countsAnew`: whether the agent's cost is that
 * of its process, and not, as the protocol has it, that of the session.
 */
export function openUpdates(countsAnew: () => boolean = () => false): Updates {
  const calls = new Map<string, Call>()
  /** What it cost when it was told last, in USD. */
  let paid = 0
  const keep = (call: Call): Call => {
    calls.set(call.id, call)
    for (const oldest of calls.keys()) {
      if (calls.size <= mostCalls) break
      calls.delete(oldest)
    }
    return call
  }
  const tell = (call: Call, update: Fields): ToolEvent[] => {
    if (call.state !== 'announced') return []
    keep({ ...call, input: undefined, state: 'told' })
    return [callEvent(call, update)]
  }

  /** Gemini says nothing more of a call that was declined: it is over when the agent speaks again. */
  const endDeclined = (): ToolEvent[] =>
    [...calls.values()].flatMap((call) => {
      if (!call.isDeclined || call.state === 'ended') return []
      keep({ ...call, input: undefined, output: '', state: 'ended' })
      return [{ type: 'tool_result', id: call.id, status: 'declined' }]
    })

  const followCall = (update: Fields): readonly ToolEvent[] => {
    const call = merge(calls, update)
    if (call === undefined) return [rawEvent(update)]
    if (call.state === 'ended') return []
    keep(call)
    const hasEnded = update.status === 'completed' || update.status === 'failed'
    const hasBegun = hasEnded || update.status === 'in_progress'
    // A call is announced while the model still writes its input, and told when that is there.
    if (!hasBegun && !hasArguments(call.input)) return []
    const events = tell(call, update)
    if (!hasEnded) return events
    keep({ ...call, input: undefined, output: '', state: 'ended' })
    return [...events, resultEvent(call, update)]
  }

  /** How full its context is, which comes with the cost, is no event. */
  const takeCost = (update: Fields): readonly ToolEvent[] => {
    if (!isTable(update.cost)) return []
    const { amount, currency } = update.cost
    if (currency !== 'USD' || !isAmount(amount)) return [rawEvent(update)]
    const isAnew = countsAnew()
    const cost_usd = isAnew ? Math.max(0, amount - paid) : amount
    paid = amount
    return [{ type: 'usage', scope: isAnew ? 'run' : 'thread', tokens: { cost_usd }, raw: update }]
  }

  return {
    parse: (update) => {
      if (!isTable(update)) return [rawEvent({ update })]
      switch (update.sessionUpdate) {
        case 'agent_message_chunk':
          return [...endDeclined(), textEvent('message', update)]
        case 'agent_thought_chunk':
          return [...endDeclined(), textEvent('thought', update)]
        case 'tool_call':
        case 'tool_call_update':
          return followCall(update)
        case 'plan':
          return [planEvent(update)]
        case 'usage_update':
          return takeCost(update)
        // The prompt as the agent echoes it, and long lists of what the agent could do.
        case 'user_message_chunk':
        case 'available_commands_update':
        case 'config_option_update':
          return []
        default:
          return [rawEvent(update)]
      }
    },
    introduce: (update) => {
      if (!isTable(update)) return []
      // Its content is what the user is to judge, not yet what the tool put out.
      const call = merge(calls, { ...update, content: undefined })
      return call === undefined ? [] : tell(call, update)
    },
    decline: (id) => {
      const call = calls.get(id)
      if (call !== undefined) keep({ ...call, isDeclined: true })
    },
    end: () => [...[...calls.values()].flatMap((call) => tell(call, {})), ...endDeclined()],
    rest: () =>
      [...calls.values()].flatMap((call) => {
        if (call.output === '') return []
        const events = [...tell(call, {}), cutResult(call.id, call.output)]
        keep({ ...call, input: undefined, output: '', state: 'ended' })
        return events
      }),
  }
}

/** The call that an update is of, with what the update says; undefined when it names none. */
function merge(calls: ReadonlyMap<string, Call>, update: Fields): Call | undefined {
  const id = textIn(update, 'toolCallId')
  if (id === undefined) return undefined
  const before = calls.get(id)
  const state = before?.state ?? 'announced'
  return {
    id,
    name: textIn(update, 'name') ?? before?.name,
    title: textIn(update, 'title') ?? before?.title,
    kind: textIn(update, 'kind') ?? before?.kind,
    input: state === 'announced' ? (update.rawInput ?? before?.input) : undefined,
    output: cutText(
      (Array.isArray(update.content) ? outputOf(update.content) : (before?.output ?? '')) +
        terminalOutput(update),
      longestOutput,
    ),
    state,
    isDeclined: before?.isDeclined ?? false,
  }
}

/** opencode gives the directory before there is any argument. */
function hasArguments(input: unknown): boolean {
  if (!isTable(input)) return input !== undefined
  return Object.keys(input).some((key) => key !== 'cwd')
}

function callEvent(call: Call, update: Fields): ToolEvent {
  const { id, name, title, kind, input } = call
  const { locations } = update
  const data = {
    ...(title === undefined ? {} : { title }),
    ...(kind === undefined ? {} : { kind }),
    ...(Array.isArray(locations) && locations.length > 0 ? { locations } : {}),
  }
  return {
    type: 'tool_call',
    id,
    // The title of a command is the command itself: what kind of tool it is names it better.
    name: name ?? (kind === 'other' ? undefined : kind) ?? title ?? 'tool',
    ...(input === undefined ? {} : { input }),
    ...(Object.keys(data).length === 0 ? {} : { data }),
  }
}

function resultEvent(call: Call, update: Fields): ToolEvent {
  const content = listIn(update, 'content')
  const rest = content.filter((part) => contentText(part) === undefined)
  const result = fieldsIn(update, 'rawOutput')
  const exit = exitOf(result, update)
  // opencode's has the output and what is known of it; others' is the output.
  const whole =
    'output' in result || 'metadata' in result ? undefined : shownIn(update, 'rawOutput')
  const output = outputOf(content) || call.output || shownIn(result, 'output') || whole
  return {
    type: 'tool_result',
    id: call.id,
    status: update.status === 'completed' && !exit ? 'ok' : call.isDeclined ? 'declined' : 'failed',
    ...(output === undefined || output === '' ? {} : { output }),
    ...(exit === undefined ? {} : { exit_code: exit }),
    ...(rest.length === 0 ? {} : { data: { content: rest } }),
  }
}

/** A command's exit status, in each of the places where an agent has it. */
function exitOf(result: Fields, update: Fields): number | undefined {
  const exits = [
    fieldsIn(result, 'metadata').exit,
    result.exit_code,
    terminalOf(update, 'terminal_exit').exit_code,
  ]
  return exits.find((exit): exit is number => Number.isSafeInteger(exit))
}

/** What codex's agents say of the terminal that a command of theirs runs in. */
function terminalOf(update: Fields, key: string): Fields {
  return fieldsIn(fieldsIn(update, '_meta'), key)
}

function terminalOutput(update: Fields): string {
  const pieces = ['terminal_output', 'terminal_output_delta'].map((key) => terminalOf(update, key))
  return pieces.map((piece) => textIn(piece, 'data') ?? '').join('')
}

function outputOf(content: readonly unknown[]): string {
  return content.map((part) => contentText(part) ?? '').join('')
}

/** The text of a part of a call's content; undefined for a diff, an image and the like. */
function contentText(part: unknown): string | undefined {
  return isTable(part) && part.type === 'content' ? blockText(part.content) : undefined
}

function blockText(block: unknown): string | undefined {
  return isTable(block) && block.type === 'text' ? textIn(block, 'text') : undefined
}

function textEvent(type: 'message' | 'thought', update: Fields): ToolEvent {
  const text = blockText(update.content)
  const block = textIn(update, 'messageId')
  if (text === undefined) return rawEvent(update)
  return { type, text, delta: true, ...(block === undefined ? {} : { block }) }
}

function planEvent(update: Fields): ToolEvent {
  if (!Array.isArray(update.entries)) return rawEvent(update)
  const items = update.entries.flatMap((entry: unknown): PlanItem[] => {
    if (!isTable(entry) || typeof entry.content !== 'string') return []
    const { content: text, status } = entry
    return status === 'pending' || status === 'in_progress' || status === 'completed'
      ? [{ text, status }]
      : []
  })
  return { type: 'plan', items }
}

/** The tokens that the answer to a prompt counts, as `usage` or in the place where gemini has it. */
export function usageOf(answer: unknown): readonly ToolEvent[] {
  if (!isTable(answer)) return []
  if (isTable(answer.usage)) return standardUsage(answer.usage)
  const quota = fieldsIn(fieldsIn(answer, '_meta'), 'quota')
  const { input_tokens: input, output_tokens: output } = fieldsIn(quota, 'token_count')
  return usageEvents('run', { input_tokens: counted(input), output_tokens: counted(output) }, quota)
}

/**
 * The protocol's texts call it both the turn's and the session's. What is there sends less: opencode
 * counts the turn's last request to the model alone, so it is a part of the turn that nothing else counts.
 */
function standardUsage(usage: Fields): readonly ToolEvent[] {
  const { inputTokens, outputTokens, totalTokens: total } = usage
  const [input, output] = [counted(inputTokens), counted(outputTokens)]
  const reasoning = counted(usage.thoughtTokens)
  const cached = counted(usage.cachedReadTokens)
  // Whether they have the cached and the thought tokens in them is not laid down; the total tells.
  const whole = sumOf(input, cached, counted(usage.cachedWriteTokens))
  const fit = [input, whole]
    .flatMap((one) => [output, sumOf(output, reasoning)].map((other) => [one, other]))
    .find((counts) => (sumOf(...counts) ?? 0) === total) ?? [whole, output]
  const counts = {
    input_tokens: input === undefined ? undefined : fit[0],
    cached_input_tokens: cached,
    output_tokens: output === undefined ? undefined : fit[1],
    reasoning_tokens: reasoning,
  }
  return usageEvents('step', counts, usage)
}

function counted(value: unknown): number | undefined {
  return isAmount(value) && Number.isInteger(value) ? value : undefined
}
