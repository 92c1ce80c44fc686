import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lastSaid, primedPrompt } from '../../lib/run/prime.ts'
import { started, type Told, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const say = (text: string, data = {}): Told => ['message', data, { text }]

/** A session and a fork of it, taken after the first of its two messages. */
function makeFork(store = makeStore()) {
  const source = writeSession(store, { told: [say('one'), say('two')] })
  const { id, dir } = writeSession(store, { told: [say('three')] })
  markFork(dir, source.id, ',"seq":1')
  return { id, dir, source }
}

function markFork(dir: string, source: string, seq = '') {
  const path = `${dir}/transcript.jsonl`
  const fork = `"event":"forked","fork_of":"${source}"${seq}`
  writeFileSync(path, readFileSync(path, 'utf8').replace('"event":"created"', fork))
}

/** A prompt that tells what was said in a session. */
function promptAfter(told: readonly Told[]) {
  return primedPrompt(writeSession(makeStore(), { told }).dir, 'go on')
}

const textsOf = (dir: string) => lastSaid(dir).map(({ text }) => text)

describe('lastSaid', () => {
  it('begins with what the source of a fork had then', () => {
    expect(textsOf(makeFork().dir)).toEqual(['one', 'three'])
  })

  it('does without a source that is gone, or cannot be read', () => {
    const { dir, source } = makeFork()
    rmSync(`${source.dir}/transcript.jsonl`)
    expect(textsOf(dir)).toEqual(['three'])
    mkdirSync(`${source.dir}/transcript.jsonl`)
    expect(textsOf(dir)).toEqual(['three'])
    expect(() => lastSaid(source.dir)).toThrow()
  })

  it('goes on to the source of a source, and round in no circle', () => {
    const store = makeStore()
    const { id, dir, source } = makeFork(store)
    const last = writeSession(store, { told: [say('four')] })
    markFork(last.dir, id)
    expect(textsOf(last.dir)).toEqual(['one', 'three', 'four'])
    markFork(source.dir, id)
    expect(textsOf(dir)).toEqual(['one', 'three'])
  })

  it('has each prompt once, what the assistant said, and nothing of its helpers', () => {
    const [type, data, options] = started(1, Date.UTC(2026, 1, 1))
    const told: Told[] = [
      [type, { ...data, prompt: ' fix it\n' }, options],
      say('fix it', { role: 'user' }),
      say('looked', { helper: true }),
      say('looked', { parent_tool_use_id: 'T' }),
      say('looked', { is_sidechain: true }),
      ['thought', {}, { text: 'hm' }],
      ['message', {}],
      say(' \n'),
      say('done\n', { role: 'assistant' }),
    ]
    expect(lastSaid(writeSession(makeStore(), { told }).dir)).toEqual([
      { by: 'user', text: 'fix it' },
      { by: 'assistant', text: 'done' },
    ])
  })
})

describe('primedPrompt', () => {
  it('tells the last 24 000 characters, and of none but the newest that fit', () => {
    const told = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => say(name.repeat(5_000)))
    const lengths = (more: readonly Told[]) =>
      promptAfter([...told, ...more])
        ?.match(/(?<=\[assistant\]\n)\w+…?/g)
        ?.map((text) => `${text[0]}${text.length}`)
    const whole = ['c4000', 'd4000', 'e4000', 'f4000', 'g4000']
    expect(lengths([])).toEqual(['b4000', ...whole])
    expect(lengths([say('x'.repeat(3_800))])).toEqual(['b200', ...whole, 'x3800'])
    expect(lengths([say('x'.repeat(3_801))])).toEqual([...whole, 'x3801'])
  })

  it('is none where nothing was said', () => {
    expect(promptAfter([])).toBeUndefined()
  })
})
