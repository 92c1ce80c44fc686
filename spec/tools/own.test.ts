/** Tools that config.toml describes: what is refused, and what is read out of their output. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseToml } from '../../lib/base/toml.ts'
import { readConfig } from '../../lib/index.ts'
import { decodeTools, type OwnTool } from '../../lib/store/tool-config.ts'
import type { ToolEvent } from '../../lib/tools/event.ts'
import { ownAdapter } from '../../lib/tools/own.ts'
import { findAdapter } from '../../lib/tools/registry.ts'
import { makeDir } from '../support/place.ts'

const root = join(import.meta.dirname, '../..')
const documented: string = [
  ...readFileSync(join(root, 'docs/tools.md'), 'utf8').matchAll(/```toml\n(.*?)```/gs),
]
  .map(([, block]) => block)
  .join('')

class Refused extends Error {}

const decode = (toml: string) =>
  decodeTools(parseToml(toml).tools ?? {}, (problem) => new Refused(problem))

function ownOf(toml: string): OwnTool {
  const own = decode(toml).mine?.own
  if (own === undefined) throw new Error('no tool')
  return own
}

const start = '[tools.mine]\nnew = ["mine", "{prompt}"]\n'
const request = {
  act: 'new',
  prompt: 'fix {id}',
  session: '01JABCDEFGHJKMNPQRSTVWXYZ0',
  file: '/run/private',
  promptFile: '/run/prompt',
  permission: 'deny',
  args: [],
} as const

function play(own: OwnTool, lines: readonly string[]) {
  const stream = ownAdapter('mine', own).open()
  return { events: lines.flatMap((line) => stream.parse(line) ?? []), verdict: stream.verdict() }
}

describe('the description of a tool', () => {
  it('is complete in the documentation', () => {
    expect(Object.keys(decode(documented))).toEqual(['goose-acp', 'goose', 'cursor', 'llm'])
  })

  it.each([
    ['[tools.mine]\nnew = "mine {prompt}"', 'tools.mine.new is a command'],
    ['[tools.mine]\nnew = []', 'tools.mine.new is a command'],
    ['[tools.mine]\nnew = ["", "{prompt}"]', 'tools.mine.new is a command'],
    ['[tools.mine]\nnew = ["mine"]', 'tools.mine.new has no {prompt}'],
    ['[tools.mine]\nnew = ["{prompt}"]', 'tools.mine.new: the program is no placeholder'],
    ['[tools.mine]\nnew = ["mine", "{promt}"]', 'did you mean {prompt}?'],
    ['[tools.mine]\nnew = ["mine", "{id}", "{prompt}"]', 'tools.mine.new cannot have {id}'],
    ['[tools.mine]\nnew = ["mine", "{prompt}"]\nprogram = "x"', '[tools.mine] has no program'],
    [`${start}resume = ["mine", "-c", "{prompt}"]`, 'tools.mine.resume does not say which session'],
    [`${start}resume = ["mine", "{id}", "{prompt}"]`, 'tools.mine.resume has no id to give'],
    [`${start}fork = ["mine", "{id}", "{prompt}"]`, 'tools.mine.fork has no id to give'],
    [`${start}stdin = 1`, 'tools.mine.stdin'],
    [`${start}stdin = "{id}"`, '{id}'],
    [`${start}lost = ""`, 'tools.mine.lost'],
    [`${start}events = "id"`, 'tools.mine.events is no table'],
    [`${start}[tools.mine.events]\nid = 1`, 'tools.mine.events.id is a path'],
    [`${start}[tools.mine.events]\nid = ""`, 'tools.mine.events.id is a path'],
    [`${start}[tools.mine.events]\nid = "a..b"`, 'tools.mine.events.id is a path'],
    [`${start}[tools.mine.events]\nid = "a[0]"`, 'tools.mine.events.id is a path'],
    [`${start}[tools.mine.events]\nid = "${'a.'.repeat(40)}a"`, 'tools.mine.events.id is a path'],
    [`${start}[tools.mine.events]\ntext = { path = "a", when = "b" }`, 'tools.mine.events.text.is'],
    [`${start}[tools.mine.events]\ntext = { when = "b", is = 1 }`, 'tools.mine.events.text.path'],
    [`${start}[tools.mine.events]\nend = "done"`, 'tools.mine.events.end is a table'],
    [`${start}[tools.mine.events]\nend = { when = "t", is = [] }`, 'tools.mine.events.end.is'],
    [`${start}[tools.mine.events]\ndelta = "yes"`, 'tools.mine.events.delta'],
    [`${start}[tools.mine.events]\nusage_scope = "turn"`, 'tools.mine.events.usage_scope'],
    [`${start}[tools.mine.events]\nusage.tokens = "a"`, '[tools.mine.events.usage] has no tokens'],
    [`${start}[tools.mine.events]\ntool_call = "a"`, 'tools.mine.events.tool_call is no table'],
    [
      `${start}[tools.mine.events]\ntool_call = { id = "a" }`,
      'tools.mine.events.tool_call does not say where its name stands',
    ],
    [
      `${start}[tools.mine.events]\ntool_result = { output = "a" }`,
      'tools.mine.events.tool_result does not say where its id stands',
    ],
    [
      `${start}[tools.mine.events]\ntool_result = { id = "a", path = "b[0]" }`,
      'tools.mine.events.tool_result.path is a path',
    ],
    [
      `${start}[tools.mine.events]\ntool_call = { id = "a", name = { path = "b", when = "c" } }`,
      'tools.mine.events.tool_call.name.is',
    ],
    [
      `${start}[tools.mine.events]\ntool_result = { id = "a", name = "b" }`,
      '[tools.mine.events.tool_result] has no name',
    ],
    [`${start}[tools.mine.events]\nidd = "a"`, '[tools.mine.events] has no idd'],
    ['[tools.codex]\nnew = ["codex", "{prompt}"]', '[tools.codex] has no new'],
    ['[tools.aider]\nacp = ["aider"]', '[tools.aider] has no acp'],
    ['[tools.session]\nnew = ["x", "{prompt}"]', 'session is no name for a tool'],
    ['[tools.command]\nnew = ["x", "{prompt}"]', 'command is no name for a tool'],
    ['[tools."../x"]\nnew = ["x", "{prompt}"]', 'is no name for a tool'],
    ['[tools.mine]\nprogram = "x"', 'tools.mine.new'],
    ['tools = 1', 'tools is no table'],
  ])('is refused by name: %s', (toml, problem) => {
    expect(() => decode(toml)).toThrow(problem)
    expect(() => decode(toml)).toThrow(Refused)
  })

  it('is refused when the config is read', () => {
    const home = makeDir()
    mkdirSync(`${home}/.config/stint`, { recursive: true })
    writeFileSync(`${home}/.config/stint/config.toml`, '[tools.mine]\nnew = ["mine"]\n')
    expect(() => readConfig({}, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: expect.objectContaining({ problem: expect.stringContaining('tools.mine.new') }),
      }),
    )
  })

  it('is taken or refused whatever it is, and no other way', () => {
    const keys = ['new', 'resume', 'fork', 'stdin', 'lost', 'events', 'acp', 'program', 'x']
    const inner = ['id', 'text', 'delta', 'usage', 'usage_scope', 'end', 'error', 'when', 'is']
    inner.push('tool_call', 'tool_result', 'name', 'input', 'output')
    const words = ['{prompt}', '{id}', '{session}', '{x}', '{{prompt}}', '{', 'a.b[].c', '', 'a b']
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(...words, true, 1, Number.NaN, new Date(0)),
      fc.string(),
      fc.array(fc.constantFrom(...words), { maxLength: 4 }),
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.dictionary(fc.constantFrom(...inner, 'path', 'input_tokens'), tie('any')),
      ),
    })).any
    const command = fc.constant(['mine', '{session}', '{prompt}'])
    const tool = fc.oneof(
      fc.dictionary(fc.constantFrom(...keys), value),
      fc.record({ new: command, events: value, resume: fc.oneof(command, value) }),
    )
    fc.assert(
      fc.property(tool, fc.string(), (described, prompt) => {
        try {
          const own = decodeTools({ mine: described }, (problem) => new Refused(problem)).mine?.own
          if (own === undefined) return
          const line = ownAdapter('mine', own).plan({ ...request, prompt })
          expect(line?.args).toHaveLength(own.new.length - 1)
        } catch (error) {
          if (!(error instanceof Refused)) throw error
          expect(error.message).toContain('tools.mine')
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the command line of a tool', () => {
  it('has the prompt as it is, in one argument', () => {
    const own = ownOf('[tools.mine]\nnew = ["mine", "--text={prompt}", "{\\"a\\":1}", "{session}"]')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('{id}', '$&', '{prompt}')), (prompt) => {
        const { args } = ownAdapter('mine', own).plan({ ...request, prompt }) ?? {}
        expect(args).toEqual([`--text=${prompt}`, '{"a":1}', request.session])
      }),
    )
  })

  it('gives an id where the tool says none, and else none', () => {
    const given = ownOf('[tools.mine]\nnew = ["mine", "{session}", "{prompt}"]')
    expect(ownAdapter('mine', given).plan(request)?.providerSession).toBe(request.session)
    const said = ownOf(
      '[tools.mine]\nnew = ["mine", "{session}", "{prompt}"]\n[tools.mine.events]\nid = "id"',
    )
    expect(ownAdapter('mine', said).plan(request)?.providerSession).toBeUndefined()
  })

  it('goes on with the id that it is asked for, where the tool says none', () => {
    const ask = { ...request, act: 'resume', providerSession: 'p' } as const
    const words = '"mine", "{prompt}"'
    const silent = `[tools.mine]\nnew = [${words}, "{session}"]\nresume = [${words}, "{id}"]`
    expect(ownAdapter('mine', ownOf(silent)).plan(ask)?.providerSession).toBe('p')
    const said = ownOf(`${silent}\n[tools.mine.events]\nid = "id"`)
    expect(ownAdapter('mine', said).plan(ask)?.providerSession).toBeUndefined()
  })

  it('is there for what was described, and for nothing else', () => {
    const adapter = ownAdapter('mine', ownOf(start))
    expect(adapter.supports).toEqual({ resume: false, fork: false, compact: false })
    for (const act of ['resume', 'fork', 'compact'] as const) {
      expect(adapter.plan({ ...request, act, providerSession: 'p' })).toBeUndefined()
    }
  })
})

describe('the output of a tool', () => {
  const recorded = (name: string) =>
    readFileSync(join(root, 'fixtures/streams/own', `${name}.stdout`), 'utf8')
      .trim()
      .split('\n')
  const described = decode(documented)

  it('is read by its paths', () => {
    const own = described.cursor?.own as OwnTool
    const { events, verdict } = play(own, recorded('cursor'))
    expect(verdict).toEqual({ outcome: 'success' })
    expect(events.filter(({ type }) => type !== 'raw')).toEqual([
      { type: 'provider_session', id: 'c6b62c6f-7ead-4fd6-9922-e952131177ff' },
      { type: 'message', text: 'All done. The answer is 42.' },
      {
        type: 'usage',
        scope: 'run',
        tokens: { input_tokens: 1200, cached_input_tokens: 1000, output_tokens: 34 },
        raw: expect.anything(),
      },
    ])
  })

  it('is read in pieces, and keeps whole what it is not told of', () => {
    const { events, verdict } = play(described.goose?.own as OwnTool, recorded('goose'))
    expect(verdict).toEqual({ outcome: 'success' })
    expect(events.map((event) => (event.type === 'message' ? event.text : event))).toEqual([
      'I will look ',
      'at it.',
      { type: 'tool_call', id: 'call_1', name: 'developer__shell', input: { command: 'ls' } },
      { type: 'tool_result', id: 'call_1', status: 'ok', output: 'README.md' },
      'All done. The answer is 42.',
    ])
  })

  it('may have a number as its id, and no number that no sum can hold', () => {
    const own = ownOf(`${start}[tools.mine.events]
      id = "id"
      usage.input_tokens = "n"`)
    const { events } = play(own, ['{"id":7,"n":5}', '{"id":7,"n":1e300}', '{"n":-1}', '{"n":"5"}'])
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'provider_session', id: '7' },
      { type: 'usage', tokens: { input_tokens: 5 } },
    ])
    expect(events.slice(2).map(({ type }) => type)).toEqual(['raw', 'raw', 'raw'])
  })

  it('has calls and results by their parts, several in a line, and none without what they need', () => {
    const own = ownOf(
      `${start}[tools.mine.events]
      tool_call = { path = "calls[]", id = "id", name = "name", input = "input" }
      tool_result = { path = "results[]", id = "id", output = "output", error = "error" }`,
    )
    const calls = [
      { id: 1, name: 'ls', input: ['a'] },
      { id: 'b', name: 'cat', input: null },
      { id: 'c', name: 'none' },
      { name: 'no id' },
      { id: 'no name' },
      'no object',
    ]
    const results = [
      { id: 1, output: 'fine', error: 0 },
      { id: 'b', output: { lines: 2 }, error: 3 },
      { id: 'c', output: null, error: { message: 'not there' } },
      { id: 'd', error: true },
      { id: 'e', output: '', error: '' },
      { output: 'of nothing' },
    ]
    const { events } = play(own, [JSON.stringify({ calls }), JSON.stringify({ results })])
    expect(events).toEqual([
      { type: 'tool_call', id: '1', name: 'ls', input: ['a'] },
      { type: 'tool_call', id: 'b', name: 'cat', input: null },
      { type: 'tool_call', id: 'c', name: 'none' },
      { type: 'tool_result', id: '1', status: 'ok', output: 'fine' },
      { type: 'tool_result', id: 'b', status: 'failed', output: '{"lines":2}', exit_code: 3 },
      { type: 'tool_result', id: 'c', status: 'failed', output: 'not there' },
      { type: 'tool_result', id: 'd', status: 'failed' },
      { type: 'tool_result', id: 'e', status: 'ok' },
    ])
  })

  it('has the calls that the adapter of the same tool reads', () => {
    const descriptions = {
      'claude-code': `
        tool_call = { path = "message.content[]", id = "id", name = "name", input = "input" }
        tool_result = { path = "message.content[]", id = "tool_use_id", output = "content", error = "is_error" }`,
      opencode: `
        tool_call = { path = "part", id = "callID", name = "tool", input = "state.input" }
        tool_result = { path = "part", id = "callID", output = "state.output", error = "state.metadata.exit" }`,
    }
    const core = ({ events }: { events: readonly ToolEvent[] }) =>
      events.flatMap((event) => {
        if (event.type === 'tool_call') return [[event.id, event.name, event.input]]
        if (event.type === 'tool_result') return [[event.id, event.status, event.output]]
        return []
      })
    for (const [tool, description] of Object.entries(descriptions)) {
      const text = readFileSync(join(root, `fixtures/streams/${tool}/02-tool.stdout`), 'utf8')
      const lines = text.trim().split('\n')
      const stream = findAdapter(tool)?.open()
      const wanted = core({ events: lines.flatMap((line) => stream?.parse(line) ?? []) })
      expect(wanted).toHaveLength(2)
      const own = ownOf(`${start}[tools.mine.events]\n${description}`)
      expect({ tool, calls: core(play(own, lines)) }).toEqual({ tool, calls: wanted })
    }
  })

  it('has no verdict before its end, and failed once it said so', () => {
    const own = described.goose?.own as OwnTool
    expect(play(own, recorded('goose').slice(0, -1)).verdict).toBeUndefined()
    const { events, verdict } = play(own, [
      '{"type":"error","error":"no credits"}',
      '{"type":"complete"}',
    ])
    expect(verdict).toEqual({ outcome: 'failure', text: 'no credits' })
    expect(events).toEqual([{ type: 'error', text: 'no credits' }])
    expect(play(own, ['{"type":"complete","error":null}']).verdict?.outcome).toBe('success')
    expect(play(own, ['{"type":"complete","error":{"message":"bad"}}']).verdict?.text).toBe('bad')
  })

  it('is taken for events or for none, whatever it is', () => {
    const described = {
      new: ['mine', '{prompt}'],
      events: {
        id: '__proto__.a',
        text: 'a[].b[].c',
        error: 'constructor',
        usage: { cost_usd: 'a[].b[]' },
        tool_call: { path: 'a[]', id: 'b', name: 'c', input: 'constructor' },
        tool_result: { path: 'a', id: 'b', output: 'c[]', error: 'a' },
        end: { when: 'a', is: 1 },
      },
    }
    const { mine } = decodeTools({ mine: described }, (problem) => new Refused(problem))
    const own = mine?.own as OwnTool
    const stream = ownAdapter('mine', own).open()
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('any')),
      ),
    })).any
    fc.assert(
      fc.property(
        fc.oneof(
          value.map((one) => JSON.stringify(one)),
          fc.string(),
        ),
        (line) => {
          for (const event of stream.parse(line ?? '') ?? []) {
            expect(typeof event.type).toBe('string')
            if (event.type === 'error') expect(typeof event.text).toBe('string')
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})
