/** Stored conversations as the agents write them, made in a test's own home directory. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const ids = {
  codex: '01a1fb69-8f61-7353-a43e-7d3ff2178861',
  'gemini-cli': '56e24934-1c5b-4d27-9a0e-0a1b2c3d4e5f',
  'claude-code': '7b0d6c1e-3f5a-4c8d-9e2f-112233445566',
}

export type Tool = keyof typeof ids

/** Lines of a file, from objects; a text is a line as it is. */
export function linesOf(records: readonly unknown[]): string {
  return records.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('')
}

/** Puts a file under a home directory, where the tool would. */
export function put(home: string, tool: Tool, text: string, id: string = ids[tool]): string {
  const path = join(
    home,
    {
      codex: `.codex/sessions/2026/02/06/rollout-2026-02-06T10-00-00-${id}.jsonl`,
      'gemini-cli': `.gemini/tmp/demo/chats/session-2026-02-06T10-00-${id.slice(0, 8)}.jsonl`,
      'claude-code': `.claude/projects/-demo/${id}.jsonl`,
    }[tool],
  )
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const at = (second: number) => `2026-02-06T10:00:${String(second).padStart(2, '0')}.000Z`

const codexUse = (input: number, output: number) => ({
  input_tokens: input,
  cached_input_tokens: 10,
  output_tokens: output,
  reasoning_output_tokens: 0,
})

/** A turn with a call that ended, and one that never did. */
export function codexRecords(cwd: string, id: string = ids.codex): unknown[] {
  const line = (second: number, type: string, payload: object) => ({
    timestamp: at(second),
    ordinal: second,
    type,
    payload,
  })
  const item = (second: number, payload: object) => line(second, 'response_item', payload)
  const event = (second: number, payload: object) => line(second, 'event_msg', payload)
  const message = (role: string, text: string) => ({
    type: 'message',
    role,
    content: [{ type: role === 'user' ? 'input_text' : 'output_text', text }],
  })
  const total = (input: number, output: number) => ({
    type: 'token_count',
    info: { total_token_usage: codexUse(input, output) },
  })
  return [
    line(0, 'session_meta', { id, timestamp: at(0), cwd, git: { branch: 'main' } }),
    event(1, { type: 'task_started' }),
    item(1, message('developer', 'be brief')),
    item(1, message('user', '<environment_context>here</environment_context>')),
    item(2, message('user', 'fix the build')),
    event(2, { type: 'user_message', message: 'fix the build' }),
    line(2, 'turn_context', { cwd }),
    event(3, { type: 'agent_reasoning', text: 'look first' }),
    item(3, { type: 'reasoning', summary: [{ type: 'summary_text', text: 'look first' }] }),
    item(4, { type: 'function_call', name: 'shell', arguments: '{"cmd":"make"}', call_id: 'c1' }),
    item(5, { type: 'function_call_output', call_id: 'c1', output: 'ok' }),
    event(5, total(100, 20)),
    event(6, { type: 'agent_message', message: 'All done.' }),
    item(6, message('assistant', 'All done.')),
    event(6, total(100, 20)),
    event(7, total(150, 30)),
    event(7, { type: 'task_complete', last_agent_message: 'All done.' }),
    event(8, { type: 'task_started' }),
    item(9, message('user', 'and test it')),
    event(9, { type: 'user_message', message: 'and test it' }),
    item(10, { type: 'a_kind_of_tomorrow', text: 'new' }),
    item(11, message('assistant', 'Testing')),
    event(12, total(200, 40)),
  ]
}

export function claudeRecords(cwd: string, id: string = ids['claude-code']): unknown[] {
  let lines = 0
  const line = (second: number, type: string, more: object) => ({
    type,
    uuid: `u${lines++}`,
    sessionId: id,
    cwd,
    gitBranch: 'main',
    timestamp: at(second),
    ...more,
  })
  const said = (second: number, message: string, block: object, output: number, stop?: string) =>
    line(second, 'assistant', {
      message: {
        id: message,
        role: 'assistant',
        content: [block],
        stop_reason: stop ?? null,
        usage: {
          input_tokens: 5,
          cache_read_input_tokens: 10,
          cache_creation_input_tokens: 85,
          output_tokens: output,
        },
      },
    })
  const asked = (second: number, content: unknown) =>
    line(second, 'user', { message: { role: 'user', content } })
  return [
    { type: 'summary', summary: 'a build' },
    { type: 'file-history-snapshot', messageId: 'x' },
    asked(2, 'fix the build'),
    said(3, 'm1', { type: 'thinking', thinking: 'look first' }, 1),
    said(4, 'm1', { type: 'tool_use', id: 'c1', name: 'Bash', input: { command: 'make' } }, 12),
    asked(5, [{ type: 'tool_result', tool_use_id: 'c1', content: 'ok' }]),
    said(6, 'm2', { type: 'text', text: 'All done.' }, 18, 'end_turn'),
    asked(9, 'and test it'),
    { ...line(10, 'tomorrow', {}) },
    said(11, 'm3', { type: 'text', text: 'Testing' }, 10),
  ]
}

export function geminiRecords(id: string = ids['gemini-cli']): unknown[] {
  const call = { id: 'c1', name: 'shell', args: { command: 'make' }, timestamp: at(4) }
  const first = { id: 'm1', timestamp: at(3), type: 'gemini', content: '' }
  const done = {
    ...first,
    thoughts: [{ subject: 'look', description: 'first', timestamp: at(3) }],
    toolCalls: [
      {
        ...call,
        status: 'success',
        result: [{ functionResponse: { id: 'c1', response: { output: 'ok' } } }],
      },
    ],
    tokens: { input: 100, output: 8, cached: 10, thoughts: 4, tool: 0, total: 112 },
  }
  return [
    { sessionId: id, projectHash: 'h', startTime: at(0), lastUpdated: at(0), kind: 'main' },
    { id: 'p1', timestamp: at(2), type: 'user', content: [{ text: 'fix the build' }] },
    first,
    { $set: { lastUpdated: at(4) } },
    { ...first, toolCalls: [{ ...call, status: 'executing' }] },
    done,
    {
      id: 'm2',
      timestamp: at(6),
      type: 'gemini',
      content: 'All done.',
      tokens: { input: 50, output: 18, cached: 0, total: 68 },
    },
    { id: 'p2', timestamp: at(9), type: 'user', content: 'and test it' },
    { id: 'm3', timestamp: at(11), type: 'tomorrow', content: 'Testing' },
  ]
}

/** The conversation of a tool, in a place's project. */
export function store(place: { dir: string; cwd: string }, tool: Tool): string {
  const text = linesOf(
    {
      codex: () => codexRecords(place.cwd),
      'claude-code': () => claudeRecords(place.cwd),
      'gemini-cli': () => geminiRecords(),
    }[tool](),
  )
  if (tool === 'gemini-cli') {
    mkdirSync(join(place.dir, '.gemini/tmp/demo'), { recursive: true })
    writeFileSync(join(place.dir, '.gemini/tmp/demo/.project_root'), place.cwd)
  }
  return put(place.dir, tool, text)
}
