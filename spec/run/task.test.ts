import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { forgottenAtTerminal, type Past, speakerOf, toolOf } from '../../lib/run/task.ts'
import { readSnapshot } from '../../lib/session/snapshot.ts'
import type { State } from '../../lib/session/state.ts'
import type { ToolSettings } from '../../lib/store/tool-config.ts'
import { ended, started, type Told, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

const task = { kind: 'prompt', prompt: 'go on', permission: 'deny' } as const

/** A turn of this tool, of which its start says this, too. */
function turn(number: number, tool: string, facts: object = {}): Told[] {
  const at = Date.UTC(2026, 1, 1) + number
  const [type, data, options] = started(number, at, tool)
  return [[type, { ...data, ...facts }, options], ended(number, at)]
}

/** A session of these turns, that is gone on with. */
function pastOf(...turns: Told[][]): Past {
  const { id, dir } = writeSession(makeStore(), { told: turns.flat() })
  return { kind: 'resume', state: readSnapshot(id, dir).state as State, dir }
}

describe('toolOf', () => {
  it('is started by the command that is given, or else configured, or else recorded last', () => {
    const acp = (name: string) => ({ acp: [name, 'serve'] })
    const past = pastOf(
      turn(1, 'acp', { argv: ['first'] }),
      turn(2, 'acp', { argv: ['recorded', 'serve'] }),
      turn(3, 'codex', { argv: ['codex'] }),
    )
    const program = (given: object, settings: Record<string, ToolSettings>) =>
      toolOf({ ...task, tool: 'acp', ...given }, past, settings).program
    expect(program({}, {})).toBe('recorded')
    expect(program({}, { acp: acp('configured') })).toBe('configured')
    expect(program(acp('given'), { acp: acp('configured') })).toBe('given')
  })

  it('is not started by a command of which a part was taken out', () => {
    const past = pastOf(turn(1, 'acp', { argv: ['agent', '--key=[REDACTED:a]'] }))
    expect(() => toolOf(task, past, {})).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('is the one that a session was made for which has no turn', () => {
    const past = pastOf([['session', { event: 'renamed', name: 'a', tool: 'goose' }]])
    const path = `${past.dir}/transcript.jsonl`
    const made = '"event":"created","tool":"codex"'
    writeFileSync(path, readFileSync(path, 'utf8').replace('"event":"created"', made))
    expect(toolOf(task, past, {}).name).toBe('codex')
  })

  it('names the agent whose turn ended last where a command did after it', () => {
    const past = pastOf(turn(1, 'codex'), turn(2, 'aider'), turn(3, 'codex'), turn(4, 'command'))
    const agent = 'codex'
    expect(() => toolOf(task, past, {})).toThrow(
      expect.objectContaining({ code: 'COMMAND_NEEDED', data: { id: expect.any(String), agent } }),
    )
  })
})

describe('speakerOf', () => {
  it('names no tool that prints nothing which could be read', () => {
    const settings = { mine: { acp: ['agent'] } }
    const known = (act: () => unknown) => {
      try {
        act()
      } catch (error) {
        return (error as { data: { known: string[] } }).data.known
      }
      throw new Error('it knows the tool')
    }
    const named = known(() => toolOf({ ...task, tool: 'x' }, undefined, settings))
    expect(named).toEqual([...known(() => speakerOf('x', settings)), 'acp', 'mine'])
  })
})

describe('forgottenAtTerminal', () => {
  it('is said of the tool that had the terminal, and of no other', () => {
    const { dir } = pastOf(turn(1, 'codex', { interactive: true }), turn(2, 'aider'))
    expect(forgottenAtTerminal(dir, 'codex')).toHaveLength(1)
    expect(forgottenAtTerminal(dir, 'aider')).toEqual([])
  })
})
