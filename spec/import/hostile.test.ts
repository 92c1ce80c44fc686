/** Whatever a file holds, a session is made of it or it is passed over; nothing throws. */

import { rmSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { importConversations, listSessions, readTranscript } from '../../lib/index.ts'
import { makeStore } from '../support/place.ts'
import {
  claudeRecords,
  codexRecords,
  geminiRecords,
  ids,
  linesOf,
  put,
  type Tool,
} from './stored.ts'

const anything = fc.oneof(
  fc.constantFrom(null, '', -1, 1e308, [], {}, [[]], 'text', '9999-99-99', '\ud800', '\u0000'),
  fc.jsonValue(),
)

/** A record of which any part, however deep, is something else. */
function spoil(record: unknown, path: number, value: unknown): unknown {
  const keys = typeof record === 'object' && record !== null ? Object.keys(record) : []
  if (keys.length === 0 || path === 0) return value
  const key = keys[path % keys.length] as string
  const table = record as Record<string, unknown>
  const spoilt = spoil(table[key], Math.floor(path / keys.length), value)
  return Array.isArray(record)
    ? record.map((one, i) => (String(i) === key ? spoilt : one))
    : { ...table, [key]: spoilt }
}

test.each(Object.keys(ids) as Tool[])('%s: any record may be anything', async (tool) => {
  let made = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), fc.nat(500), anything), { minLength: 1, maxLength: 8 }),
      async (changes) => {
        const store = makeStore()
        const home = store.projectPath
        const records = {
          codex: () => codexRecords(home),
          'claude-code': () => claudeRecords(home),
          'gemini-cli': () => geminiRecords(),
        }[tool]()
        for (const [at, path, value] of changes) {
          const i = at % records.length
          records[i] = spoil(records[i], path, value)
        }
        put(home, tool, linesOf(records.map((one) => JSON.stringify(one))))
        if (tool === 'gemini-cli') writeFileSync(`${home}/.gemini/tmp/demo/.project_root`, home)
        const options = { tool, home, dryRun: false, byReference: false, allProjects: true }
        for await (const row of importConversations(store, { ...options, transcriptCap: 1e9 })) {
          expect(row.act).toMatch(/imported|skipped/)
        }
        const { rows, warnings } = listSessions(store)
        expect(warnings).toEqual([])
        for (const { id, status } of rows) {
          made++
          expect(status).toBe('idle')
          const seqs = [...readTranscript(store, id, {})].map(({ entry }) => entry?.seq)
          expect(seqs).toEqual(seqs.map((_, i) => i))
        }
      },
    ),
    { numRuns: 60 },
  )
  expect(made).toBeGreaterThan(20)
})

/** The value once for each part of it, with that part replaced by what no conversion makes a text of. */
function* stubborn(value: unknown): Generator<unknown> {
  yield { toString: 1, valueOf: 1 }
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) {
    for (const one of stubborn(part)) {
      yield Array.isArray(value) ? value.with(Number(key), one) : { ...value, [key]: one }
    }
  }
}

test.each(Object.keys(ids) as Tool[])('%s: any part may be no text', async (tool) => {
  const store = makeStore()
  const home = store.projectPath
  const call = { id: 'c', name: 'n', args: {}, status: 'success', result: [] }
  const records = {
    codex: () => [
      ...codexRecords(home),
      {
        type: 'response_item',
        payload: { type: 'message', role: 'assistant', content: [{ type: 'image' }] },
      },
    ],
    'claude-code': () => claudeRecords(home),
    'gemini-cli': () => [...geminiRecords(), { type: 'gemini', id: 'g', toolCalls: [call] }],
  }[tool]()
  const options = { tool, home, dryRun: false, byReference: false, allProjects: true }
  for (const one of stubborn(records)) {
    if (!Array.isArray(one)) continue
    put(home, tool, linesOf(one.map((record) => JSON.stringify(record))))
    if (tool === 'gemini-cli') writeFileSync(`${home}/.gemini/tmp/demo/.project_root`, home)
    for await (const row of importConversations(store, { ...options, transcriptCap: 1e9 })) {
      expect(row.act).toMatch(/imported|skipped|known|grown/)
      if (row.session_id) rmSync(`${store.dir}/sessions`, { recursive: true })
    }
  }
})

test('gemini-cli: what is taken back is gone, however often a file does it', async () => {
  const store = makeStore()
  const home = store.projectPath
  const asked = (id: string) => ({
    id,
    timestamp: '2026-02-06T10:00:02.000Z',
    type: 'user',
    content: id,
  })
  const records = [
    { sessionId: ids['gemini-cli'], startTime: '2026-02-06T10:00:00.000Z' },
    ...['first', 'second', 'third'].map(asked),
    { $rewindTo: 'second' },
    asked('fourth'),
    ...Array.from({ length: 30_000 }, (_, i) => ({ ...asked(`note ${i}`), type: 'info' })),
    ...Array.from({ length: 30_000 }, () => ({ $rewindTo: 'never said' })),
  ]
  put(home, 'gemini-cli', linesOf(records))
  writeFileSync(`${home}/.gemini/tmp/demo/.project_root`, home)
  const options = { home, dryRun: false, byReference: false, allProjects: true }
  const all = { ...options, tool: 'gemini-cli', transcriptCap: 1e9 }
  const started = performance.now()
  for await (const row of importConversations(store, all)) expect(row.act).toBe('imported')
  // Looking through all that was said for each of them took 54 s.
  expect(performance.now() - started).toBeLessThan(5_000)
  const entries = listSessions(store).rows.flatMap(({ id }) =>
    [...readTranscript(store, id, {})].map(({ entry }) => entry),
  )
  const prompts = entries.flatMap((one) => (one?.type === 'turn_started' ? [one.data.prompt] : []))
  expect(prompts).toEqual(['first', 'fourth'])
})
