/** States of every shape. */

import fc from 'fast-check'
import type { SessionId } from '../../lib/base/id.ts'
import { foldVersion, type State } from '../../lib/session/state.ts'

export const id = '01JH4QWERT1234567890ABCDEF' as SessionId

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
  fc.constantFrom('with "quotes"', "it's", 'back\\slash', 'two\nlines', '# no comment', '[a]'),
)
const instant = fc
  .integer({ min: 0, max: Date.UTC(9999, 11, 31) })
  .map((at) => new Date(at).toISOString())
const count = fc.nat()
const tool = fc.constantFrom('codex', 'claude-code', 'command', 'my_tool', 'acp')

function some<T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(shape, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Partial<T>>
}

const group = fc.record(
  { pgid: count, start_time: text, boot_id: text, pid_ns: text, host: text },
  { noNullPrototype: true },
)
const turn = fc
  .tuple(
    fc.record({ number: count, tool, started_at: instant }, { noNullPrototype: true }),
    some({
      ended_at: instant,
      outcome: text,
      exit_code: count,
      signal: text,
      kill_requested: fc.boolean(),
      conversation: fc.boolean(),
      process: group,
    }),
  )
  .map(([needed, others]) => ({ ...needed, ...others }))
const toolState = some({
  provider_session_id: text,
  provider_session_history: fc.array(text, { maxLength: 4 }),
  last_action_summary: text,
  last_exit_code: fc.integer(),
  updated_at: instant,
}).filter((state) => Object.keys(state).length > 0)

export const state: fc.Arbitrary<State> = fc
  .tuple(
    fc.record(
      {
        format: fc.constant(1),
        meta_session_id: fc.constant(id),
        project_path: text,
        created_at: instant,
        last_accessed: instant,
        phase: fc.oneof(fc.constantFrom('active', 'available', 'retired'), text),
        pinned: fc.boolean(),
        genealogy: fc
          .tuple(count, some({ parent_session_id: text, fork_of_session_id: text }))
          .map(([depth, others]) => ({ depth, ...others })),
        context_status: fc
          .tuple(fc.boolean(), some({ last_compacted_at: instant }))
          .map(([is_compacted, others]) => ({ is_compacted, ...others })),
        tools: fc.dictionary(tool, toolState, { noNullPrototype: true }),
        git: some({
          branch: text,
          head_at_creation: text,
          cwd: text,
          cwd_redacted: fc.boolean(),
        }),
        journal: fc
          .tuple(count, count, some({ streamed_bytes: count }))
          .map(([seq, bytes, others]) => ({ fold: foldVersion, seq, bytes, ...others })),
      },
      { noNullPrototype: true },
    ),
    some({
      description: text,
      name: text,
      turn,
      usage: fc.dictionary(
        fc.constantFrom('input_tokens', 'output_tokens', 'cost_usd'),
        fc.oneof(count, fc.double({ min: 1e-6, max: 1e6, noNaN: true })),
        { minKeys: 1, noNullPrototype: true },
      ),
      redactions: fc.dictionary(fc.constantFrom('github-token', 'jwt', '5'), count, {
        minKeys: 1,
        noNullPrototype: true,
      }),
    }),
  )
  .map(([needed, others]) => ({ ...needed, ...others }) as unknown as State)
