import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lastSaid } from '../../lib/run/prime.ts'
import { writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

/** A session and a fork of it, taken after the first of its two messages. */
function makeFork() {
  const store = makeStore()
  const say = (text: string): [string, object, { text: string }] => ['message', {}, { text }]
  const source = writeSession(store, { told: [say('one'), say('two')] })
  const { dir } = writeSession(store, { told: [say('three')] })
  const path = `${dir}/transcript.jsonl`
  const fork = `"event":"forked","fork_of":"${source.id}","seq":1`
  writeFileSync(path, readFileSync(path, 'utf8').replace('"event":"created"', fork))
  return { dir, source: source.dir }
}

const textsOf = (dir: string) => lastSaid(dir).map(({ text }) => text)

describe('lastSaid', () => {
  it('begins with what the source of a fork had then', () => {
    expect(textsOf(makeFork().dir)).toEqual(['one', 'three'])
  })

  it('does without a source that is gone, or cannot be read', () => {
    const { dir, source } = makeFork()
    rmSync(`${source}/transcript.jsonl`)
    expect(textsOf(dir)).toEqual(['three'])
    mkdirSync(`${source}/transcript.jsonl`)
    expect(textsOf(dir)).toEqual(['three'])
    expect(() => lastSaid(source)).toThrow()
  })
})
