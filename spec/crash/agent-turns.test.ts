/** A turn of an agent whose supervisor dies, or whose disk fills, at any call that changes files. */

import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSession } from '../../lib/index.ts'
import { type NumberedCall, numberedIn, replay } from '../support/power-cut.ts'
import { entriesOf, expectWhole, openScene, type Scene, stint, storeOf } from './kit.ts'
import { ok, rowOf } from './suite.ts'

const { scene, copy, discard } = openScene()
const argvFile = `${scene.project}/argv`
const args = ['run', '-q', '--name', 'mine', '--tool', 'codex', 'a']
const say = (...events: readonly object[]) =>
  `printf '%s\\n' ${events.map((event) => `'${JSON.stringify(event)}'`).join(' ')}`
const said = (text: string) => ({ type: 'item.completed', item: { type: 'agent_message', text } })

const agent = `#!/bin/sh
echo "$*" >> "${argvFile}"
${say({ type: 'thread.started', thread_id: 't1' })}
sleep 0.1
${say(said('one'))}
sleep 0.1
${say(said('two'), { type: 'turn.completed', usage: { input_tokens: 7 } })}
`

const log = `${scene.project}/calls`
let calls: NumberedCall[]

beforeAll(() => {
  const program = `${scene.project}/agent`
  writeFileSync(program, agent)
  chmodSync(program, 0o755)
  const config = `${scene.project}/.config/stint`
  mkdirSync(config, { recursive: true })
  writeFileSync(`${config}/config.toml`, `[tools.codex]\nprogram = "${program}"\n`)
  ok(stint(copy(), args, { log }))
  calls = numberedIn(log)
  expect(calls.length).toBeGreaterThan(5)
})
afterAll(discard)

/** How the agent was called last. */
const lastCall = () => readFileSync(argvFile, 'utf8').trimEnd().split('\n').at(-1)

async function atRest(struck: Scene): Promise<void> {
  const row = rowOf(struck, 'mine')
  if (row === undefined) return
  await expect
    .poll(() => readSession(storeOf(struck), row.id).status, { timeout: 10_000, interval: 10 })
    .not.toMatch(/running|orphaned|busy|leaked/)
}

test('goes on by the id that was saved when the supervisor died at any call', {
  timeout: 300_000,
}, async () => {
  const seen = { fresh: 0, resumed: 0, crashed: 0 }
  for (const { n: at } of calls) {
    const struck = copy()
    const { signal } = stint(struck, args, { at, do: 'kill' })
    const row = rowOf(struck, 'mine')
    if (signal !== null && row !== undefined) {
      await atRest(struck)
      const store = storeOf(struck)
      const before = readSession(store, row.id)
      const entries = entriesOf(store, row.id)
      const isSaved = entries.some(({ type }) => type === 'provider_session')
      const known = before.state?.tools.codex?.provider_session_id
      expect({ at, known }).toEqual({ at, known: isSaved ? 't1' : undefined })
      const hasEnded = entries.some(({ type }) => type === 'turn_ended')
      ok(stint(struck, ['resume', '-q', 'mine', 'b']))
      expect({ at, call: lastCall() }).toEqual({
        at,
        call: expect.stringMatching(isSaved ? /resume .* t1 b$/ : /^exec (?!resume).* b$/),
      })
      const outcomes = entriesOf(store, row.id)
        .filter(({ type }) => type === 'turn_ended')
        .map(({ data }) => data.outcome)
      const hadTurn = entries.some(({ type }) => type === 'turn_started')
      const first = hasEnded ? 'success' : 'crashed'
      expect({ at, outcomes }).toEqual({ at, outcomes: [...(hadTurn ? [first] : []), 'success'] })
      if (hadTurn && !hasEnded) seen.crashed++
      seen[isSaved ? 'resumed' : 'fresh']++
    }
    await expectWhole(struck, new Map())
    rmSync(struck.home, { recursive: true, force: true })
  }
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(0)
})

test('goes on, and is heard to its end, when the disk is full from any call on', {
  timeout: 300_000,
}, async () => {
  let started = 0
  // A full disk that does not refuse a call is one that is full from a later one on.
  for (const { n: at } of calls.filter(({ grows }) => grows)) {
    const struck = copy()
    rmSync(argvFile, { force: true })
    const ran = stint(struck, args, { at, do: 'ENOSPC', onward: true })
    // What was refused before the agent ran was never begun.
    if (ran.stdout !== '' || ran.status === 0) {
      started++
      expect({ at, ...ran }).toMatchObject({ status: 0, stdout: 'one\ntwo\n' })
    } else expect({ at, status: ran.status }).toEqual({ at, status: 125 })
    await atRest(struck)
    await expectWhole(struck, new Map())
    rmSync(struck.home, { recursive: true, force: true })
  }
  expect(started).toBeGreaterThan(3)
})

test.each(['synced', 'names', 'newest'] as const)(
  'is whole, with the id that was saved, when the power fails after any call and it keeps %s',
  async (keeps) => {
    let saved = 0
    const seen = new Set<string>()
    for (let upTo = 0; upTo <= calls.length; upTo++) {
      const cut = { ...scene, home: `${scene.project}/cut-${keeps}-${upTo}` }
      const tree = replay({ before: scene.home, log, upTo, into: cut.home, tail: 'zeros', keeps })
      // What was looked at before is not looked at again.
      if (seen.has(tree)) continue
      seen.add(tree)
      const row = rowOf(cut, 'mine')
      if (row !== undefined) {
        const store = storeOf(cut)
        const known = readSession(store, row.id).state?.tools.codex?.provider_session_id
        const isSaved = entriesOf(store, row.id).some(({ type }) => type === 'provider_session')
        expect({ upTo, known }).toEqual({ upTo, known: isSaved ? 't1' : undefined })
        if (isSaved) saved++
      }
      await expectWhole(cut, new Map())
      rmSync(cut.home, { recursive: true, force: true })
    }
    expect(saved).toBeGreaterThan(0)
  },
)
