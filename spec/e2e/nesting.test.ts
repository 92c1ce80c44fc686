/** What nests deeper than any stack reaches: in transcripts, in what agents print and in what they store. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { makePlace, type Place } from '../support/cli.ts'

const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`

/** A session whose lines were changed by another program, which left no state and no result. */
async function makeOdd(place: Place, change: (lines: string[]) => string[]): Promise<string> {
  const id = await place.make()
  const file = `${place.session(id)}/transcript.jsonl`
  writeFileSync(file, change(readFileSync(file, 'utf8').split('\n')).join('\n'))
  rmSync(`${place.session(id)}/state.toml`)
  rmSync(`${place.session(id)}/output/turn-0001/result.toml`)
  return id
}

/** Runs commands of which none may be taken by surprise. */
async function expectCoded(place: Place, all: readonly (readonly string[])[], how = {}) {
  for (const args of all) {
    const { status, stderr } = await place.stint(args, how)
    expect({ args, stderr }).toEqual({ args, stderr: expect.not.stringContaining('RangeError') })
    expect([0, 1, 6]).toContain(status)
  }
}

const looks = (id: string) => [
  ['list'],
  ['show', id, '--json'],
  ['logs', id],
  ['logs', id, '--json'],
  ['result', id, '--json'],
  ['export', id, '--format', 'html', '--to', '-'],
  ['redact', '--check', id],
  ['doctor', '--deep'],
  ['doctor', '--fix'],
  ['resume', id, '--', 'true'],
]

describe('data that nests 100,000 deep', () => {
  test.each<[string, (lines: string[]) => string[]]>([
    [
      'a message',
      ([head, ...rest]) => [
        head ?? '',
        ...rest.map((line) => line.replace('"data":{', `"data":{"x":${deep},`)),
      ],
    ],
    [
      'a result',
      (lines) => lines.map((line) => line.replace('"artifacts":', `"x":${deep},"artifacts":`)),
    ],
    ['a command', (lines) => lines.map((line) => line.replace('"argv":[', `"argv":[${deep},`))],
    [
      'a line of another layout and number',
      ([head, ...rest]) => [
        head ?? '',
        ...rest.map((line) =>
          line.replace(/^\{"v":1,"seq":\d/, (all) => `{ "x":${deep},${all.slice(1)}7`),
        ),
      ],
    ],
  ])('in %s ends no command', async (_, change) => {
    const place = makePlace()
    const id = await makeOdd(place, change)
    await expectCoded(place, looks(id))
  })

  test('in what an agent prints does not end its turn', async () => {
    const place = makePlace()
    const item = { id: '1', type: 'mcp_tool_call', server: 's', tool: 't', status: 'completed' }
    const event = JSON.stringify({ type: 'item.completed', item: { ...item, result: 0 } })
    writeFileSync(`${place.dir}/said`, `${event.replace('"result":0', `"result":${deep}`)}\n`)
    await expectCoded(place, [['run', '--tool', 'codex', '--', 'cat', `${place.dir}/said`]])
    expect(await place.json(['list'])).toMatchObject([{ outcome: 'interrupted' }])
  })

  test('in a stored conversation is imported without it', async () => {
    const place = makePlace()
    const dir = `${place.dir}/.codex/sessions/2026/01/02`
    const id = '3b0c1f6e-0000-4000-8000-000000000002'
    const at = '2026-01-02T00:00:00.000Z'
    const lines = [
      ['session_meta', { id, cwd: place.cwd, timestamp: at }],
      ['event_msg', { type: 'user_message', message: 'hi' }],
      ['response_item', { type: 'function_call_output', call_id: 'c', output: { x: 0 } }],
    ].map(([type, payload]) => JSON.stringify({ timestamp: at, type, payload }))
    mkdirSync(dir, { recursive: true })
    const text = lines.join('\n').replace('{"x":0}', `{"x":${deep}}`)
    writeFileSync(`${dir}/rollout-2026-01-02T00-00-00-${id}.jsonl`, `${text}\n`)
    await expectCoded(place, [['import', 'codex']], { env: { CODEX_HOME: undefined } })
    expect(await place.json(['list'])).toHaveLength(1)
  })
})
