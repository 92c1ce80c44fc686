import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Conversation, type ConversationSpec, converse } from '../../lib/tools/acp.ts'
import { openUpdates, usageOf } from '../../lib/tools/acp-updates.ts'
import type { Permission } from '../../lib/tools/adapter.ts'
import type { ToolEvent } from '../../lib/tools/event.ts'

const fixtures = join(import.meta.dirname, '../../fixtures')
const agent = join(fixtures, 'agents/acp-agent.mjs')
const recording = (name: string) => join(fixtures, `streams/acp/${name}.jsonl`)

type Options = Partial<ConversationSpec>

const defaults = {
  cwd: '/home/dev/project',
  act: 'new',
  prompt: 'say hi',
  permission: 'deny',
  clientVersion: '0.0.0',
} as const

interface Talk {
  readonly conversation: Conversation
  readonly events: ToolEvent[]
  /** What was no message of the protocol. */
  readonly plain: string[]
  readonly written: string[]
  readonly exited: Promise<unknown>
}

/** A turn with the fake agent as a process. */
async function talk(args: readonly string[], options: Options = {}): Promise<Talk> {
  const child = spawn(process.execPath, [agent, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => undefined)
  const exited = new Promise((resolve) => child.once('close', resolve))
  const events: ToolEvent[] = []
  const plain: string[] = []
  const written: string[] = []
  const conversation = await converse({
    ...defaults,
    write: (line) => {
      written.push(line)
      child.stdin.write(line)
    },
    closeInput: () => child.stdin.end(),
    onEvent: (event) => events.push(event),
    ...options,
  })
  createInterface({ input: child.stdout })
    .on('line', (line) => {
      if (!conversation.take(line)) plain.push(line)
    })
    .on('close', conversation.end)
  return { conversation, events, plain, written, exited }
}

/** A turn from its beginning to the agent's exit. */
async function play(args: readonly string[], options: Options = {}) {
  const turn = await talk(args, options)
  const ending = await turn.conversation.done
  await turn.exited
  return { ...turn, ending }
}

function textIn(events: readonly ToolEvent[]): string {
  return events.map((event) => (event.type === 'message' ? event.text : '')).join('')
}

function ofType<T extends ToolEvent['type']>(events: readonly ToolEvent[], type: T) {
  return events.filter((event) => event.type === type) as Extract<ToolEvent, { type: T }>[]
}

const outcomesIn = (events: readonly ToolEvent[]) =>
  ofType(events, 'raw').flatMap(({ data }) => ('outcome' in data ? [data.outcome] : []))

const rejections: unknown[] = []
const note = (error: unknown) => rejections.push(error)

beforeEach(() => {
  rejections.length = 0
  process.on('unhandledRejection', note)
  vi.spyOn(console, 'error')
})

afterEach(() => {
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
  expect(console.error).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})

const opencodeEvents = [
  { type: 'provider_session', id: 'ses_e0480d096ffemIwU3mo1D51K8R' },
  {
    type: 'tool_call',
    id: 'call_2',
    name: 'execute',
    input: {
      command: 'echo hello-from-tool && printf "line2\\n"',
      description: 'mock command',
      cwd: '/home/dev/project',
    },
    data: {
      title: 'echo hello-from-tool && printf "line2\\n"',
      kind: 'execute',
      locations: [{ path: '/home/dev/project' }],
    },
  },
  {
    type: 'tool_result',
    id: 'call_2',
    status: 'ok',
    output: 'hello-from-tool\nline2\n',
    exit_code: 0,
  },
  ...[
    'All ',
    'done. ',
    'The ',
    'answer ',
    'is ',
    '42. ',
    '(scenario ',
    'TOOL, ',
    'request ',
    '3)',
  ].map((text) => ({
    type: 'message',
    text,
    delta: true,
    block: 'msg_1fb7f3eaf0010bJfd5FVsBDNYv',
  })),
  { type: 'usage', scope: 'thread', tokens: { cost_usd: 0.000741 }, raw: expect.anything() },
  {
    type: 'usage',
    scope: 'step',
    tokens: { input_tokens: 1203, cached_input_tokens: 1000, output_tokens: 34 },
    raw: { inputTokens: 203, outputTokens: 34, totalTokens: 1237, cachedReadTokens: 1000 },
  },
]

const geminiCall = 'run_shell_command__run_shell_command_1795220756364_0'
const geminiEvents = [
  { type: 'provider_session', id: 'b3cb4623-7d46-4ff3-aa24-19e0a15ce066' },
  {
    type: 'tool_call',
    id: geminiCall,
    name: 'execute',
    data: { title: 'echo hello-from-tool && printf "line2\\n"', kind: 'execute' },
  },
  {
    type: 'raw',
    data: expect.objectContaining({
      method: 'session/request_permission',
      outcome: { outcome: 'selected', optionId: 'proceed_once' },
    }),
  },
  { type: 'tool_result', id: geminiCall, status: 'ok' },
  ...['All done. ', 'The answer is 42. ', '(scenario TOOL, request 2)'].map((text) => ({
    type: 'message',
    text,
    delta: true,
  })),
  {
    type: 'usage',
    scope: 'run',
    tokens: { input_tokens: 2403, output_tokens: 68 },
    raw: expect.anything(),
  },
]

describe('a recorded turn', () => {
  const recordings = [
    ['opencode', opencodeEvents],
    ['gemini', geminiEvents],
  ] as const

  for (const [name, expected] of recordings) {
    test.each([1, 7, 1024, 1 << 20])(`of ${name} in pieces of %d bytes`, async (bytes) => {
      const { ending, events, plain } = await play(['replay', recording(name), String(bytes)], {
        permission: 'allow',
      })
      expect(ending).toEqual({ outcome: 'success' })
      expect(events).toEqual(expected)
      expect(plain).toEqual([])
    })

    test(`of ${name} is the same however its lines come together`, async () => {
      const messages = readFileSync(recording(name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { dir: string; msg: unknown })
      await fc.assert(
        fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (pauses) => {
          const events: ToolEvent[] = []
          let written = 0
          const conversation = await converse({
            ...defaults,
            permission: 'allow',
            write: () => written++,
            closeInput: () => undefined,
            onEvent: (event) => events.push(event),
          })
          let asked = 0
          for (const { dir, msg } of messages) {
            if (dir === '>') {
              asked++
              await vi.waitUntil(() => written >= asked, { interval: 1 })
              continue
            }
            if (pauses.next().value) await new Promise(setImmediate)
            expect(conversation.take(JSON.stringify(msg))).toBe(true)
          }
          conversation.end()
          expect(await conversation.done).toEqual({ outcome: 'success' })
          expect(events).toEqual(expected)
        }),
        { numRuns: 20 },
      )
    })
  }
})

describe('the beginning of a turn', () => {
  test('asks for a session, refuses files and terminals, and closes the input at the end', async () => {
    const { ending, events, written } = await play(['plain'])
    expect(ending).toEqual({ outcome: 'success' })
    expect(events).toEqual([
      { type: 'provider_session', id: 'made' },
      { type: 'thought', text: 'thinking', delta: true },
      { type: 'message', text: 'you said say hi', delta: true, block: 'm1' },
    ])
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      {
        method: 'initialize',
        params: {
          protocolVersion: 1,
          clientCapabilities: {
            fs: { readTextFile: false, writeTextFile: false },
            terminal: false,
          },
          clientInfo: { name: 'stint', version: '0.0.0' },
        },
      },
      { method: 'session/new', params: { cwd: '/home/dev/project', mcpServers: [] } },
      { method: 'session/prompt', params: { sessionId: 'made' } },
    ])
  })

  test('leaves out the replay of a loaded session, before and after the answer', async () => {
    const { ending, events } = await play(['load'], { act: 'resume', providerSession: 'old' })
    expect(ending).toEqual({ outcome: 'success' })
    expect(events).toEqual([
      { type: 'provider_session', id: 'old' },
      { type: 'thought', text: 'thinking', delta: true },
      { type: 'message', text: 'you said say hi', delta: true, block: 'm1' },
    ])
  })

  test('resumes where the agent can', async () => {
    const { ending, events, written } = await play(['resume'], {
      act: 'resume',
      providerSession: 'old',
    })
    expect(ending).toEqual({ outcome: 'success' })
    expect(events[0]).toEqual({ type: 'provider_session', id: 'old' })
    expect(JSON.parse(written[1] ?? '').method).toBe('session/resume')
  })

  test('forks into a session with an id of its own', async () => {
    const { ending, events } = await play(['fork'], { act: 'fork', providerSession: 'old' })
    expect(ending).toEqual({ outcome: 'success' })
    expect(events[0]).toEqual({ type: 'provider_session', id: 'copy' })
  })

  test.each(['plain', 'fork-lost', 'fork-missing'])(
    'is told of the past where there is no copy of it (%s)',
    async (scenario) => {
      const primed = { prompt: 'we said hello', from: 'A' }
      const fork = { act: 'fork', providerSession: 'old', primed } as const
      const { ending, events, written } = await play([scenario], fork)
      expect(ending).toEqual({ outcome: 'success' })
      expect(events[0]).toEqual({ type: 'provider_session', id: 'made', primed_from: 'A' })
      expect(textIn(events)).toBe('you said we said hello')
      const asked = written.map((line) => JSON.parse(line).method)
      expect(asked.slice(-2)).toEqual(['session/new', 'session/prompt'])
      expect(asked.includes('session/fork')).toBe(scenario !== 'plain')
    },
  )

  test('begins nothing anew where a fork fails for another reason', async () => {
    const primed = { prompt: 'we said hello', from: 'A' }
    const fork = { act: 'fork', providerSession: 'old', primed } as const
    const { ending, written } = await play(['fork-login'], fork)
    expect(ending).toMatchObject({ outcome: 'failure', why: 'login_needed' })
    expect(written).toHaveLength(2)
  })

  test('has lost a session that it fails to open and does not list', async () => {
    const resume = (id: string, ...args: string[]) =>
      play(['vague', ...args], { act: 'resume', providerSession: id })
    const text = 'Internal error: service failure'
    const failure = { outcome: 'failure', text } as const
    expect((await resume('gone')).ending).toEqual({ ...failure, why: 'session_lost' })
    expect((await resume('old')).ending).toEqual(failure)
    expect((await resume('old', 'elsewhere')).ending).toEqual(failure)
    for (const list of ['mute', 'many', 'refused']) {
      expect((await resume('gone', list)).ending).toEqual(failure)
    }
  })

  test.each(['{', 'no '])(
    'is not held up by an agent that says %j again and again',
    async (word) => {
      const before = process.cpuUsage()
      const text = `session ${word.repeat(120_000 / word.length)}`
      const resume = { act: 'resume', providerSession: 'old' } as const
      const { ending } = await play(['verbose', text], resume)
      expect(ending).toEqual({ outcome: 'failure', text })
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000)
    },
  )

  test.each(['load', 'lost', 'nested'])('says that the session is lost (%s)', async (scenario) => {
    const { ending, events } = await play([scenario], { act: 'resume', providerSession: 'gone' })
    expect(ending).toMatchObject({ outcome: 'failure', why: 'session_lost' })
    expect(events).toEqual([])
  })

  test.each(['resume', 'fork', 'compact'] as const)(
    'cannot %s where the agent cannot',
    async (act) => {
      const { ending } = await play(['plain'], { act, providerSession: 'old' })
      expect(ending).toMatchObject({ outcome: 'failure', why: 'unsupported' })
    },
  )

  test('cannot speak another version', async () => {
    const { ending } = await play(['version'])
    expect(ending).toMatchObject({ outcome: 'failure', why: 'unsupported' })
    expect(ending?.text).toContain('version 2')
  })

  test('names the ways to log in', async () => {
    const { ending } = await play(['login'])
    expect(ending).toEqual({
      outcome: 'failure',
      text: 'Authentication required (its ways to log in: API key, Browser)',
      why: 'login_needed',
    })
  })

  test('compacts with the command that the agent announced', async () => {
    const { ending, events } = await play(['load-compact'], {
      act: 'compact',
      providerSession: 'old',
      prompt: '',
    })
    expect(ending).toEqual({ outcome: 'success' })
    expect(textIn(events)).toBe('you said /compact')
    expect(events.at(-1)).toEqual({ type: 'compacted' })
  })

  test('cannot compact where no command was announced', async () => {
    const { ending, events } = await play(['resume'], { act: 'compact', providerSession: 'old' })
    expect(ending).toMatchObject({ outcome: 'failure', why: 'unsupported' })
    expect(events).toEqual([{ type: 'provider_session', id: 'old' }])
  })
})

describe('a permission request', () => {
  type Ask = ConversationSpec['ask']
  const answers: readonly (readonly [Permission, Ask, string, string])[] = [
    ['allow', undefined, 'once', 'ok'],
    ['deny', undefined, 'no', 'declined'],
    ['ask', undefined, 'no', 'declined'],
    ['ask', async () => 'always', 'always', 'ok'],
    ['ask', async () => undefined, 'no', 'declined'],
    ['ask', async () => 'none of them', 'no', 'declined'],
    ['ask', () => Promise.reject(new Error('no terminal')), 'no', 'declined'],
  ]
  test.each(answers)('under %s (%s) is answered %s', async (permission, ask, optionId, status) => {
    const { ending, events } = await play(['tool'], {
      permission,
      ...(ask === undefined ? {} : { ask }),
    })
    expect(ending).toEqual({ outcome: 'success' })
    expect(events.map(({ type }) => type)).toEqual([
      'provider_session',
      'tool_call',
      'raw',
      'tool_result',
    ])
    expect(outcomesIn(events)).toEqual([{ outcome: 'selected', optionId }])
    expect(events.at(-1)).toMatchObject({ type: 'tool_result', id: 'call-1', status })
  })

  test('before there is a prompt is cancelled', async () => {
    const { ending, events } = await play(['early'], { permission: 'allow' })
    expect(ending).toEqual({ outcome: 'success' })
    expect(events[0]).toEqual({ type: 'provider_session', id: 'made' })
    expect(outcomesIn(events)).toEqual([])
  })
})

describe('cancel', () => {
  const begun = ({ events }: Talk) =>
    vi.waitUntil(() => textIn(events) === 'working', { interval: 5 })

  test('ends a turn as cancelled, in whichever way the agent breaks off', async () => {
    for (const way of ['answering', 'throwing']) {
      const turn = await talk(['cancel', way])
      await begun(turn)
      expect(await turn.conversation.cancel(5_000)).toBe(true)
      expect(await turn.conversation.done).toMatchObject({ outcome: 'cancelled' })
      await turn.exited
    }
  })

  test('answers what is being asked, and takes the question back', async () => {
    let withdrawn = false
    const turn = await talk(['cancel', 'asking'], {
      permission: 'ask',
      ask: (_question, signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            withdrawn = true
          })
        }),
    })
    await vi.waitUntil(() => ofType(turn.events, 'tool_call').length > 0, { interval: 5 })
    expect(await turn.conversation.cancel(5_000)).toBe(true)
    expect(withdrawn).toBe(true)
    expect(outcomesIn(turn.events)).toEqual([{ outcome: 'cancelled' }])
    expect(await turn.conversation.done).toEqual({ outcome: 'cancelled' })
  })

  test('gives up at the deadline', async () => {
    const turn = await talk(['cancel', 'deaf'])
    await begun(turn)
    expect(await turn.conversation.cancel(50)).toBe(false)
  })

  test('before the prompt means that there is none', async () => {
    const turn = await talk(['silent'])
    expect(await turn.conversation.cancel(5_000)).toBe(true)
    expect(await turn.conversation.done).toEqual({ outcome: 'cancelled' })
    await turn.exited
    expect(turn.written.join('')).not.toContain('session/prompt')
  })
})

describe('the end of a turn', () => {
  test.each(['refusal', 'max_tokens', 'max_turn_requests'])(
    'is a failure for %s',
    async (reason) => {
      const { ending } = await play([reason])
      expect(ending).toEqual({ outcome: 'failure', text: expect.any(String) })
    },
  )

  test('is a failure where no reason is given', async () => {
    const text = 'the agent did not say why it stopped'
    expect((await play(['speechless'])).ending).toEqual({ outcome: 'failure', text })
  })

  test('is a failure where codex says that its conversation is in error', async () => {
    expect((await play(['broken'])).ending).toMatchObject({ outcome: 'failure' })
    expect((await play(['mended'])).ending).toEqual({ outcome: 'success' })
  })

  test('is a failure with the message of an error', async () => {
    const { ending } = await play(['error'])
    expect(ending).toEqual({ outcome: 'failure', text: 'the model is not there' })
    const error = JSON.stringify({ error: { code: 400, message: 'it is too hot' } })
    for (const [told, text] of [
      [error, 'it is too hot'],
      [`API Error: 400 ${error}`, 'API Error: 400 it is too hot'],
      ['{braces}', '{braces}'],
    ] as const) {
      expect((await play(['error', told])).ending).toEqual({ outcome: 'failure', text })
    }
  })

  test('is not known when the agent dies', async () => {
    const { ending, events } = await play(['crash'])
    expect(ending).toBeUndefined()
    expect(textIn(events)).toBe('half an ans')
  })
})

describe('an agent that misbehaves', () => {
  test('by answering what was not asked, or twice, changes nothing', async () => {
    const { ending, events } = await play(['ids'])
    expect(ending).toEqual({ outcome: 'success' })
    expect(textIn(events)).toBe('still here')
  })

  test('with lines and values of any kind is followed all the same', async () => {
    const { ending, events, plain, written } = await play(['garbage'], { permission: 'allow' })
    expect(ending).toEqual({ outcome: 'success' })
    expect(textIn(events)).toBe('after it')
    expect(plain).toEqual([
      '\u001b[31mwarning\u001b[0m',
      '{"jsonrpc":"2.0"',
      '[{"jsonrpc":"2.0","method":"x"}]',
      'null',
      '{}',
      '',
      '{"jsonrpc":"2.0","id":{},"method":"session/update"}',
    ])
    expect(events).toContainEqual({ type: 'raw', data: { sessionUpdate: 'new_kind', of: 1 } })
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set(['provider_session', 'raw', 'message']),
    )
    const errors = written.map((line) => JSON.parse(line)).filter(({ error }) => error)
    expect(errors).toMatchObject([
      { id: 'p', error: { code: -32602 } },
      { id: 'f', error: { code: -32601 } },
    ])
  })

  test('with a byte order mark before its first line is followed all the same', async () => {
    const { ending, events } = await play(['mark'])
    expect(ending).toEqual({ outcome: 'success' })
    expect(textIn(events)).toBe(textIn((await play(['plain'])).events))
  })

  test('by an update of a call that was never announced has it told and ended once', async () => {
    const { events } = await play(['unannounced'])
    expect(events.slice(1)).toEqual([
      {
        type: 'tool_call',
        id: 'call-1',
        name: 'execute',
        input: { command: 'ls' },
        data: { title: 'ls', kind: 'execute' },
      },
      { type: 'tool_result', id: 'call-1', status: 'failed', exit_code: 2 },
    ])
  })

  test("with a subagent's updates does not mix them in", async () => {
    const { events } = await play(['subagent'])
    expect(textIn(events)).toBe('ours')
  })

  test('with very many updates keeps their order', async () => {
    const { ending, events } = await play(['flood'])
    expect(ending).toEqual({ outcome: 'success' })
    expect(textIn(events)).toBe(Array.from({ length: 20_000 }, (_, i) => `${i} `).join(''))
  })
})

describe('what an agent sends', () => {
  test('never throws, whatever it is, and its events are of this turn', async () => {
    const key = fc.constantFrom(
      ...[
        'sessionId',
        'update',
        'sessionUpdate',
        'content',
        'type',
        'text',
        'toolCallId',
        'status',
      ],
      ...['rawInput', 'rawOutput', 'metadata', 'exit', 'entries', 'cost', 'amount', 'currency'],
      ...['result', 'error', 'code', 'message', 'toolCall', 'options', 'kind', 'optionId', 'name'],
      ...['availableCommands', 'stopReason', 'usage', '_meta', 'quota', 'token_count', 'title'],
    )
    const leaf = fc.oneof(
      fc.constantFrom('s', 'agent_message_chunk', 'tool_call', 'tool_call_update', 'plan'),
      fc.constantFrom('usage_update', 'available_commands_update', 'text', 'content', 'completed'),
      fc.constantFrom(-32000, -1, 0, 1.5, 2 ** 53, null, true, ''),
    )
    const { value } = fc.letrec<{ value: unknown; table: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5, depthSize: 'medium' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        tie('table'),
      ),
      table: fc.dictionary(key, tie('value'), { maxKeys: 6 }),
    }))
    const method = fc.constantFrom(
      ...['session/update', 'session/request_permission', 'fs/read_text_file', '$/cancel_request'],
      ...['elicitation/complete', '_own'],
    )
    const id = fc.constantFrom(0, 1, 2, '1', null, -1)
    const message = fc.oneof(
      fc.record({ method, params: value }),
      fc.record({ id, method, params: value }),
      fc.record({ id, result: value }),
      fc.record({ id, error: value }),
      fc.record({
        method: fc.constant('session/update'),
        params: fc.record({ sessionId: fc.constant('s'), update: value }),
      }),
    )
    const promptedAnswers = [{ protocolVersion: 1 }, { sessionId: 's' }]
    await fc.assert(
      fc.asyncProperty(fc.array(message), fc.nat(2), async (messages, answered) => {
        const events: ToolEvent[] = []
        let closed = 0
        const conversation = await converse({
          ...defaults,
          permission: 'allow',
          write: (line) => expect(closed, line).toBe(0),
          closeInput: () => closed++,
          onEvent: (event) => events.push(event),
        })
        const settled = () => new Promise(setImmediate)
        await settled()
        for (const [id, result] of promptedAnswers.slice(0, answered).entries()) {
          conversation.take(JSON.stringify({ jsonrpc: '2.0', id, result }))
          await settled()
        }
        for (const it of messages) {
          expect(conversation.take(JSON.stringify({ jsonrpc: '2.0', ...it }))).toBe(true)
        }
        conversation.end()
        await conversation.done
        expect(closed).toBe(1)
        for (const [at, event] of events.entries()) {
          expect(event.type === 'provider_session').toBe(at === 0)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('tells a call once and before its only result', () => {
    const update = fc.record(
      {
        sessionUpdate: fc.constantFrom('tool_call', 'tool_call_update'),
        toolCallId: fc.constantFrom('a', 'b', 'c'),
        status: fc.constantFrom('pending', 'in_progress', 'completed', 'failed', 'other'),
        rawInput: fc.constantFrom({}, { cwd: '/' }, { command: 'ls' }),
        title: fc.constant('title'),
      },
      { requiredKeys: ['sessionUpdate', 'toolCallId'] },
    )
    fc.assert(
      fc.property(fc.array(update), (sent) => {
        const updates = openUpdates()
        const events = [...sent.flatMap((it) => updates.parse(it)), ...updates.end()]
        const known = new Set(sent.map(({ toolCallId }) => toolCallId))
        for (const id of known) {
          const mine = events.flatMap((event) => ('id' in event && event.id === id ? [event] : []))
          const ends = sent.some(
            (it) => it.toolCallId === id && /completed|failed/.test(it.status ?? ''),
          )
          expect(mine.map(({ type }) => type)).toEqual(
            ends ? ['tool_call', 'tool_result'] : ['tool_call'],
          )
        }
      }),
    )
  })

  test('that never ended is told with what it had put out, once nothing more comes', () => {
    const updates = openUpdates()
    const content = [{ type: 'content', content: { type: 'text', text: 'half' } }]
    const begun = { sessionUpdate: 'tool_call', toolCallId: 'c', name: 'sh', rawInput: { a: 1 } }
    const told = [
      ...updates.parse({ ...begun, status: 'in_progress', content }),
      ...updates.parse({ ...begun, toolCallId: 'silent', status: 'in_progress' }),
      ...updates.rest(),
    ]
    expect(told.at(-1)).toEqual({
      type: 'tool_result',
      id: 'c',
      status: 'failed',
      output: 'half',
      data: { partial: true },
    })
    expect(ofType(told, 'tool_result')).toHaveLength(1)
    expect(updates.parse({ ...begun, status: 'completed', content })).toEqual([])
    expect(updates.rest()).toEqual([])
  })

  test('has as its output what it gives, whatever that is', () => {
    for (const [rawOutput, output] of [
      ['text', 'text'],
      [{ lines: [1] }, '{"lines":[1]}'],
      [{ output: { a: 1 }, metadata: { exit: 0 } }, '{"a":1}'],
      [{ metadata: { exit: 2 } }, undefined],
    ] as const) {
      const call = { sessionUpdate: 'tool_call', toolCallId: 'c', status: 'completed', rawOutput }
      const [result] = ofType(openUpdates().parse(call), 'tool_result')
      expect(result?.output).toBe(output)
    }
  })

  test('has the output and the exit status of the terminal that codex says it ran in', () => {
    const updates = openUpdates()
    const said = (update: object) =>
      updates.parse({ sessionUpdate: 'tool_call_update', toolCallId: 'c', ...update })
    const piece = (data: string) => ({ terminal_output_delta: { data, terminal_id: 'c' } })
    said({ status: 'in_progress', content: [{ type: 'terminal', terminalId: 'c' }] })
    said({ _meta: piece('one\n') })
    const exit = { terminal_exit: { exit_code: 0, signal: null } }
    expect(said({ status: 'completed', _meta: { ...piece('two\n'), ...exit } })).toEqual([
      { type: 'tool_result', id: 'c', status: 'ok', output: 'one\ntwo\n', exit_code: 0 },
    ])
  })

  test.each([{ exit_code: 2 }, { output: 'no', metadata: { exit: 2 } }])(
    'has failed where a command did (%j)',
    (rawOutput) => {
      const call = { sessionUpdate: 'tool_call', toolCallId: 'c', status: 'completed', rawOutput }
      const [result] = ofType(openUpdates().parse(call), 'tool_result')
      expect(result).toMatchObject({ status: 'failed', exit_code: 2 })
    },
  )

  test.each([
    ['total', 'thread', [0.25, 0.75]],
    ['kept', 'thread', [0.25, 0.75]],
    ['anew', 'run', [0.25, 0.5]],
  ])('costs what its session has, or what its process has (%s)', async (name, scope, amounts) => {
    const { events } = await play([name])
    const used = ofType(events, 'usage')
    expect(used.map(({ tokens }) => tokens.cost_usd)).toEqual(amounts)
    expect(used.map((one) => one.scope)).toEqual([scope, scope])
  })

  test('costs nothing that no sum can hold', () => {
    for (const amount of [1e300, -1, '1', null]) {
      const update = { sessionUpdate: 'usage_update', cost: { amount, currency: 'USD' } }
      expect(openUpdates().parse(update)).toEqual([{ type: 'raw', data: update }])
    }
  })

  test('ends a call that was declined when the agent speaks again, or is done', () => {
    const call = { toolCallId: 'c', title: 'ls', kind: 'execute' }
    const speech = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'so' } }
    const late = { sessionUpdate: 'tool_call_update', toolCallId: 'c', status: 'failed' }
    const declined = { type: 'tool_result', id: 'c', status: 'declined' }
    for (const next of ['speech', 'end', 'update'] as const) {
      const updates = openUpdates()
      updates.introduce(call)
      updates.decline('c')
      const events = {
        speech: () => [...updates.parse(speech), ...updates.parse(late), ...updates.end()],
        end: () => updates.end(),
        update: () => [...updates.parse(late), ...updates.parse(speech), ...updates.end()],
      }[next]()
      expect(ofType(events, 'tool_result')).toEqual([declined])
    }
  })

  test('is remembered for so many calls and no more', () => {
    const updates = openUpdates()
    const size = 100_000
    const content = [{ type: 'content', content: { type: 'text', text: 'x'.repeat(size) } }]
    for (let i = 0; i < 2_000; i++) {
      updates.parse({ sessionUpdate: 'tool_call', toolCallId: `${i}`, content })
    }
    expect(updates.end().length).toBeLessThan(300)
  })

  test('throws what its reader throws, and closes the input', async () => {
    let closed = 0
    const conversation = await converse({
      ...defaults,
      write: () => undefined,
      closeInput: () => closed++,
      onEvent: () => {
        throw new Error('a bug')
      },
    })
    for (const [id, result] of [{ protocolVersion: 1 }, { sessionId: 's' }].entries()) {
      await new Promise(setImmediate)
      conversation.take(JSON.stringify({ jsonrpc: '2.0', id, result }))
    }
    await expect(conversation.done).rejects.toThrow('a bug')
    expect(closed).toBe(1)
  })
})

describe('usage', () => {
  test.each([
    [
      'input without the cached',
      { inputTokens: 10, outputTokens: 5, totalTokens: 115, cachedReadTokens: 100 },
      110,
    ],
    [
      'input with the cached',
      { inputTokens: 110, outputTokens: 5, totalTokens: 115, cachedReadTokens: 100 },
      110,
    ],
    [
      'written to the cache',
      { inputTokens: 10, outputTokens: 5, totalTokens: 22, cachedWriteTokens: 7 },
      17,
    ],
    ['no cache', { inputTokens: 10, outputTokens: 5 }, 10],
    ['no input', { outputTokens: 5 }, undefined],
  ])('counts %s', (_name, usage, input_tokens) => {
    expect(usageOf({ usage })).toMatchObject([{ scope: 'step', tokens: { output_tokens: 5 } }])
    const [event] = usageOf({ usage })
    expect(event?.type === 'usage' && event.tokens.input_tokens).toBe(input_tokens)
  })

  test.each([
    ['without the thought', { inputTokens: 110, outputTokens: 5, totalTokens: 118 }],
    ['without it and the cached', { inputTokens: 10, outputTokens: 5, totalTokens: 118 }],
    ['with it', { inputTokens: 110, outputTokens: 8, totalTokens: 118 }],
    ['with it, without the cached', { inputTokens: 10, outputTokens: 8, totalTokens: 118 }],
    ['with it and no total', { inputTokens: 10, outputTokens: 8 }],
  ])('counts output %s', (_name, counts) => {
    const usage = { ...counts, thoughtTokens: 3, cachedReadTokens: 100 }
    const tokens = { input_tokens: 110, output_tokens: 8, reasoning_tokens: 3 }
    expect(usageOf({ usage })).toMatchObject([{ tokens }])
  })

  test('is absent where nothing is known', () => {
    for (const answer of [
      null,
      {},
      { usage: {} },
      { _meta: { quota: { token_count: { input_tokens: '7' } } } },
    ]) {
      expect(usageOf(answer)).toEqual([])
    }
  })
})
