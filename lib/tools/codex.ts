/** OpenAI Codex: `codex exec --json`. */

import { isTable } from '../base/decode.ts'
import { Recent } from '../base/recent.ts'
import type { PrintingAdapter, Stream } from './adapter.ts'
import { cutResult, Drafts } from './drafts.ts'
import type { PlanItem, ToolEvent, Verdict } from './event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  idIn,
  isLong,
  known,
  listIn,
  messageIn,
  partsText,
  promptWords,
  rawEvent,
  readFields,
  shownIn,
  textIn,
  usageEvents,
} from './fields.ts'
import { Repeats } from './repeats.ts'

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
        // `review` would be a command, `--help` an option.
        '--',
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
  #thread: string | undefined
  readonly #announced = new Recent()
  readonly #drafts = new Drafts()
  readonly #repeats = new Repeats()
  /** The items that were completed: what comes of them later is out of order. */
  readonly #done = new Recent()
  #verdict: Verdict | undefined
  #lastError: string | undefined

  parse(line: string): readonly ToolEvent[] | undefined {
    const event = readFields(line)
    if (event === undefined) return undefined
    switch (event.type) {
      case 'thread.started': {
        const id = idIn(event, 'thread_id')
        if (id === undefined) return [rawEvent(event)]
        return [...this.#begin(id), { type: 'provider_session', id }]
      }
      case 'turn.started':
        // Where a script runs it again, what ended the last one is not how this one ends.
        this.#verdict = undefined
        return []
      case 'turn.completed':
        this.#verdict = { outcome: 'success' }
        return usageOf(fieldsIn(event, 'usage'))
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

  rest(): readonly ToolEvent[] {
    return this.#drafts.take()
  }

  /** The items of each run are numbered from 0: of another thread's none was said before. */
  #begin(thread: string): readonly ToolEvent[] {
    if (thread === this.#thread) return []
    this.#thread = thread
    this.#verdict = undefined
    this.#lastError = undefined
    for (const known of [this.#announced, this.#repeats, this.#done]) known.clear()
    return this.#drafts.take()
  }

  #item(event: Fields, item: Fields): readonly ToolEvent[] {
    const isDone = event.type === 'item.completed'
    if (idIn(item, 'id') !== undefined) {
      const key = keyOf(item)
      if (isDone ? this.#repeats.has(event) : this.#done.has(key)) return []
      if (isDone) this.#done.add(key)
    }
    switch (item.type) {
      case 'agent_message':
        return this.#text('message', event, item)
      case 'reasoning':
        return this.#text('thought', event, item)
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

  #text(type: 'message' | 'thought', event: Fields, item: Fields): readonly ToolEvent[] {
    const isDone = event.type === 'item.completed'
    const text = textIn(item, 'text')
    if (text === undefined) return isDone ? [rawEvent(event)] : []
    if (text === '') return []
    const key = keyOf(item)
    if (isDone) this.#drafts.drop(key)
    else this.#drafts.keep(key, { type, text })
    return isDone ? [{ type, text }] : []
  }

  #tool(item: Fields, kind: string, isDone: boolean): readonly ToolEvent[] {
    const id = idIn(item, 'id') ?? ''
    const key = keyOf(item)
    const events: ToolEvent[] = []
    // What is searched for is not known when a search begins.
    if (!isDone && item.query === '') return events
    if (!this.#announced.has(id)) {
      this.#announced.add(id)
      events.push({ type: 'tool_call', id, ...callOf(item, kind) })
    }
    if (!isDone) {
      const output = textIn(item, 'aggregated_output') ?? ''
      if (output !== '') this.#drafts.keep(key, cutResult(id, output))
      return events
    }
    this.#announced.delete(id)
    this.#drafts.drop(key)
    const exit = item.exit_code
    events.push({
      type: 'tool_result',
      id,
      status: statusOf(item),
      ...known<{ output?: string; exit_code?: number }>({
        output: shownIn(item, 'aggregated_output') ?? outputOf(item),
        exit_code: typeof exit === 'number' ? exit : undefined,
      }),
    })
    return events
  }
}

/** Whatever the status says: what ended with another than 0, or with an error, has failed. */
function statusOf({ status, exit_code: exit, error }: Fields): 'ok' | 'failed' | 'declined' {
  if (status === 'declined') return 'declined'
  const hasFailed = (typeof exit === 'number' && exit !== 0) || (error ?? null) !== null
  return status === 'failed' || hasFailed ? 'failed' : 'ok'
}

function keyOf(item: Fields): string {
  return JSON.stringify([item.type, item.id])
}

function callOf(item: Fields, kind: string): { name: string; input?: unknown } {
  const { command, changes, query, arguments: given, prompt, receiver_thread_ids: helpers } = item
  const input = command ?? changes ?? query ?? given ?? prompt ?? helpers
  const tool = textIn(item, 'tool')
  const server = textIn(item, 'server')
  return {
    name: tool === undefined ? kind : [server, tool].filter(Boolean).join('.'),
    ...(input === undefined ? {} : { input }),
  }
}

/** Of a call to another server, or to helpers: what was answered, or why nothing was. */
function outputOf(item: Fields): string | undefined {
  const { error, result, agents_states: helpers } = item
  if (isTable(helpers)) return Object.values(helpers).map(stateOf).join('\n')
  const answer = error ?? result
  if (answer === undefined || answer === null) return undefined
  const parts = listIn(fieldsIn(item, 'result'), 'content')
  if (parts.length > 0) return partsText(parts)
  return typeof answer === 'string' ? answer : (messageIn(error) ?? JSON.stringify(answer))
}

function stateOf(helper: unknown): string {
  const { message, status } = isTable(helper) ? helper : {}
  return shownIn({ said: message ?? status }, 'said') ?? '?'
}

function planItem(value: unknown): PlanItem {
  const item = isTable(value) ? value : {}
  const status = item.completed === true ? 'completed' : textIn(item, 'status')
  return {
    text: textIn(item, 'text') ?? textIn(item, 'step') ?? '',
    status: status === 'completed' || status === 'in_progress' ? status : 'pending',
  }
}

/** Totals of the whole thread: a resumed one goes on counting, and a fork begins with its source's. */
function usageOf(usage: Fields): readonly ToolEvent[] {
  const counts = {
    input_tokens: amountIn(usage, 'input_tokens'),
    cached_input_tokens: amountIn(usage, 'cached_input_tokens'),
    output_tokens: amountIn(usage, 'output_tokens'),
    reasoning_tokens: amountIn(usage, 'reasoning_output_tokens'),
  }
  return usageEvents('thread', counts, usage)
}
