import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatToml } from '../../lib/base/toml.ts'
import { readToolMemory } from '../../lib/store/memory.ts'
import { makeStore } from '../support/place.ts'
import { writeSession } from './sessions.ts'

function writeResult(dir: string, turn: number, text: string | object): void {
  const output = `${dir}/output/turn-${String(turn).padStart(4, '0')}`
  mkdirSync(output, { recursive: true })
  writeFileSync(`${output}/result.toml`, typeof text === 'string' ? text : formatToml({ ...text }))
}

describe('readToolMemory', () => {
  it('gives for each tool the peak that 95 of 100 turns stay within, over all sessions', () => {
    const store = makeStore()
    const [a, b] = [writeSession(store).dir, writeSession(store).dir]
    for (let turn = 1; turn <= 100; turn++) {
      const peak_memory_bytes = ((turn * 37) % 101) * 1000
      writeResult(turn % 2 ? a : b, turn, { tool: 'codex', peak_memory_bytes, artifacts: [] })
    }
    writeResult(a, 101, { tool: 'command', peak_memory_bytes: 5 })
    expect(readToolMemory(store)).toEqual(
      new Map([
        ['codex', { turns: 100, p95_bytes: 95_000, max_bytes: 100_000 }],
        ['command', { turns: 1, p95_bytes: 5, max_bytes: 5 }],
      ]),
    )
  })

  it('passes over turns without a peak and files that are no results', () => {
    const store = makeStore()
    const { dir } = writeSession(store)
    writeResult(dir, 1, { tool: 'codex', outcome: 'success' })
    writeResult(dir, 2, 'tool = "codex"\npeak_memory_bytes = "much"\n')
    writeResult(dir, 3, '= no toml\n')
    writeResult(dir, 4, { tool: 'codex', peak_memory_bytes: 0 })
    mkdirSync(`${dir}/output/turn-0005/result.toml`, { recursive: true })
    expect(readToolMemory(store)).toEqual(new Map())
    expect(readToolMemory(makeStore())).toEqual(new Map())
  })
})
