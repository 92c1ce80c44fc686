/** What each adapter reads out of recorded streams. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseToml } from '../../lib/base/toml.ts'
import { decodeTools, type OwnTool } from '../../lib/store/tool-config.ts'
import type { CommandLine, PrintingAdapter } from '../../lib/tools/adapter.ts'
import type { ToolEvent } from '../../lib/tools/event.ts'
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

  it.each(toolNames)('of %s is there for a fork or compaction exactly when it says so', (tool) => {
    const adapter = findAdapter(tool)
    for (const act of ['fork', 'compact'] as const) {
      const line = adapter?.plan({ ...request, act, providerSession: 'id-1' })
      expect({ act, can: line !== undefined }).toEqual({ act, can: adapter?.supports[act] })
      if (line !== undefined) expect(line.args).toContain('id-1')
    }
  })
})
