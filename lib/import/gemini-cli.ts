/** Gemini CLI: `tmp/<project>/chats/session-*.jsonl`, a log of messages and of changes to them. */

import { isTable } from '../base/decode.ts'
import type { ToolEvent } from '../tools/event.ts'
import {
  amountIn,
  type Fields,
  fieldsIn,
  known,
  listIn,
  rawEvent,
  sumOf,
  textIn,
  usageEvents,
} from '../tools/fields.ts'
import { type About, type Format, instantOf, type Said, unread } from './format.ts'
import { findText, namesIn, type Place, realDir, type Source } from './source.ts'

export const geminiFormat: Format = {
  tool: 'gemini-cli',
  *list({ env, home, onTrouble }) {
    const root = realDir(`${env.GEMINI_CLI_HOME || home}/.gemini/tmp`)
    for (const project of namesIn(root, /^[^.]/, 'directory', onTrouble)) {
      const dir = `${root}/${project}`
      if (namesIn(dir, /^chats$/, 'directory', onTrouble).length === 0) continue
      for (const name of namesIn(`${dir}/chats`, /^session-.*\.jsonl$/, 'file', onTrouble)) {
        yield `${dir}/chats/${name}`
      }
    }
  },
  *read(source: Source) {
    const { about, messages, others } = collect(source)
    yield* about
    for (const { line, fields } of messages) {
      const told = line === undefined ? undefined : source.fieldsAt(line)
      const message = fields === undefined ? told : { ...told, ...fields, ...timeOf(told) }
      if (message !== undefined) yield* saidIn(message)
    }
    yield* others
  },
}

interface Message {
  /** Its own, the newest there is. */
  readonly line: Place | undefined
  /** What it became when the whole conversation was put anew, as each resume does: not its time, nor its tokens. */
  readonly fields?: Fields
}

function timeOf(told: Fields | undefined): { timestamp?: unknown } {
  return known({ timestamp: told?.timestamp })
}

/** Which messages there are in the end, in the order of their first appearance. */
function collect(source: Source): {
  about: readonly Said[]
  messages: Iterable<Message>
  others: readonly Said[]
} {
  const slug = source.path.replace(/\/chats\/[^/]*$/, '')
  const cwd = findText(`${slug}/.project_root`)?.trim()
  const about: Said[] = cwd ? [{ kind: 'about', facts: { cwd } }] : []
  const others: Said[] = []
  const leftOut = new Map<string, number>()
  const leaveOut = (what: string) => leftOut.set(what, (leftOut.get(what) ?? 0) + 1)
  const messages = new Messages()
  const lines = new Map<string, Place>()
  const meta = (fields: Fields) => {
    const id = textIn(fields, 'sessionId')
    const at = instantOf(fields.startTime)
    const cwdHash = textIn(fields, 'projectHash')
    if (about.length < 8) about.push({ kind: 'about', facts: known<About>({ id, at, cwdHash }) })
  }
  for (const record of source.records()) {
    if (record.kind === 'broken') leaveOut('broken line')
    if (record.kind === 'long') others.push(unread(record))
    if (record.kind !== 'fields') continue
    const { fields, place } = record
    const id = textIn(fields, 'id')
    const back = textIn(fields, '$rewindTo')
    if (id !== undefined && 'type' in fields) {
      lines.set(id, place)
      messages.set(id, { line: place })
    } else if (back !== undefined) messages.rewind(back)
    else if (isTable(fields.$set)) {
      const set = fields.$set
      meta(set)
      // It puts a whole conversation in place of what was there.
      if (Array.isArray(set.messages)) {
        messages.clear()
        for (const one of set.messages.filter(isTable)) {
          const id = textIn(one, 'id')
          messages.set(id, { line: id === undefined ? undefined : lines.get(id), fields: one })
        }
      }
    } else if ('sessionId' in fields) meta(fields)
    else leaveOut('unknown record')
  }
  for (const [what, count] of leftOut) others.push({ kind: 'left_out', what, count })
  return { about, messages: messages.values(), others }
}

/** Messages by their ids, in the order of their first appearance. */
class Messages {
  readonly #byId = new Map<string, Message>()
  /** The same order, to be gone back in: a file may rewind as often as it has lines. */
  readonly #order: string[] = []

  values(): Iterable<Message> {
    return this.#byId.values()
  }

  set(id = `${this.#byId.size}`, message: Message): void {
    if (!this.#byId.has(id)) this.#order.push(id)
    this.#byId.set(id, message)
  }

  clear(): void {
    this.#byId.clear()
    this.#order.length = 0
  }

  /** Takes back a message and all that came behind it. */
  rewind(id: string): void {
    let last = this.#byId.has(id) ? this.#order.pop() : undefined
    while (last !== undefined) {
      this.#byId.delete(last)
      last = last === id ? undefined : this.#order.pop()
    }
  }
}

function* saidIn(message: Fields): Generator<Said> {
  const at = instantOf(message.timestamp)
  const text = textOf(message.content)
  const said = (event: ToolEvent): Said => ({ kind: 'event', at, event })
  switch (message.type) {
    case 'user':
      if (/^\s*<session_context>/.test(text))
        yield { kind: 'left_out', what: 'text of the program' }
      else if (text !== '') yield { kind: 'prompt', at, text }
      return
    case 'gemini': {
      for (const thought of listIn(message, 'thoughts').filter(isTable)) {
        const parts = [textIn(thought, 'subject'), textIn(thought, 'description')]
        const event: ToolEvent = { type: 'thought', text: parts.filter(Boolean).join('\n') }
        yield { kind: 'event', at: instantOf(thought.timestamp) ?? at, event }
      }
      if (text !== '') yield said({ type: 'message', text })
      const calls = listIn(message, 'toolCalls').filter(isTable)
      for (const call of calls) yield* callIn(call, at)
      yield* usageIn(fieldsIn(message, 'tokens'), at)
      // It says more once it has the answers to its calls.
      if (calls.length === 0 && text !== '') yield { kind: 'end', at, outcome: 'success' }
      return
    }
    case 'error':
      yield said({ type: 'error', text })
      yield { kind: 'end', at, outcome: 'failure' }
      return
    case 'info':
    case 'warning':
      yield { kind: 'left_out', what: message.type }
      return
    default:
      yield said(rawEvent(message))
  }
}

const ends: ReadonlyMap<unknown, 'ok' | 'failed' | 'declined'> = new Map([
  ['success', 'ok'],
  ['error', 'failed'],
  ['cancelled', 'declined'],
])

function* callIn(call: Fields, before: number | undefined): Generator<Said> {
  const id = textIn(call, 'id') ?? ''
  const at = instantOf(call.timestamp) ?? before
  const name = textIn(call, 'name') ?? '?'
  yield { kind: 'event', at, event: { type: 'tool_call', id, name, input: call.args } }
  // Without an end nobody knows what came of it.
  const status = ends.get(call.status)
  if (status === undefined) return
  const output = outputOf(call)
  yield {
    kind: 'event',
    at,
    event: {
      type: 'tool_result',
      id,
      status,
      ...known<{ output?: string }>({ output }),
    },
  }
}

/** What the model was given, or else what was shown. */
function outputOf(call: Fields): string | undefined {
  const [part] = listIn(call, 'result')
  const response = isTable(part) ? fieldsIn(fieldsIn(part, 'functionResponse'), 'response') : {}
  const text = textIn(response, 'output') ?? textIn(response, 'error')
  if (text !== undefined) return text
  const shown = call.resultDisplay
  if (shown === undefined || shown === null) return undefined
  return typeof shown === 'string' ? shown : JSON.stringify(shown)
}

function* usageIn(usage: Fields, at: number | undefined): Generator<Said> {
  const counts = {
    input_tokens: sumOf(amountIn(usage, 'input'), amountIn(usage, 'tool')),
    cached_input_tokens: amountIn(usage, 'cached'),
    output_tokens: sumOf(amountIn(usage, 'output'), amountIn(usage, 'thoughts')),
    reasoning_tokens: amountIn(usage, 'thoughts'),
  }
  for (const event of usageEvents('step', counts, usage)) yield { kind: 'event', at, event }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const parts = Array.isArray(content) ? content : [content]
  return parts
    .map((part) =>
      typeof part === 'string' ? part : isTable(part) ? (textIn(part, 'text') ?? '') : '',
    )
    .filter((text) => text !== '')
    .join('\n')
}
