/** What each adapter reads out of recorded streams. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseToml } from '../../lib/base/toml.ts'
import { decodeTools, type OwnTool } from '../../lib/store/tool-config.ts'
import type { CommandLine, PrintingAdapter } from '../../lib/tools/adapter.ts'
import type { Tokens, ToolEvent } from '../../lib/tools/event.ts'
import { ownAdapter } from '../../lib/tools/own.ts'
import { adapters, findAdapter } from '../../lib/tools/registry.ts'

/** Those with ids and a last event. */
const toolNames = adapters.filter((one) => !one.isToldPast).map(({ name }) => name)

/** What a person can say of gemini-cli's stream in the config. */
const description = `
[tools.mine]
new = ["mine", "--prompt={prompt}"]

[tools.mine.events]
id = "session_id"
text = { path = "content", when = "role", is = "assistant" }
delta = true
usage.input_tokens = "stats.input_tokens"
usage.cached_input_tokens = "stats.cached"
usage.output_tokens = "stats.output_tokens"
end = { when = "type", is = "result" }
error = "error"

[tools.mine.events.tool_call]
id = { path = "tool_id", when = "type", is = "tool_use" }
name = "tool_name"
input = "parameters"

[tools.mine.events.tool_result]
id = { path = "tool_id", when = "type", is = "tool_result" }
output = "output"
error = { path = "status", when = "status", is = "error" }
`
const { mine } = decodeTools(parseToml(description).tools, (problem) => new Error(problem))

/** A reader of streams, and whose streams they are. */
interface Speaker {
  readonly name: string
  readonly tool: string
  readonly adapter: PrintingAdapter
}

const builtIn: readonly Speaker[] = adapters
  .filter((one) => !one.isToldPast)
  .map((adapter) => ({ name: adapter.name, tool: adapter.name, adapter }))
const speakers: readonly Speaker[] = [
  ...builtIn,
  {
    name: 'a description of gemini-cli',
    tool: 'gemini-cli',
    adapter: ownAdapter('mine', mine?.own as OwnTool),
  },
]

const streams = join(import.meta.dirname, '../../fixtures/streams')

function read(
  { tool, adapter }: Speaker,
  name: string,
): { events: ToolEvent[]; outcome: string | undefined } {
  const stream = adapter.open()
  const text = readFileSync(join(streams, tool, name), 'utf8')
  const lines = text.split('\n').filter((line) => line !== '')
  const events = lines.flatMap((line) => stream.parse(line) ?? [])
  return { events, outcome: stream.verdict()?.outcome }
}

const of = <T extends ToolEvent['type']>(events: readonly ToolEvent[], type: T) =>
  events.filter((event): event is ToolEvent & { type: T } => event.type === type)

const said = (events: readonly ToolEvent[]) =>
  of(events, 'message')
    .filter(({ role }) => role === undefined)
    .map(({ text }) => text)
    .join('')

describe.each(builtIn)('$name', (speaker) => {
  const { tool } = speaker
  const names = readdirSync(join(streams, tool)).filter((name) => name.endsWith('.stdout'))

  it('has recordings of a plain turn, of a tool, and of a failure', () => {
    expect(names).toEqual(
      expect.arrayContaining(['01-plain.stdout', '02-tool.stdout', '07-http-400.stdout']),
    )
  })

  it.each(names)('knows every line of %s, and the id first of all', (name) => {
    const { events } = read(speaker, name)
    expect(of(events, 'raw')).toEqual([])
    expect(events[0]?.type).toBe('provider_session')
    expect(of(events, 'provider_session')).toHaveLength(1)
  })
})

describe.each(speakers)('$name', (speaker) => {
  const { tool, adapter } = speaker
  it('ends a plain turn in success, with what was said and used', () => {
    const { events, outcome } = read(speaker, '01-plain.stdout')
    expect(outcome).toBe('success')
    expect(said(events)).toMatch(/^All done\. The answer is 42\./)
    const [usage, ...others] = of(events, 'usage')
    expect(others).toEqual([])
    expect(usage?.tokens).toMatchObject({ cached_input_tokens: 1000, output_tokens: 34 })
    expect(usage?.tokens.input_tokens).toBeGreaterThanOrEqual(1200)
  })

  it('tells a call of a tool and its result once each, by one id', () => {
    const { events, outcome } = read(speaker, '02-tool.stdout')
    expect(outcome).toBe('success')
    const [call, ...calls] = of(events, 'tool_call')
    const [result, ...results] = of(events, 'tool_result')
    expect([calls, results]).toEqual([[], []])
    expect(result?.id).toBe(call?.id)
    expect(JSON.stringify(call?.input)).toMatch(/hello-from-tool|nonexistent/)
    expect(result?.output).toMatch(/hello-from-tool|nonexistent/)
    expect(events.indexOf(call as ToolEvent)).toBeLessThan(events.indexOf(result as ToolEvent))
  })

  it('ends a turn that the provider refused in failure, and says why', () => {
    const stream = adapter.open()
    const text = readFileSync(join(streams, tool, '07-http-400.stdout'), 'utf8')
    const events = text.split('\n').flatMap((line) => (line && stream.parse(line)) || [])
    expect(stream.verdict()).toEqual({
      outcome: 'failure',
      text: expect.stringContaining('mock: invalid request'),
    })
    expect(of(events, 'error').filter((one) => one.text.includes('invalid request'))).toHaveLength(
      1,
    )
  })

  it('has no verdict on a stream that was cut before its end', () => {
    const text = readFileSync(join(streams, tool, '02-tool.stdout'), 'utf8')
    const lines = text.split('\n').filter((line) => line !== '')
    for (let end = 0; end < lines.length; end++) {
      const stream = adapter.open()
      for (const line of lines.slice(0, end)) stream.parse(line)
      expect(stream.verdict(), `after ${end} lines`).toBeUndefined()
    }
  })

  it('never throws where any part of an event is what no conversion makes a text of', () => {
    const names = readdirSync(join(streams, tool)).filter((name) => name.endsWith('.stdout'))
    for (const name of names) {
      const stream = adapter.open()
      for (const line of readFileSync(join(streams, tool, name), 'utf8').split('\n')) {
        for (const one of line.startsWith('{') ? spoilt(JSON.parse(line)) : []) {
          expect(() => stream.parse(JSON.stringify(one)), JSON.stringify(one)).not.toThrow()
        }
      }
    }
  })

  it('takes anything for an event or for none, and never throws', () => {
    const stream = adapter.open()
    const names = readdirSync(join(streams, tool)).filter((name) => name.endsWith('.stdout'))
    const lines = names.flatMap((name) =>
      readFileSync(join(streams, tool, name), 'utf8').split('\n'),
    )
    const keys = [...new Set(lines.join('').match(/"[a-z_A-Z]+"(?=:)/g))].map((key) =>
      JSON.parse(key),
    )
    const types = [...new Set(lines.join('').match(/(?<="(?:type|subtype|status)":)"[^"]+"/g))]
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(...types.map((type) => JSON.parse(type))),
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('any'), { maxKeys: 5 }),
      ),
    })).any
    const event = fc
      .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...keys), value))
      .map(([type, rest]) => JSON.stringify({ ...rest, type: JSON.parse(type) }))
    const line = fc.oneof(event, fc.string(), fc.constantFrom(...lines))
    fc.assert(
      fc.property(line, (one) => {
        const events = stream.parse(one)
        expect(events === undefined || Array.isArray(events)).toBe(true)
        for (const { type } of events ?? []) expect(typeof type).toBe('string')
        stream.verdict()
      }),
      { numRuns: 2000 },
    )
  })
})

/** The value once for each part of it, with that part replaced. */
function* spoilt(value: unknown): Generator<unknown> {
  yield { toString: 1, valueOf: 1 }
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    for (const one of spoilt(part)) {
      yield Array.isArray(value) ? value.with(Number(key), one) : { ...value, [key]: one }
    }
  }
}

/** What a tool says in these lines, and in the end. */
function follow(tool: string, lines: readonly object[]): readonly ToolEvent[] {
  const stream = (findAdapter(tool) as PrintingAdapter).open()
  const told = lines.flatMap((line) => stream.parse(JSON.stringify(line)) ?? [])
  return [...told, ...(stream.rest?.() ?? [])]
}

describe('what is told in pieces', () => {
  const item = (kind: string, id: string, type: string, more: object) => ({
    type: `item.${kind}`,
    item: { id, type, ...more },
  })
  const codexText = (kind: string, text: string) => item(kind, 'i', 'agent_message', { text })
  const piece = (event: object, parent: string | null = null) => ({
    type: 'stream_event',
    parent_tool_use_id: parent,
    event,
  })
  const delta = (index: number, text: string, parent: string | null = null) =>
    piece({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } }, parent)
  const thought = (thinking: string) =>
    piece({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } })
  const assistant = (content: object, parent: string | null = null) => ({
    type: 'assistant',
    parent_tool_use_id: parent,
    message: { content: [content] },
  })
  const part = (type: string, text: string, time: object) => ({
    type,
    part: { id: `prt_${type}`, text, time },
  })

  it('is told once when it comes whole', () => {
    for (const [tool, lines] of [
      ['codex', [codexText('started', 'He'), codexText('updated', 'Hell')]],
      ['claude-code', [piece({ type: 'message_start' }), delta(0, 'He'), delta(0, 'll')]],
      ['opencode', [part('text', 'He', { start: 1 }), part('text', 'Hell', { start: 1 })]],
    ] as const) {
      const whole = {
        codex: codexText('completed', 'Hello'),
        'claude-code': assistant({ type: 'text', text: 'Hello' }),
        opencode: part('text', 'Hello', { start: 1, end: 2 }),
      }[tool]
      expect(follow(tool, [...lines, whole])).toEqual([{ type: 'message', text: 'Hello' }])
    }
  })

  it('is told as far as it came when the stream is cut', () => {
    expect(
      follow('codex', [
        item('started', 'c', 'command_execution', { command: 'make', aggregated_output: '' }),
        item('updated', 'c', 'command_execution', { command: 'make', aggregated_output: 'half' }),
        item('updated', 'r', 'reasoning', { text: 'hm' }),
        codexText('started', 'He'),
        codexText('updated', 'Hell'),
      ]),
    ).toEqual([
      { type: 'tool_call', id: 'c', name: 'command_execution', input: 'make' },
      { type: 'tool_result', id: 'c', status: 'failed', output: 'half', data: { partial: true } },
      { type: 'thought', text: 'hm' },
      { type: 'message', text: 'Hell' },
    ])
    expect(
      follow('claude-code', [
        piece({ type: 'message_start' }),
        thought('h'),
        thought('m'),
        assistant({ type: 'thinking', thinking: 'hm' }),
        delta(1, 'said '),
        delta(0, 'of a helper', 'T'),
        delta(1, 'by half'),
      ]),
    ).toEqual([
      { type: 'thought', text: 'hm' },
      { type: 'message', text: 'said by half' },
      { type: 'message', text: 'of a helper', data: { parent_tool_use_id: 'T' } },
    ])
    expect(
      follow('opencode', [
        part('reasoning', 'hm', { start: 1 }),
        part('text', 'He', { start: 1 }),
        part('text', 'Hell', { start: 1 }),
      ]),
    ).toEqual([
      { type: 'thought', text: 'hm' },
      { type: 'message', text: 'Hell' },
    ])
  })

  it('is not told of an attempt that was begun anew', () => {
    const begin = piece({ type: 'message_start' })
    const lines = [begin, delta(0, 'Hel'), begin, delta(0, 'Hello'), delta(0, ' you')]
    expect(follow('claude-code', lines)).toEqual([{ type: 'message', text: 'Hello you' }])
  })

  it('takes bounded memory, whatever is begun', () => {
    const begun = Array.from({ length: 100 }, (_, i) =>
      item('started', `${i}`, 'agent_message', { text: 'x'.repeat(400_000) }),
    )
    const left = follow('codex', begun)
    expect(left).toHaveLength(64)
    for (const one of left) expect(one.type === 'message' && one.text.length).toBe(272 * 1024)
  })
})

describe('a script that runs its tool twice', () => {
  const linesOf = (tool: string, name = '01-plain') =>
    readFileSync(join(streams, tool, `${name}.stdout`), 'utf8')
      .trim()
      .split('\n')
  const idKey = {
    codex: 'thread_id',
    'gemini-cli': 'session_id',
    'claude-code': 'session_id',
    opencode: 'sessionID',
  }
  /** The same in another conversation, as the provider would number it. */
  const again = (tool: keyof typeof idKey, lines: readonly string[]) => {
    const id = JSON.parse(lines[0] ?? '')[idKey[tool]]
    return lines.map((line) => line.replaceAll(id, 'other').replaceAll(/"uuid":"/g, '$&other'))
  }

  it.each(['codex', 'gemini-cli', 'claude-code', 'opencode'] as const)(
    'has ended as the second run of %s did',
    (tool) => {
      const lines = linesOf(tool)
      const second = again(tool, lines)
      const stream = (findAdapter(tool) as PrintingAdapter).open()
      for (const line of [...lines, ...second.slice(0, -1)]) stream.parse(line)
      expect(stream.verdict()).toBeUndefined()
      stream.parse(second.at(-1) ?? '')
      expect(stream.verdict()).toEqual({ outcome: 'success' })
    },
  )

  it.each(['codex', 'gemini-cli'] as const)('of the same conversation of %s, too', (tool) => {
    const lines = linesOf(tool)
    const stream = (findAdapter(tool) as PrintingAdapter).open()
    for (const line of [...lines, ...lines.slice(0, -1)]) stream.parse(line)
    expect(stream.verdict()).toBeUndefined()
    stream.parse(lines.at(-1) ?? '')
    expect(stream.verdict()).toEqual({ outcome: 'success' })
  })

  it.each(['codex', 'opencode', 'claude-code'] as const)(
    'has said and used what both runs of %s did',
    (tool) => {
      const read = (lines: readonly string[]) =>
        follow(
          tool,
          lines.map((line) => JSON.parse(line)),
        )
      const shape = (events: readonly ToolEvent[]) => events.map(({ type }) => type)
      for (const name of ['01-plain', '02-tool']) {
        const lines = linesOf(tool, name)
        const second =
          tool === 'opencode'
            ? again(tool, lines).map((line) => line.replaceAll(/"(?:prt|msg|call)_/g, '$&x'))
            : again(tool, lines)
        const once = read(lines)
        const both = read([...lines, ...second])
        expect(shape(both)).toEqual([...shape(once), ...shape(once)])
        const tokens = (events: readonly ToolEvent[]) =>
          of(events, 'usage').map((one) => one.tokens)
        expect(tokens(both)).toEqual([...tokens(once), ...tokens(once)])
      }
    },
  )

  it('has used what both runs of one conversation of claude did', () => {
    const init = (uuid: string) => ({ type: 'system', subtype: 'init', session_id: 's', uuid })
    const end = (uuid: string, total_cost_usd: number, output_tokens: number) => ({
      ...{ type: 'result', subtype: 'success', session_id: 's', uuid, total_cost_usd },
      usage: { output_tokens },
    })
    const costs = (...lines: readonly object[]) =>
      of(follow('claude-code', lines), 'usage').map(({ tokens }) => tokens)
    expect(costs(init('a'), end('b', 0.5, 70), init('c'), end('d', 0.25, 90))).toEqual([
      { cost_usd: 0.5, output_tokens: 70 },
      { cost_usd: 0.25, output_tokens: 90 },
    ])
    // One that names no conversation begins none.
    const nameless = { ...init('c'), session_id: undefined }
    expect(costs(init('a'), end('b', 0.5, 70), nameless, end('d', 0.75, 90))).toMatchObject([
      { cost_usd: 0.5 },
      { cost_usd: 0.25 },
    ])
  })

  it('tells why the second run of codex failed, also where the first failed for the same', () => {
    const lines = ['a', 'b'].flatMap((thread_id) => [
      { type: 'thread.started', thread_id },
      { type: 'turn.failed', error: { message: 'no quota' } },
    ])
    lines.splice(1, 0, { type: 'error', message: 'no quota' } as never)
    expect(of(follow('codex', lines), 'error').map(({ text }) => text)).toEqual([
      'no quota',
      'no quota',
    ])
  })

  it('tells what the first run of codex left half said', () => {
    const began = (thread_id: string) => ({ type: 'thread.started', thread_id })
    const text = (event: string, said: string) => ({
      type: `item.${event}`,
      item: { id: 'item_0', type: 'agent_message', text: said },
    })
    const lines = [began('a'), text('updated', 'Hal'), began('b'), text('completed', 'Whole')]
    expect(of(follow('codex', lines), 'message').map((one) => one.text)).toEqual(['Hal', 'Whole'])
  })
})

describe('the same events once more', () => {
  const said = (events: readonly ToolEvent[]) =>
    events.filter(({ type }) => type !== 'usage' && type !== 'provider_session')

  // What claude says has an id in each line, or in each message.
  it.each(['codex', 'opencode', 'claude-code', 'gemini-cli'])('of %s say nothing new', (tool) => {
    const text = readFileSync(join(streams, tool, '02-tool.stdout'), 'utf8')
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ type }) => tool !== 'gemini-cli' || type.startsWith('tool_'))
    const once = follow(tool, lines)
    expect(said(follow(tool, [...lines, ...lines]))).toEqual(said(once))
    const twice = lines.flatMap((line) => [line, line])
    expect(said(follow(tool, twice))).toEqual(said(once))
    const sum = (events: readonly ToolEvent[]) =>
      of(events, 'usage').reduce((all, { tokens }) => all + (tokens.output_tokens ?? 0), 0)
    if (tool === 'opencode') expect(sum(follow(tool, [...lines, ...lines]))).toBe(sum(once))
  })

  it('of codex, when a beginning comes behind its end, open nothing again', () => {
    const item = { id: 'c', type: 'command_execution', command: 'ls' }
    const text = { id: 'm', type: 'agent_message', text: 'Hello' }
    const told = follow('codex', [
      { type: 'item.completed', item: { ...item, aggregated_output: 'x', status: 'completed' } },
      { type: 'item.started', item: { ...item, status: 'in_progress' } },
      { type: 'item.completed', item: text },
      { type: 'item.updated', item: { ...text, text: 'Hel' } },
      { type: 'item.completed', item: { ...text, id: 'n' } },
    ])
    expect(told.map(({ type }) => type)).toEqual(['tool_call', 'tool_result', 'message', 'message'])
  })

  it('of opencode tell a call that was seen under way once', () => {
    const call = (state: object) => ({
      type: 'tool_use',
      part: { id: 'p', callID: 'c', tool: 'bash', state: { input: { command: 'ls' }, ...state } },
    })
    const lines = [call({ status: 'running' }), call({ status: 'completed', output: 'x' })]
    expect(follow('opencode', lines).map(({ type }) => type)).toEqual(['tool_call', 'tool_result'])
  })
})

describe('what a helper says', () => {
  it('of claude does not change the id of the conversation', () => {
    const line = (session_id: string, parent_tool_use_id: string | null) => ({
      type: 'assistant',
      session_id,
      parent_tool_use_id,
      message: { content: [{ type: 'text', text: 'hm' }] },
    })
    expect(follow('claude-code', [line('s', null), line('t', 'T'), line('s', null)])).toEqual([
      { type: 'provider_session', id: 's' },
      { type: 'message', text: 'hm' },
      { type: 'message', text: 'hm', data: { parent_tool_use_id: 'T' } },
      { type: 'message', text: 'hm' },
    ])
  })

  it('of opencode neither changes the id nor ends the turn, and is counted', () => {
    const line = (sessionID: string, type: string, part: object) => ({ type, sessionID, part })
    const stream = (findAdapter('opencode') as PrintingAdapter).open()
    const events = [
      line('s', 'step_start', {}),
      line('s', 'text', { id: 'p1', text: 'I look' }),
      line('t', 'step_start', {}),
      line('t', 'text', { id: 'p2', text: 'found' }),
      line('t', 'text', { id: 'p3', text: 'more', time: { start: 1 } }),
      line('t', 'step_finish', { id: 'p4', reason: 'stop', tokens: { output: 7 } }),
      { type: 'error', sessionID: 't', error: { name: 'Refused' } },
    ].flatMap((one) => stream.parse(JSON.stringify(one)) ?? [])
    expect(stream.verdict()).toBeUndefined()
    expect([...events, ...(stream.rest?.() ?? [])]).toMatchObject([
      { type: 'provider_session', id: 's' },
      { type: 'message', text: 'I look' },
      { type: 'message', text: 'found', data: { helper: true } },
      { type: 'usage', tokens: { output_tokens: 7 } },
      { type: 'error', text: 'Refused', data: { helper: true } },
      { type: 'message', text: 'more', data: { helper: true } },
    ])
  })
})

describe('what is of another shape than it should be', () => {
  const assistant = (...content: unknown[]) => ({ type: 'assistant', message: { content } })
  const results = (events: readonly ToolEvent[]) =>
    of(events, 'tool_result').map(({ id, status, output }) => ({ id, status, output }))

  it('is kept whole where it is said', () => {
    const text = { parts: ['a', 'b'] }
    for (const [tool, line] of [
      ['codex', { type: 'item.completed', item: { id: 'm', type: 'agent_message', text } }],
      ['codex', { type: 'item.completed', item: { id: 'r', type: 'reasoning' } }],
      ['gemini-cli', { type: 'message', role: 'assistant', delta: true, content: text }],
      ['opencode', { type: 'text', part: { id: 'p', text } }],
    ] as const) {
      expect(follow(tool, [line])).toEqual([{ type: 'raw', data: line }])
    }
    expect(follow('claude-code', [assistant({ type: 'text', text }, 'bare', 7)])).toEqual([
      { type: 'raw', data: { type: 'text', text } },
      { type: 'message', text: 'bare' },
    ])
  })

  it('is kept as JSON where it is what a tool put out', () => {
    const output = { diff: 'd' }
    const codex = { id: 'c', type: 'command_execution', aggregated_output: output }
    const answer = { type: 'tool_result', tool_use_id: 'c', content: output }
    const state = { status: 'completed', output }
    for (const [tool, line] of [
      ['codex', { type: 'item.completed', item: codex }],
      ['gemini-cli', { type: 'tool_result', tool_id: 'c', output }],
      ['opencode', { type: 'tool_use', part: { callID: 'c', state } }],
      ['claude-code', { type: 'user', message: { content: [answer] } }],
    ] as const) {
      const whole = { id: 'c', status: 'ok', output: '{"diff":"d"}' }
      expect(results(follow(tool, [line]))).toEqual([whole])
    }
  })

  it('fails a call of codex that says so in any way', () => {
    const item = { id: 'c', type: 'command_execution', status: 'completed' }
    for (const more of [{ exit_code: 2 }, { error: { message: 'no' } }, { status: 'failed' }]) {
      const line = { type: 'item.completed', item: { ...item, ...more } }
      expect(results(follow('codex', [line]))).toMatchObject([{ status: 'failed' }])
    }
  })
})

describe('what codex calls elsewhere', () => {
  const adapter = findAdapter('codex') as PrintingAdapter
  const told = (name: string) => read({ name: 'codex', tool: 'codex', adapter }, name).events

  it('has what was searched for, which is known once it was', () => {
    expect(of(told('04-web-search.stdout'), 'tool_call').map(({ input }) => input)).toEqual([
      'what é',
      'q1',
    ])
  })

  it('answers with the texts of its parts', () => {
    const results = of(told('05-mcp.stdout'), 'tool_result')
    expect(results.map(({ status, output }) => [status, output])).toEqual([
      ['ok', 'good é {"x":"é"}\nsecond'],
      ['failed', 'it went wrong'],
      ['ok', '[image]'],
      ['failed', expect.stringContaining('no such thing')],
    ])
  })

  it('has what its helpers said, and how they are', () => {
    const events = told('06-helpers.stdout')
    const helpers = [expect.stringMatching(/0002$/)]
    expect(of(events, 'tool_call').map(({ name, input }) => [name, input])).toEqual([
      ['spawn_agent', 'do the small é'],
      ['wait', helpers],
      ['close_agent', helpers],
      ['wait', [expect.stringMatching(/0003$/)]],
    ])
    expect(of(events, 'tool_result').map(({ status, output }) => [status, output])).toEqual([
      ['ok', 'pending_init'],
      ['ok', 'default answer to: do the small é'],
      ['ok', 'default answer to: do the small é'],
      ['failed', 'not_found'],
    ])
  })
})

describe('what claude says nowhere else', () => {
  const result = { type: 'result', subtype: 'success', result: 'Total cost: $1' }

  it('is the answer of a command of its own', () => {
    const answer = { type: 'message', text: 'Total cost: $1' }
    expect(follow('claude-code', [result])).toEqual([answer])
    const delta = { type: 'text_delta', text: 'Total' }
    const piece = { type: 'stream_event', event: { type: 'content_block_delta', index: 0, delta } }
    expect(follow('claude-code', [piece, result, { ...result, uuid: 'u' }])).toEqual([answer])
    const said = { type: 'assistant', message: { content: 'Total cost: $1' } }
    expect(follow('claude-code', [said, result])).toEqual([answer])
  })

  it('is what ran at its provider', () => {
    const content = [
      { type: 'server_tool_use', id: 'w', name: 'web_search', input: { query: 'q' } },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'w',
        content: [{ type: 'web_search_result', title: 'A page' }],
      },
      { type: 'mcp_tool_use', id: 'm', name: 'ask', input: {} },
      { type: 'mcp_tool_result', tool_use_id: 'm', is_error: true, content: [{ text: 'no' }] },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'x',
        content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
      },
    ]
    const events = follow('claude-code', [{ type: 'assistant', message: { content } }])
    expect(of(events, 'tool_call').map(({ id }) => id)).toEqual(['w', 'm'])
    expect(of(events, 'tool_result')).toMatchObject([
      { id: 'w', status: 'ok', output: expect.stringContaining('A page') },
      { id: 'm', status: 'failed', output: 'no' },
      { id: 'x', status: 'failed', output: expect.stringContaining('unavailable') },
    ])
  })
})

describe('what claude says of its own troubles', () => {
  const claude = findAdapter('claude-code') as PrintingAdapter
  const speaker = { name: 'claude-code', tool: 'claude-code', adapter: claude }

  it('is no answer, and told once', () => {
    const { events, outcome } = read(speaker, '13-refused-later.stdout')
    expect(outcome).toBe('failure')
    expect(said(events)).toBe('Before.')
    expect(of(events, 'error')).toEqual([
      { type: 'error', text: 'API Error: 400 made-up refusal 400' },
    ])
  })

  it('tells of each try that was refused', () => {
    const { events, outcome } = read(speaker, '10-retried.stdout')
    expect(outcome).toBe('success')
    expect(of(events, 'error')).toEqual([
      { type: 'error', text: 'the provider refused: 429 rate_limit; try 1 of 10 follows' },
    ])
    expect(of(events, 'thought')).toHaveLength(1)
  })

  it('fails a compaction that came to nothing, and no turn in which one did', () => {
    const { events, outcome } = read(speaker, '09-compaction-refused.stdout')
    expect(outcome).toBe('failure')
    expect(events.map(({ type }) => type)).toEqual(['provider_session', 'error', 'usage'])
    const status = { type: 'system', subtype: 'status', compact_result: 'failed' }
    const stream = claude.open()
    for (const line of [status, { type: 'result', subtype: 'success', num_turns: 3 }]) {
      stream.parse(JSON.stringify(line))
    }
    expect(stream.verdict()).toEqual({ outcome: 'success' })
  })

  it('is that it was interrupted, and no failure', () => {
    const { events, outcome } = read(speaker, '14-interrupted.stdout')
    expect(outcome).toBe('cancelled')
    expect(of(events, 'error')).toEqual([])
  })

  it('is that the conversation is lost, whose id is told no more', () => {
    const stream = claude.open()
    const errors = ['No conversation found with session ID: 1']
    const line = { type: 'result', subtype: 'error_during_execution', session_id: '2', errors }
    expect(stream.parse(JSON.stringify(line))).toEqual([{ type: 'error', text: errors[0] }])
    expect(stream.isSessionLost?.()).toBe(true)
  })
})

describe('what gemini puts around the words of its provider', () => {
  it('is left out', () => {
    const adapter = findAdapter('gemini-cli') as PrintingAdapter
    const gemini = { name: 'gemini-cli', tool: 'gemini-cli', adapter }
    const { events } = read(gemini, '07-http-400.stdout')
    expect(of(events, 'error').map(({ text }) => text)).toEqual(['mock: invalid request'])
  })
})

describe('what gemini said before its end', () => {
  it('is why it failed, where the end does not say so', () => {
    const stream = (findAdapter('gemini-cli') as PrintingAdapter).open()
    const text = readFileSync(join(streams, 'gemini-cli/08-empty.stdout'), 'utf8')
    const events = text.split('\n').flatMap((line) => stream.parse(line) ?? [])
    const why = expect.stringMatching(/^The model returned an empty response/)
    expect(stream.verdict()).toEqual({ outcome: 'failure', text: why })
    expect(of(events, 'error')).toEqual([{ type: 'error', text: why, data: { severity: 'error' } }])
  })
})

describe('what opencode is not allowed', () => {
  const stream = (findAdapter('opencode') as PrintingAdapter).open()
  const text = readFileSync(join(streams, 'opencode/08-declined.stdout'), 'utf8')
  const events = text.split('\n').flatMap((line) => stream.parse(line) ?? [])

  it('is declined, and ends its turn unless another step follows', () => {
    const output = 'The user rejected permission to use this specific tool call.'
    expect(of(events, 'tool_result')).toMatchObject([{ status: 'declined', output }])
    expect(stream.verdict()).toEqual({ outcome: 'failure', text: output })
    stream.parse(JSON.stringify({ type: 'step_start' }))
    expect(stream.verdict()).toBeUndefined()
  })

  it('has the tokens of reasoning in its output, whatever its own count leaves out', () => {
    const used = (tokens: object) =>
      of(follow('opencode', [{ type: 'step_finish', part: { reason: 'stop', tokens } }]), 'usage')
    expect(of(events, 'usage')).toMatchObject([
      { tokens: { input_tokens: 1008, output_tokens: 58, reasoning_tokens: 7 } },
    ])
    const cache = { read: 0, write: 0 }
    expect(used({ input: 10, output: 5, reasoning: 3, cache, total: 15 })).toMatchObject([
      { tokens: { output_tokens: 5 } },
    ])
    expect(used({ input: 10, output: 5, reasoning: 3, cache })).toMatchObject([
      { tokens: { output_tokens: 5 } },
    ])
  })
})

describe('what claude compacts', () => {
  it('says nothing of earlier turns again, and counts what that took', () => {
    const adapter = findAdapter('claude-code') as PrintingAdapter
    const { events, outcome } = read(
      { name: 'claude-code', tool: 'claude-code', adapter },
      '08-compacted.stdout',
    )
    expect(outcome).toBe('success')
    expect(said(events)).toBe('')
    expect(of(events, 'compacted')).toHaveLength(1)
    expect(of(events, 'usage')).toMatchObject([
      { tokens: { input_tokens: 1000, cached_input_tokens: 500, output_tokens: 20 } },
    ])
  })
})

describe('what claude uses', () => {
  it('is never less than what its query used, whatever is known of the models', () => {
    const usage = {
      ...{ input_tokens: 3, cache_creation_input_tokens: 100, cache_read_input_tokens: 1000 },
      output_tokens: 12,
    }
    const result = { type: 'result', subtype: 'success', usage, total_cost_usd: 0.01 }
    const known = { input_tokens: 1103, cached_input_tokens: 1000, output_tokens: 12 }
    for (const modelUsage of [{}, { m: { inputTokens: 3, costUSD: 0.01 } }]) {
      const events = follow('claude-code', [{ ...result, modelUsage }])
      expect(of(events, 'usage')).toMatchObject([{ tokens: { ...known, cost_usd: 0.01 } }])
    }
  })

  it('has the share of its helpers in it, and counts none twice when it ends several times', () => {
    const adapter = findAdapter('claude-code') as PrintingAdapter
    const { events } = read(
      { name: 'claude-code', tool: 'claude-code', adapter },
      '12-background.stdout',
    )
    const used = of(events, 'usage').map(({ tokens }) => tokens)
    expect(used).toHaveLength(2)
    const sum = (key: keyof Tokens) => used.reduce((all, one) => all + (one[key] ?? 0), 0)
    expect(sum('input_tokens')).toBe(5300)
    expect(sum('cached_input_tokens')).toBe(2500)
    expect(sum('output_tokens')).toBe(100)
    expect(sum('cost_usd')).toBeCloseTo(0.01775)
  })
})

const inputOf = (line: CommandLine | undefined) =>
  typeof line?.stdin === 'object' ? line.stdin.text : undefined

describe('a command line', () => {
  const request = {
    prompt: 'fix it',
    permission: 'deny',
    args: ['--model', 'm'],
    session: '01JABCDEFGHJKMNPQRSTVWXYZ0',
    file: '/run/private',
    promptFile: '/run/prompt',
  } as const

  it.each(toolNames)('of %s holds the prompt once, and the extra arguments', (tool) => {
    const line = findAdapter(tool)?.plan({ ...request, act: 'new' })
    const words = [...(line?.args ?? []), inputOf(line)]
    expect(words.filter((word) => word === 'fix it')).toHaveLength(1)
    expect(words.join(' ')).toContain('--model m')
  })

  it.each(toolNames)('of %s for a resume names the session, and never the newest one', (tool) => {
    const line = findAdapter(tool)?.plan({ ...request, act: 'resume', providerSession: 'id-1' })
    expect(line?.args).toContain('id-1')
    expect(line?.args.join(' ')).not.toMatch(/latest|--last|--continue/)
  })

  it.each(toolNames)('of %s keeps a prompt that looks like an option from being one', (tool) => {
    const line = findAdapter(tool)?.plan({ ...request, prompt: '--help', act: 'new' })
    const at = line?.args.indexOf('--help') ?? -1
    if (at >= 0) expect(line?.args[at - 1]).toBe('--')
    else expect([...(line?.args ?? []), inputOf(line)].join(' ')).toContain('--help')
  })

  it.each(toolNames)('of %s keeps a prompt that is one of its commands from being one', (tool) => {
    const adapter = findAdapter(tool)
    for (const prompt of ['review', 'update']) {
      const { args } = adapter?.plan({ ...request, prompt, act: 'new' }) ?? { args: [] }
      const at = args.indexOf(prompt)
      if (at >= 0) expect(['--', '-p']).toContain(args[at - 1])
      const said = adapter?.interact?.({ act: 'new', id: 'id-1', prompt, args: [] }).args ?? []
      // What reads commands with commander finds them behind `--` as well.
      if (said.at(-2) === '--') expect(said.at(-1)).toBe(tool === 'codex' ? prompt : `${prompt} `)
      else expect(said).not.toContain(prompt)
    }
  })

  it.each(toolNames)('of %s is there for a fork or compaction exactly when it says so', (tool) => {
    const adapter = findAdapter(tool)
    for (const act of ['fork', 'compact'] as const) {
      const line = adapter?.plan({ ...request, act, providerSession: 'id-1' })
      expect({ act, can: line !== undefined }).toEqual({ act, can: adapter?.supports[act] })
      if (line !== undefined) expect(line.args).toContain('id-1')
    }
  })
})

describe('an answer of claude that differs from all it said before', () => {
  it('is told as well', () => {
    const said = (text: string) => ({
      type: 'assistant',
      message: { content: [{ type: 'text', text }] },
    })
    const end = (result: string, uuid: string) => ({
      type: 'result',
      subtype: 'success',
      result,
      uuid,
    })
    const lines = [
      said('I look.'),
      said('It is 42.'),
      end(' It is 42.', 'a'),
      end('It is 43.', 'b'),
    ]
    const texts = of(follow('claude-code', lines), 'message').map(({ text }) => text)
    expect(texts).toEqual(['I look.', 'It is 42.', 'It is 43.'])
  })
})

describe('a call that failed without a word', () => {
  it('has why', () => {
    const gemini = { type: 'tool_result', tool_id: 'c', status: 'error', output: '' }
    const state = { status: 'error', input: {}, output: '', error: 'it broke' }
    for (const [tool, line] of [
      ['gemini-cli', { ...gemini, error: { type: 'X', message: 'it broke' } }],
      ['opencode', { type: 'tool_use', part: { id: 'p', callID: 'c', tool: 't', state } }],
    ] as const) {
      const [result] = of(follow(tool, [line]), 'tool_result')
      expect(result).toMatchObject({ status: 'failed', output: 'it broke' })
    }
  })
})

describe('a call that came to an end without a word', () => {
  it.each([
    ['gemini-cli', { type: 'tool_result', tool_id: 'c', status: 'success', output: '' }],
    [
      'opencode',
      {
        type: 'tool_use',
        part: { callID: 'c', tool: 't', state: { status: 'completed', output: '' } },
      },
    ],
  ])('of %s has an empty output, which is more than none', (tool, line) => {
    const [result] = of(follow(tool, [line]), 'tool_result')
    expect(result).toMatchObject({ status: 'ok', output: '' })
  })
})

describe('a turn that says nothing of what it used', () => {
  it.each([{}, { usage: null }, { usage: { input_tokens: 'many' } }])(
    'as %j, is told none',
    (more) => {
      expect(follow('codex', [{ type: 'turn.completed', ...more }])).toEqual([])
    },
  )
})
