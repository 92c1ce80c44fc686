/** A tool of the user's own, as config.toml describes it. */

import { isTable } from '../base/decode.ts'
import {
  type Condition,
  type OwnEvents,
  type OwnParts,
  type OwnTool,
  type Path,
  type Placeholder,
  placeholderPattern,
  type Reading,
} from '../store/tool-config.ts'
import type { PrintingAdapter, Stream, TurnRequest } from './adapter.ts'
import type { Tokens, ToolEvent, Verdict } from './event.ts'
import { type Fields, isAmount, messageIn, rawEvent, readFields } from './fields.ts'

/** The adapter of a tool that was described. */
export function ownAdapter(name: string, tool: OwnTool): PrintingAdapter {
  const { events, lost } = tool
  return {
    name,
    program: tool.new[0],
    supports: {
      resume: tool.resume !== undefined,
      fork: tool.fork !== undefined,
      compact: false,
    },
    plan: (request) => {
      const command = request.act === 'compact' ? undefined : tool[request.act]
      if (command === undefined) return undefined
      const [program, ...words] = command
      // A tool that says no id goes on with the one that it is asked for.
      const given =
        request.act === 'resume'
          ? request.providerSession
          : words.some((word) => word.includes('{session}'))
            ? request.session
            : undefined
      return {
        program,
        args: words.map((word) => fill(word, request)),
        ...(tool.stdin === undefined ? {} : { stdin: { text: fill(tool.stdin, request) } }),
        ...(events?.id === undefined && given !== undefined ? { providerSession: given } : {}),
      }
    },
    // A command line of the user's own may go on with anything, and then its total is not this turn's.
    continues: () => (events?.usageScope === 'thread' ? 'resume' : undefined),
    open: () => (events === undefined ? textStream : new OwnStream(events)),
    isSessionLost: (stderr) => lost !== undefined && stderr.includes(lost),
  }
}

/** In one go: what a prompt has in braces is the prompt's. */
function fill(word: string, { prompt, session, providerSession }: TurnRequest): string {
  const values: Readonly<Record<Placeholder, string>> = {
    prompt,
    session,
    id: providerSession ?? '',
  }
  return word.replace(placeholderPattern, (_, name: string) => values[name as Placeholder])
}

/** Output that says nothing but itself. */
const textStream: Stream = {
  parse: () => undefined,
  verdict: () => undefined,
  endsByExit: true,
  isText: true,
}

class OwnStream implements Stream {
  readonly endsByExit: boolean
  readonly #events: OwnEvents
  #verdict: Verdict | undefined
  #session: string | undefined

  constructor(events: OwnEvents) {
    this.#events = events
    this.endsByExit = events.end === undefined
  }

  parse(line: string): readonly ToolEvent[] | undefined {
    const fields = readFields(line)
    if (fields === undefined) return undefined
    const { end, delta } = this.#events
    const said: ToolEvent[] = []
    const text = textOf(read(this.#events.text, fields))
    if (text !== '') said.push({ type: 'message', text, ...(delta ? { delta } : {}) })
    said.push(...callsIn(this.#events, fields), ...resultsIn(this.#events, fields))
    said.push(...this.#usage(fields))
    const error = read(this.#events.error, fields).find((one) => one !== null && one !== false)
    const isEnd = end !== undefined && holds(end, fields)
    if (error !== undefined) {
      const text = messageIn(error) || (typeof error === 'number' ? `error ${error}` : 'an error')
      said.push({ type: 'error', text, ...(isTable(error) ? { data: error } : {}) })
      // Once it has failed it has, whatever ends it.
      if (this.#verdict?.outcome !== 'failure') this.#verdict = { outcome: 'failure', text }
    } else if (isEnd) {
      this.#verdict ??= { outcome: 'success' }
    }
    if (said.length === 0 && !isEnd) said.push(rawEvent(fields))
    const id = idOf(read(this.#events.id, fields))
    if (id === '' || id === this.#session) return said
    this.#session = id
    return [{ type: 'provider_session', id }, ...said]
  }

  verdict(): Verdict | undefined {
    return this.#verdict
  }

  #usage(fields: Fields): readonly ToolEvent[] {
    const { usage, usageScope: scope } = this.#events
    const counts = Object.entries(usage).flatMap(([key, reading]) => {
      const amounts = read(reading, fields).filter(isAmount)
      return amounts.length === 0 ? [] : [[key, amounts.reduce((sum, one) => sum + one, 0)]]
    })
    if (counts.length === 0) return []
    const tokens: Tokens = Object.fromEntries(counts)
    return [{ type: 'usage', scope, tokens, raw: fields }]
  }
}

/** Without an id or a name it is something else. */
function callsIn({ toolCall }: OwnEvents, fields: Fields): readonly ToolEvent[] {
  return placesOf(toolCall, fields).flatMap(({ parts, place }): ToolEvent[] => {
    const [id, name] = [idOf(read(parts.id, place)), textOf(read(parts.name, place))]
    if (id === '' || name === '') return []
    const [input] = read(parts.input, place)
    return [{ type: 'tool_call', id, name, ...(input === undefined ? {} : { input }) }]
  })
}

function resultsIn({ toolResult }: OwnEvents, fields: Fields): readonly ToolEvent[] {
  return placesOf(toolResult, fields).flatMap(({ parts, place }): ToolEvent[] => {
    const id = idOf(read(parts.id, place))
    if (id === '') return []
    // An exit status of 0 and an empty message are no error either.
    const error = read(parts.error, place).find(Boolean)
    const output = read(parts.output, place).map(shown).join('') || messageIn(error)
    return [
      {
        type: 'tool_result',
        id,
        status: error === undefined ? 'ok' : 'failed',
        ...(output ? { output } : {}),
        ...(Number.isInteger(error) ? { exit_code: error as number } : {}),
      },
    ]
  })
}

/** The objects that may be such a thing. */
function placesOf<Part extends string>(
  of: OwnParts<Part> | undefined,
  fields: Fields,
): readonly { readonly parts: OwnParts<Part>['parts']; readonly place: Fields }[] {
  if (of === undefined) return []
  const { path, parts } = of
  const places = path === undefined ? [fields] : valuesAt(path, fields).filter(isTable)
  return places.map((place) => ({ parts, place }))
}

/** What stands there, in the lines that are meant; empty when nothing does. */
function read(reading: Reading | undefined, fields: Fields): readonly unknown[] {
  if (reading === undefined) return []
  if (reading.when !== undefined && !holds(reading.when, fields)) return []
  return valuesAt(reading.path, fields)
}

function holds({ path, is }: Condition, fields: Fields): boolean {
  return valuesAt(path, fields).includes(is)
}

function valuesAt(path: Path, fields: Fields): readonly unknown[] {
  let found: readonly unknown[] = [fields]
  for (const { key, each } of path) {
    const inside: unknown[] = []
    for (const one of found) {
      // Not what every object inherits.
      if (!isTable(one) || !Object.hasOwn(one, key)) continue
      const value = one[key]
      if (!each) inside.push(value)
      else if (Array.isArray(value)) for (const element of value) inside.push(element)
    }
    found = inside
  }
  return found
}

function textOf(values: readonly unknown[]): string {
  return values.filter((value) => typeof value === 'string').join('')
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
}

/** An id, which some write as a number. */
function idOf(values: readonly unknown[]): string {
  const [id] = values
  return typeof id === 'number' ? String(id) : textOf(values)
}
