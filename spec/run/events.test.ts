import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readTranscript, runTurn, type ToolEvent } from '../../lib/index.ts'
import { makeStore } from '../support/place.ts'

/** A turn of a tool that prints these lines: what is shown of it, and what is kept. */
async function play(tool: string, lines: readonly object[]) {
  const store = makeStore()
  const file = path.join(store.projectPath, 'stream')
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const shown: ToolEvent[] = []
  const { result } = await runTurn(store, {
    task: { kind: 'command', tool, argv: ['cat', file] },
    target: { kind: 'new' },
    cwd: store.projectPath,
    show: (event) => shown.push(event),
  })
  const entries = [...readTranscript(store, result.session_id)].map(({ entry }) => entry)
  return { result, shown, entries }
}

it('shows what the turn has used so far', async () => {
  const step = (input: number, reason: string) => ({
    type: 'step_finish',
    sessionID: 's',
    part: { id: `p${input}`, reason, tokens: { input, output: 1 } },
  })
  const { shown } = await play('opencode', [step(10, 'tool-calls'), step(20, 'stop')])
  const used = shown.flatMap((event) => (event.type === 'usage' ? [event.tokens] : []))
  expect(used).toEqual([
    { input_tokens: 10, output_tokens: 1 },
    { input_tokens: 30, output_tokens: 2 },
  ])
})

it('keeps no secret that the next piece of a text goes on behind', async () => {
  const key = `AKIA${'72KCMGCM24KGXBNO'}`
  const { result, entries } = await play('gemini-cli', [
    ...[`All done. ${key}`, 'The answer is 42.'].map((content) => ({
      ...{ type: 'message', role: 'assistant', delta: true },
      content,
    })),
    { type: 'result', status: 'success' },
  ])
  const text = 'All done. [REDACTED:aws-access-key-id]The answer is 42.'
  expect(entries.find((entry) => entry?.type === 'message')).toMatchObject({ text })
  expect(result.summary).toBe(text)
})

it('keeps what was used behind what was said', async () => {
  const { entries } = await play('gemini-cli', [
    ...['All ', 'done.'].map((content) => ({
      ...{ type: 'message', role: 'assistant', delta: true },
      content,
    })),
    { type: 'unknown' },
    { type: 'message', role: 'assistant', content: ' Really.', delta: true },
    { type: 'result', status: 'success', stats: { input_tokens: 1 } },
  ])
  expect(entries.slice(2).map((entry) => [entry?.type, entry?.text])).toEqual([
    ['raw', null],
    ['message', 'All done. Really.'],
    ['usage', null],
    ['turn_ended', null],
  ])
})

it('sums up what was said last, and not what was thought behind it', async () => {
  const item = (type: string, text: string) => ({
    type: 'item.completed',
    item: { id: text, type, text },
  })
  const { result, entries } = await play('codex', [
    item('agent_message', 'All done.'),
    item('reasoning', 'Was it?'),
    { type: 'turn.completed', usage: {} },
  ])
  expect(entries.map((entry) => entry?.type)).toContain('thought')
  expect(result.summary).toBe('All done.')
})
