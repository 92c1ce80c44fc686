import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPlainToml } from '../../lib/base/toml.ts'
import { formatState, parseAnyState } from '../../lib/session/codec.ts'
import { glanceAtState, readPlainState } from '../../lib/session/plain.ts'
import { hasOpenTurn, type State } from '../../lib/session/state.ts'
import { id, state } from './states.ts'

const strays = [
  '[turn]',
  '[turn.process]',
  '[tools.codex]',
  'ended_at = 2026-02-06T10:00:00.000Z',
  'ended_at = 2026-02-30T10:00:00.000Z',
  'name = "other"',
  'x = """',
  "'''",
  'bytes = 7',
  'bytes = 07',
  '',
]
/** Lines taken away, doubled, moved and put in, and letters exchanged. */
const damage = fc.array(
  fc.record({
    how: fc.constantFrom('remove', 'double', 'swap', 'insert', 'letter'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    to: fc.double({ min: 0, max: 1, noNaN: true }),
    stray: fc.constantFrom(...strays),
    letter: fc.constantFrom('"', '\\', '0', '9', 'T', '\u0000', '\u0085', '[', '\n', '='),
  }),
  { minLength: 1, maxLength: 3 },
)

function spoil(text: string, steps: typeof damage extends fc.Arbitrary<infer T> ? T : never) {
  let spoilt = text
  for (const { how, at, to, stray, letter } of steps) {
    const lines = spoilt.split('\n')
    const from = Math.floor(at * lines.length)
    const line = lines[from] ?? ''
    if (how === 'letter') {
      const place = Math.floor(at * spoilt.length)
      spoilt = spoilt.slice(0, place) + letter + spoilt.slice(place + 1)
      continue
    }
    if (how === 'remove' || how === 'swap') lines.splice(from, 1)
    if (how === 'double' || how === 'swap') lines.splice(Math.floor(to * lines.length), 0, line)
    if (how === 'insert') lines.splice(from, 0, stray)
    spoilt = lines.join('\n')
  }
  return spoilt
}

function agrees(text: string): boolean {
  const plain = readPlainState(text)
  const glance = glanceAtState(text)
  if (glance !== undefined) {
    const { tools, ...rest } = glance
    const whole = readable(text)
    if (whole !== undefined) expect({ ...rest, tools: tools() }).toEqual(glimpse(whole))
  }
  if (plain === undefined) return false
  expect(plain).toEqual(parseAnyState(text, 'state.toml'))
  expect(glance).toBeDefined()
  return true
}

function readable(text: string): State | undefined {
  try {
    return parseAnyState(text, 'state.toml')
  } catch {
    return undefined
  }
}

function glimpse(state: State) {
  return {
    id: state.meta_session_id,
    name: state.name,
    last_accessed: state.last_accessed,
    phase: state.phase,
    parent: state.genealogy.parent_session_id,
    tools: Object.keys(state.tools),
    tool: state.turn?.tool,
    branch: state.git.branch,
    hasOpenTurn: hasOpenTurn(state),
    bytes: state.journal.bytes,
  }
}

const typical = {
  format: 1,
  meta_session_id: id,
  description: 'fix "it"',
  name: 'auth',
  project_path: '/p',
  created_at: '2026-02-06T10:00:00.000Z',
  last_accessed: '2026-02-28T10:00:00.000Z',
  phase: 'active',
  pinned: false,
  genealogy: { depth: 1, parent_session_id: id },
  context_status: { is_compacted: false },
  tools: {
    codex: { updated_at: '2026-02-06T10:00:00.000Z', provider_session_id: 'x' },
    'claude-code': { last_exit_code: 0, provider_session_history: ['a', 'b'] },
  },
  git: { cwd: '/p', branch: 'main' },
  turn: {
    number: 2,
    tool: 'codex',
    started_at: '2026-02-06T10:00:00.000Z',
    outcome: 'success',
    ended_at: '2026-02-06T10:00:00.000Z',
    process: { pgid: 7, start_time: '1', boot_id: 'b', pid_ns: 'pid:[4]', host: 'h' },
  },
  usage: { output_tokens: 1, input_tokens: 2, cost_usd: 0.25 },
  redactions: { password: 2, 'github-token': 1 },
  journal: { seq: 3, bytes: 400, fold: 1 },
} as unknown as State

describe('readPlainState and glanceAtState', () => {
  it('says what the parser says, or nothing, of any state', () => {
    fc.assert(
      fc.property(state, (any) => void agrees(formatState(any))),
      { numRuns: 1000 },
    )
  })

  it('takes in what stint itself writes, whatever order its parts came in', () => {
    expect(agrees(formatState(typical))).toBe(true)
    const { turn, usage, redactions, name, description, ...born } = typical
    expect(agrees(formatState(born))).toBe(true)
    const { ended_at, outcome, ...open } = turn as NonNullable<State['turn']>
    expect(agrees(formatState({ ...born, turn: open }))).toBe(true)
  })

  it('never says anything else than the parser, whatever was done to the text', () => {
    const samples = fc.oneof(fc.constant(typical), state)
    fc.assert(
      fc.property(samples, damage, (any, steps) => void agrees(spoil(formatState(any), steps))),
      { numRuns: 3000 },
    )
  })

  it('leaves a text of many megabytes to the parser', () => {
    const long = formatState({ ...typical, description: 'a\n'.repeat(5_000_000) })
    expect(readPlainState(long)).toBeUndefined()
    expect(glanceAtState(long)).toBeUndefined()
    expect(readPlainToml(long)).toBeUndefined()
  })

  it('says nothing of a text that goes on, or ends early', () => {
    const text = formatState(typical)
    expect(readPlainState(`${text}more = 1\n`)).toBeUndefined()
    expect(readPlainState(text.slice(0, -1))).toBeUndefined()
    expect(glanceAtState(`${text}more = 1\n`)).toBeUndefined()
    expect(glanceAtState(text.slice(0, -1))).toBeUndefined()
  })
})
