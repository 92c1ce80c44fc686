/** OpenAI Codex: `codex exec --json`. */

import type { PrintingAdapter, Stream } from './adapter.ts'
import type { PlanItem, Tokens, ToolEvent, Verdict } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  isLong,
  known,
  listIn,
  messageIn,
  promptWords,
  rawEvent,
  readFields,
  textIn,
} from './fields.ts'

export const codex: PrintingAdapter = {
  name: 'codex',
  program: 'codex',
  supports: { resume: true, fork: true, compact: false },
  plan: ({ act, prompt, providerSession, permission, args }) => {
    // There is no compaction without a terminal: "/compact" would go to the model as text.
    if (act === 'compact') return undefined
    const words = { new: [], resume: ['resume'], fork: ['fork'] }[act]
    const given = isLong(prompt) ? '-' : prompt
    return {
      args: [
        'exec',
        ...(permission === 'allow' ? ['--sandbox', 'workspace-write'] : []),
        ...args,
        ...words,
        '--json',
        '--skip-git-repo-check',
        ...(given === prompt && prompt.startsWith('-') ? ['--'] : []),
        ...(providerSession === undefined ? [] : [providerSession]),
        given,
      ],
      ...(given === prompt ? {} : { stdin: { text: prompt } }),
    }
  },
  interact: ({ act, id, prompt, args }) => ({
    args: [
      ...args,
      ...(act === 'resume' && id !== undefined ? ['resume', id] : []),
      ...promptWords(prompt),
    ],
  }),
  continues: (argv) =>
    argv.includes('resume') ? 'resume' : argv.includes('fork') ? 'fork' : undefined,
  open: () => new CodexStream(),
  isSessionLost: (stderr) => /no rollout found for (?:thread|conversation) id/.test(stderr),
}

class CodexStream implements Stream {
  readonly #announced = new Set<string>()
  #verdict: Verdict | undefined
  #lastError: string | undefined

  parse(line: string): readonly ToolEvent[] | undefined {
    const event = readFields(line)
    if (event === undefined) return undefined
    switch (event.type) {
      case 'thread.started': {
        const id = idIn(event, 'thread_id')
        return id === undefined ? [rawEvent(event)] : [{ type: 'provider_session', id }]
      }
      case 'turn.started':
        return []
      case 'turn.completed':
        this.#verdict = { outcome: 'success' }
        return [usageOf(fieldsIn(event, 'usage'))]
      case 'turn.failed': {
        const text = messageIn(event.error) ?? 'the turn failed'
        this.#verdict = { outcome: 'failure', text }
        // What ended it was said by the line before, as a rule.
        return this.#lastError === text ? [] : [{ type: 'error', text }]
      }
      case 'error':
        this.#lastError = messageIn(event) ?? 'an error'
        return [{ type: 'error', text: this.#lastError }]
      case 'item.started':
      case 'item.updated':
      case 'item.completed':
        return this.#item(event, fieldsIn(event, 'item'))
      default:
        return [rawEvent(event)]
    }
  }

  verdict(): Verdict | undefined {
    return this.#verdict
  }

  #item(event: Fields, item: Fields): readonly ToolEvent[] {
    const isDone = event.type === 'item.completed'
    const text = textIn(item, 'text') ?? ''
    switch (item.type) {
      case 'agent_message':
        return isDone ? [{ type: 'message', text }] : []
      case 'reasoning':
        return isDone ? [{ type: 'thought', text }] : []
      case 'error':
        return [{ type: 'error', text: messageIn(item) ?? 'an error' }]
      case 'todo_list':
      case 'plan':
        return [{ type: 'plan', items: listIn(item, 'items').map(planItem) }]
      case 'command_execution':
      case 'file_change':
      case 'mcp_tool_call':
      case 'collab_tool_call':
      case 'web_search':
        return this.#tool(item, item.type, isDone)
      default:
        return [rawEvent(event)]
    }
  }

  #tool(item: Fields, kind: string, isDone: boolean): readonly ToolEvent[] {
    const id = idIn(item, 'id') ?? ''
    const events: ToolEvent[] = []
    if (!this.#announced.has(id)) {
      this.#announced.add(id)
      events.push({ type: 'tool_call', id, ...callOf(item, kind) })
    }
    if (!isDone) return events
    this.#announced.delete(id)
    const exit = item.exit_code
    events.push({
      type: 'tool_result',
      id,
      status: item.status === 'declined' ? 'declined' : item.status === 'failed' ? 'failed' : 'ok',
      ...known<{ output?: string; exit_code?: number }>({
        output: textIn(item, 'aggregated_output') ?? outputOf(item),
        exit_code: typeof exit === 'number' ? exit : undefined,
      }),
    })
    return events
  }
}

function callOf(item: Fields, kind: string): { name: string; input?: unknown } {
  const input = item.command ?? item.changes ?? item.query ?? item.arguments ?? item.prompt
  const tool = textIn(item, 'tool')
  const server = textIn(item, 'server')
  return {
    name: tool === undefined ? kind : [server, tool].filter(Boolean).join('.'),
    ...(input === undefined ? {} : { input }),
  }
}

/** Of a call to another server: what it answered, or why it did not. */
function outputOf(item: Fields): string | undefined {
  const answer = item.error ?? item.result
  if (answer === undefined || answer === null) return undefined
  return typeof answer === 'string' ? answer : (messageIn(item.error) ?? JSON.stringify(answer))
}

function planItem(value: unknown): PlanItem {
  const item = typeof value === 'object' && value !== null ? (value as Fields) : {}
  const status = item.completed === true ? 'completed' : textIn(item, 'status')
  return {
    text: textIn(item, 'text') ?? textIn(item, 'step') ?? '',
    status: status === 'completed' || status === 'in_progress' ? status : 'pending',
  }
}

/** Totals of the whole thread: a resumed one goes on counting, and a fork begins with its source's. */
function usageOf(usage: Fields): ToolEvent {
  const tokens = known<Tokens>({
    input_tokens: amountIn(usage, 'input_tokens'),
    cached_input_tokens: amountIn(usage, 'cached_input_tokens'),
    output_tokens: amountIn(usage, 'output_tokens'),
    reasoning_tokens: amountIn(usage, 'reasoning_output_tokens'),
  })
  return { type: 'usage', scope: 'thread', tokens, raw: usage }
}
