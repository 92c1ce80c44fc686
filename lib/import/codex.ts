/** Codex: `sessions/YYYY/MM/DD/rollout-*.jsonl`, where most is said twice. */

import { isTable } from '../base/decode.ts'
import type { Tokens, ToolEvent } from '../tools/event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  known,
  listIn,
  messageIn,
  rawEvent,
  readFields,
  textIn,
} from '../tools/fields.ts'
import { type About, type Format, instantOf, type Said, unread } from './format.ts'
import { namesIn, realDir, type Source } from './source.ts'

export const codexFormat: Format = {
  tool: 'codex',
  *list({ env, home, onTrouble }) {
    const root = realDir(`${env.CODEX_HOME || `${home}/.codex`}/sessions`)
    for (const year of namesIn(root, /^\d{4}$/, 'directory', onTrouble)) {
      for (const month of namesIn(`${root}/${year}`, /^\d\d$/, 'directory', onTrouble)) {
        for (const day of namesIn(`${root}/${year}/${month}`, /^\d\d$/, 'directory', onTrouble)) {
          const dir = `${root}/${year}/${month}/${day}`
          for (const name of namesIn(dir, /^rollout-.*\.jsonl$/, 'file', onTrouble))
            yield `${dir}/${name}`
        }
      }
    }
  },
  *read(source: Source) {
    const rollout = new Rollout()
    for (const record of source.records()) {
      if (record.kind === 'fields') yield* rollout.take(record.fields)
      else yield unread(record)
    }
  },
}

/** Events that tell what a response item tells, or how far something is. */
const repeated =
  /^(?:agent_message|agent_reasoning|.*_(?:begin|end|delta|update|updated|diff)|turn_diff|item_(?:started|updated|completed)|.*_section_break|background_event)$/

class Rollout {
  #isKnown = false
  /** The prompt of a turn in which nothing was done yet. */
  #prompt: string | undefined
  /** A task is under way: what the user says now belongs to it. */
  #isBusy = false
  /** Older files do not say where a task begins: there each prompt is a turn. */
  #hasTasks = false
  #error: string | undefined
  #total = ''
  /** The file has records of use, which say more than its counts. */
  #hasUsage = false

  #end(outcome: 'success' | 'failure' | 'interrupted', at: number | undefined): Said {
    this.#isBusy = false
    this.#prompt = undefined
    return { kind: 'end', at, outcome }
  }

  *take(record: Fields): Generator<Said> {
    const at = instantOf(record.timestamp)
    const payload = fieldsIn(record, 'payload')
    const said = (event: ToolEvent): Said => {
      if (event.type !== 'usage') this.#prompt = undefined
      return { kind: 'event', at, event }
    }
    switch (record.type) {
      case 'session_meta':
        // A fork's file has those of its sources, too.
        if (!this.#isKnown) yield { kind: 'about', facts: aboutOf(payload, at) }
        this.#isKnown = true
        return
      case 'response_item': {
        if (payload.type === 'message' && payload.role === 'user') {
          const text = textOf(payload.content)
          if (!isContext(text)) yield* this.#user(text, at)
          return
        }
        const event = eventOf(payload)
        if (event === undefined) yield { kind: 'left_out', what: String(payload.type) }
        else yield said(event)
        return
      }
      case 'event_msg':
        yield* this.#event(payload, at, said)
        return
      case 'compacted':
        yield said({ type: 'compacted' })
        return
      case 'token_usage_record': {
        this.#hasUsage = true
        yield* this.#usage(fieldsIn(payload, 'thread_token_usage'), payload, at)
        return
      }
      case 'turn_context':
      case 'world_state':
        yield { kind: 'left_out', what: record.type }
        return
      default:
        yield said(rawEvent(record))
    }
  }

  *#event(
    payload: Fields,
    at: number | undefined,
    said: (event: ToolEvent) => Said,
  ): Generator<Said> {
    switch (payload.type) {
      case 'user_message':
        yield* this.#user(textIn(payload, 'message') ?? '', at)
        return
      case 'task_started':
      case 'turn_started':
        this.#hasTasks = true
        this.#isBusy = false
        this.#error = undefined
        return
      case 'task_complete':
      case 'turn_complete': {
        const hasFailed = this.#error !== undefined && !textIn(payload, 'last_agent_message')
        yield this.#end(hasFailed ? 'failure' : 'success', at)
        return
      }
      case 'turn_aborted':
        yield this.#end('interrupted', at)
        return
      case 'token_count':
        if (this.#hasUsage) return
        yield* this.#usage(fieldsIn(fieldsIn(payload, 'info'), 'total_token_usage'), undefined, at)
        return
      case 'error':
        this.#error = messageIn(payload) ?? 'an error'
        yield said({ type: 'error', text: this.#error })
        return
      case 'context_compacted':
        // The record of its own says so.
        return
      default: {
        const kind = textIn(payload, 'type') ?? '?'
        if (repeated.test(kind)) yield { kind: 'left_out', what: kind }
        else yield said(rawEvent(payload))
      }
    }
  }

  /** What the user said comes as an item and as an event; and in a task that runs, it is no prompt. */
  *#user(text: string, at: number | undefined): Generator<Said> {
    if (text === '') return
    const before = this.#prompt
    if (before !== undefined && (before.includes(text) || text.includes(before))) return
    this.#prompt = text
    if (this.#isBusy) {
      yield { kind: 'event', at, event: { type: 'message', role: 'user', text } }
    } else {
      this.#isBusy = this.#hasTasks
      yield { kind: 'prompt', at, text }
    }
  }

  *#usage(total: Fields, raw: Fields | undefined, at: number | undefined): Generator<Said> {
    const tokens = known<Tokens>({
      input_tokens: amountIn(total, 'input_tokens'),
      cached_input_tokens: amountIn(total, 'cached_input_tokens'),
      output_tokens: amountIn(total, 'output_tokens'),
      reasoning_tokens: amountIn(total, 'reasoning_output_tokens'),
    })
    // Totals are repeated whenever a limit is looked at.
    const text = JSON.stringify(tokens)
    if (text === '{}' || text === this.#total) return
    this.#total = text
    yield {
      kind: 'event',
      at,
      event: { type: 'usage', scope: 'thread', tokens, raw: raw ?? total },
    }
  }
}

function aboutOf(payload: Fields, at: number | undefined): About {
  const git = fieldsIn(payload, 'git')
  return known<About>({
    id: textIn(payload, 'id'),
    cwd: textIn(payload, 'cwd'),
    at: instantOf(payload.timestamp) ?? at,
    branch: textIn(git, 'branch'),
    head: textIn(git, 'commit_hash'),
    isFork: textIn(payload, 'forked_from_id') === undefined ? undefined : true,
  })
}

/** Undefined for what only the model reads. */
function eventOf(item: Fields): ToolEvent | undefined {
  const id = textIn(item, 'call_id') ?? textIn(item, 'id') ?? ''
  switch (item.type) {
    case 'message':
      return item.role === 'assistant' ? { type: 'message', text: textOf(item.content) } : undefined
    case 'reasoning': {
      const text = [...listIn(item, 'summary'), ...listIn(item, 'content')]
      return { type: 'thought', text: textOf(text) }
    }
    case 'function_call': {
      const text = textIn(item, 'arguments') ?? ''
      return { type: 'tool_call', id, name: nameOf(item), input: readFields(text) ?? text }
    }
    case 'custom_tool_call':
      return { type: 'tool_call', id, name: nameOf(item), input: item.input }
    case 'local_shell_call':
    case 'web_search_call':
      return { type: 'tool_call', id, name: item.type, input: item.action }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return resultOf(id, item.output)
    case 'ghost_snapshot':
    case 'compaction':
      return undefined
    default:
      return rawEvent(item)
  }
}

function nameOf(item: Fields): string {
  return textIn(item, 'name') ?? '?'
}

/** What a call gave: a text, in which older versions wrapped JSON, or parts. */
function resultOf(id: string, output: unknown): ToolEvent {
  const table = isTable(output) ? output : readFields(typeof output === 'string' ? output : '')
  const metadata = fieldsIn(table ?? {}, 'metadata')
  const code = metadata.exit_code
  const isFailed = table?.success === false || (typeof code === 'number' && code !== 0)
  const text =
    table === undefined
      ? textOf(output)
      : (textIn(table, 'output') ?? textIn(table, 'content') ?? JSON.stringify(table))
  return {
    type: 'tool_result',
    id,
    status: isFailed ? 'failed' : 'ok',
    output: text,
    ...(typeof code === 'number' ? { exit_code: code } : {}),
  }
}

/** The texts of parts, whatever their kind. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part) =>
      isTable(part) ? (textIn(part, 'text') ?? `[${textIn(part, 'type') ?? '?'}]`) : '',
    )
    .filter((text) => text !== '')
    .join('\n')
}

/** What the program itself tells the model in the user's name. */
function isContext(text: string): boolean {
  return /^\s*(?:<(?:environment_context|user_instructions|turn_aborted|permissions|skill|subagent_notification|user_shell_command)\b|# AGENTS\.md instructions)/.test(
    text,
  )
}
