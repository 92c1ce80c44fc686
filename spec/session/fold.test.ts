import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../lib/base/id.ts'
import { decodeEntry, type Entry, encodeEntry, formatLine } from '../../lib/journal/entry.ts'
import { formatState, parseState } from '../../lib/session/codec.ts'
import { FoldError, foldEntry, foldStreamed, markAt } from '../../lib/session/fold.ts'
import type { State } from '../../lib/session/state.ts'

const id = '01JH4QWERT1234567890ABCDEF' as SessionId

/** An entry as a reader gets it, and its line's length. */
interface Told {
  readonly entry: Entry
  readonly bytes: number
}

function tell(
  seq: number,
  type: string,
  data: object,
  options: { at?: number; turn?: number; text?: string } = {},
): Told {
  const { at = 1_000 * seq, turn = 0, text = null } = options
  const line = formatLine(seq, encodeEntry({ type, turn, text, data: { ...data }, at }))
  return { entry: decodeEntry(line.slice(0, -1)) as Entry, bytes: Buffer.byteLength(line) }
}

const birth = tell(0, 'session', {
  event: 'created',
  id,
  description: 'one',
  project_path: '/p',
  depth: 2,
  parent_session_id: '01JH4QWERT0000000000000000',
  git: { branch: 'main', head_at_creation: 'abc', cwd: '/p/sub' },
})

function fold(from: State | undefined, told: readonly Told[]): State {
  return told.reduce<State | undefined>(
    (state, { entry, bytes }) => foldEntry(state, entry, bytes),
    from,
  ) as State
}

/** The birth and then these, numbered on. */
function story(...entries: [type: string, data: object, options?: Parameters<typeof tell>[3]][]) {
  return [birth, ...entries.map(([type, data, options], i) => tell(i + 1, type, data, options))]
}

const word = fc.stringMatching(/^[a-z]{1,6}$/)
const known = fc.oneof(
  fc.record({
    type: fc.constant('session'),
    data: fc.record({
      event: fc.constantFrom('renamed', 'pinned', 'retired'),
      set: fc.record(
        { name: word, description: word, pinned: fc.boolean(), phase: word },
        { requiredKeys: [] },
      ),
    }),
  }),
  fc.record({
    type: fc.constant('session'),
    data: fc.record({ event: fc.constant('kill_requested'), turn: fc.nat({ max: 3 }) }),
  }),
  fc.record({
    type: fc.constant('turn_started'),
    data: fc.record(
      {
        tool: fc.constantFrom('codex', 'command'),
        cwd: word,
        cwd_redacted: fc.boolean(),
        conversation: fc.boolean(),
        process: fc.constant({ pgid: 7, start_time: '1', boot_id: 'b', pid_ns: 'n', host: 'h' }),
      },
      { requiredKeys: ['tool'] },
    ),
  }),
  fc.record({
    type: fc.constant('turn_ended'),
    data: fc.record({
      outcome: fc.constantFrom('success', 'failure', 'crashed'),
      exit_code: fc.option(fc.integer({ min: 0, max: 255 })),
      signal: fc.option(fc.constant('SIGTERM')),
      summary: fc.option(word),
    }),
  }),
  fc.record({
    type: fc.constant('provider_session'),
    data: fc.record({ tool: fc.constantFrom('codex', 'acp'), provider_session_id: word }),
  }),
  fc.record({
    type: fc.constant('usage'),
    data: fc.record(
      { input_tokens: fc.nat({ max: 9999 }), output_tokens: fc.option(fc.nat({ max: 9999 })) },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ type: fc.constant('compacted'), data: fc.constant({}) }),
  fc.record({
    type: fc.constantFrom('message', 'output', 'raw', 'thought', 'tool_result', 'novelty'),
    data: fc.dictionary(word, fc.jsonValue() as fc.Arbitrary<unknown>, { maxKeys: 2 }),
  }),
)
const sequence = fc
  .array(
    fc.record({
      body: known,
      turn: fc.nat({ max: 3 }),
      at: fc.nat({ max: 100_000 }),
      upkeep: fc.boolean(),
      text: fc.option(fc.string({ unit: 'grapheme', maxLength: 10 }), { nil: undefined }),
    }),
    { maxLength: 12 },
  )
  .map((items) => [
    birth,
    ...items.map(({ body, turn, at, upkeep, text }, i) =>
      tell(
        i + 1,
        body.type,
        { ...body.data, ...(upkeep ? { upkeep } : { upkeep: undefined }) },
        { turn, at, ...(text === undefined ? {} : { text }) },
      ),
    ),
  ])

describe('foldEntry', () => {
  it('gives the same state wherever the folding was interrupted and written down', () => {
    fc.assert(
      fc.property(sequence, fc.nat(), (told, at) => {
        const cut = 1 + (at % told.length)
        const once = fold(undefined, told)
        const first = fold(undefined, told.slice(0, cut))
        expect(fold(first, told.slice(cut))).toEqual(once)
        const written = parseState(formatState(first), 'state.toml')
        expect(written).toEqual(first)
        expect(fold(written, told.slice(cut))).toEqual(once)
      }),
      { numRuns: 300 },
    )
  })

  it('counts the bytes of the whole journal and the number of its newest entry', () => {
    fc.assert(
      fc.property(sequence, (told) => {
        const bytes = told.reduce((sum, { bytes }) => sum + bytes, 0)
        expect(markAt(fold(undefined, told))).toEqual({ seq: told.length - 1, bytes })
      }),
    )
  })

  it('takes last_accessed from the greatest instant that is not upkeep, and never turns it back', () => {
    fc.assert(
      fc.property(sequence, (told) => {
        const instants = told
          .filter(({ entry }) => entry.data.upkeep !== true)
          .map(({ entry }) => entry.ts)
          .sort()
        expect(fold(undefined, told).last_accessed).toBe(instants.at(-1))
      }),
    )
  })

  it('takes everything that entry 0 says', () => {
    expect(fold(undefined, [birth])).toEqual({
      format: 1,
      meta_session_id: id,
      description: 'one',
      project_path: '/p',
      created_at: '1970-01-01T00:00:00.000Z',
      last_accessed: '1970-01-01T00:00:00.000Z',
      phase: 'active',
      pinned: false,
      genealogy: { parent_session_id: '01JH4QWERT0000000000000000', depth: 2 },
      context_status: { is_compacted: false },
      tools: {},
      git: { branch: 'main', head_at_creation: 'abc', cwd: '/p/sub' },
      journal: { fold: 1, seq: 0, bytes: birth.bytes },
    })
  })

  it('needs no more of entry 0 than the id and the project', () => {
    const { git, genealogy } = fold(undefined, [tell(0, 'session', { id, project_path: '/p' })])
    expect({ git, genealogy }).toEqual({ git: {}, genealogy: { depth: 0 } })
  })

  it('takes what a session entry sets, and keeps the rest', () => {
    const born = fold(undefined, [birth])
    const set = { name: 'n', project_path: '/q', cwd: '/q/sub', pinned: true, phase: 'retired' }
    const { cwd, ...own } = set
    expect(fold(undefined, story(['session', { event: 'relocated', set }]))).toMatchObject({
      ...own,
      description: 'one',
      git: { ...born.git, cwd },
    })
    const marked = { event: 'relocated', set: { cwd: '/q/[REDACTED:x]', cwd_redacted: true } }
    expect(fold(undefined, story(['session', marked])).git).toEqual({ ...born.git, ...marked.set })
    const { entry, bytes } = tell(1, 'session', { event: 'unpacked', upkeep: true })
    const after = foldEntry(born, entry, bytes)
    expect(after).toEqual({ ...born, journal: after.journal })
  })

  it('changes nothing but the mark for a type that it does not know', () => {
    const before = fold(undefined, story(['turn_started', { tool: 'codex' }, { turn: 1, at: 9e6 }]))
    const data = { set: { name: 'x' }, outcome: 'x', tool: 'x', input_tokens: 5 }
    const { entry, bytes } = tell(2, 'from_the_future', data, { turn: 1, at: 5 })
    const after = foldEntry(before, entry, bytes)
    expect(after).toEqual({
      ...before,
      journal: { ...before.journal, seq: 2, bytes: before.journal.bytes + bytes },
    })
  })

  it('sums usage over turns and leaves out what nobody reported', () => {
    const state = fold(
      undefined,
      story(
        ['usage', { input_tokens: 10, cost_usd: 0.5 }],
        ['usage', { input_tokens: 5, output_tokens: 2, reasoning_tokens: null, other: 9 }],
        ['usage', {}],
      ),
    )
    expect(state.usage).toEqual({ input_tokens: 15, cost_usd: 0.5, output_tokens: 2 })
  })

  it('sums what was redacted, in entries of any type, and believes no odd counts', () => {
    const state = fold(
      undefined,
      story(
        ['output', { redactions: { password: 2 } }],
        ['message', { redactions: { password: 1, 'github-token': 1 } }],
        [
          'tool_call',
          { redactions: { 'a b': 1, constructor: 1, jwt: '2', aws: 0.5, pem: -1, cookie: 0 } },
        ],
        ['raw', { redactions: ['password'] }],
      ),
    )
    expect(state.redactions).toEqual({ password: 3, 'github-token': 1 })
    expect(fold(undefined, story(['output', {}])).redactions).toBeUndefined()
  })

  it('keeps a state that can be read again, whatever usage was reported', () => {
    const amount = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(1e-7, 3.5e-9, 1e16, 2 ** 53, 2 ** 53 + 2, 1e21, Number.MAX_VALUE),
    )
    fc.assert(
      fc.property(fc.array(amount, { minLength: 1, maxLength: 3 }), (amounts) => {
        const told = story(
          ...amounts.map((n): [string, object] => ['usage', { cost_usd: n, input_tokens: n }]),
        )
        const state = fold(undefined, told)
        expect(parseState(formatState(state), 'state.toml').journal).toEqual(state.journal)
      }),
    )
  })

  it.each(['constructor', '__proto__', 'toString'])(
    'keeps a state that can be read again where %s is the name of a tool',
    (tool) => {
      const state = fold(
        undefined,
        story(
          ['turn_started', { tool }],
          ['provider_session', { tool, provider_session_id: 'a' }],
          ['turn_ended', { outcome: 'success' }],
        ),
      )
      const read = parseState(formatState(state), 'state.toml')
      expect(read).toEqual(state)
      expect(read).toMatchObject({ tools: {}, turn: { tool, outcome: 'success' } })
    },
  )

  it('remembers every id that the tool gave, and which is the newest', () => {
    const told = story(
      ...['a', 'b', 'b', 'a', 'c'].map((provider_session_id): [string, object] => [
        'provider_session',
        { tool: 'codex', provider_session_id },
      ]),
    )
    expect(fold(undefined, told).tools.codex).toMatchObject({
      provider_session_id: 'c',
      provider_session_history: ['b', 'a'],
    })
    expect(fold(undefined, told.slice(0, 2)).tools.codex).toEqual({
      provider_session_id: 'a',
      updated_at: '1970-01-01T00:00:01.000Z',
    })
  })

  it('has no id of a conversation that the tool has lost, but remembers it', () => {
    const tell = (provider_session_id: string, lost?: true): [string, object] => [
      'provider_session',
      { tool: 'codex', provider_session_id, lost },
    ]
    const codexAfter = (...told: [string, object][]) => {
      const { updated_at: _, ...rest } = fold(undefined, story(...told)).tools.codex ?? {}
      return rest
    }
    const [history, id] = ['provider_session_history', 'provider_session_id']
    expect(codexAfter(tell('a'), tell('a', true))).toEqual({ [history]: ['a'] })
    expect(codexAfter(tell('a', true), tell('a', true))).toEqual({ [history]: ['a'] })
    expect(codexAfter(tell('a'), tell('a', true), tell('b'))).toEqual({
      [history]: ['a'],
      [id]: 'b',
    })
    expect(codexAfter(tell('a'), tell('b'), tell('a', true))).toEqual({
      [history]: ['a'],
      [id]: 'b',
    })
  })

  it('counts an id that names no tool to that of the turn', () => {
    const told = story(
      ['turn_started', { tool: 'codex' }, { turn: 1 }],
      ['provider_session', { provider_session_id: 'a' }, { turn: 1 }],
    )
    expect(fold(undefined, told).tools.codex?.provider_session_id).toBe('a')
  })

  it('forgets no id that was observed, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (ids) => {
        const told = story(
          ...ids.map((provider_session_id): [string, object] => [
            'provider_session',
            { tool: 'codex', provider_session_id },
          ]),
        )
        const tool = fold(undefined, told).tools.codex
        const kept = [...(tool?.provider_session_history ?? []), tool?.provider_session_id]
        expect(tool?.provider_session_id).toBe(ids.at(-1))
        expect(kept.slice().sort()).toEqual([...new Set(ids)].sort())
      }),
    )
  })

  it('opens a turn, ends it, and makes the session active again', () => {
    const process = { pgid: 7, start_time: '1', boot_id: 'b', pid_ns: 'n', host: 'h' }
    const told = story(
      ['session', { event: 'retired', set: { phase: 'retired' } }],
      ['turn_started', { tool: 'codex', cwd: '/elsewhere', process }, { turn: 1 }],
      [
        'turn_ended',
        { outcome: 'failure', exit_code: 3, signal: null, summary: 'did it' },
        { turn: 1 },
      ],
    )
    expect(fold(undefined, told.slice(0, 2)).phase).toBe('retired')
    const open = fold(undefined, told.slice(0, 3))
    expect(open).toMatchObject({ phase: 'active', git: { branch: 'main', cwd: '/elsewhere' } })
    expect(open.turn).toEqual({
      number: 1,
      tool: 'codex',
      started_at: '1970-01-01T00:00:02.000Z',
      process,
    })
    const ended = fold(open, told.slice(3))
    expect(ended.turn).toEqual({
      ...open.turn,
      ended_at: '1970-01-01T00:00:03.000Z',
      outcome: 'failure',
      exit_code: 3,
    })
    expect(ended.tools.codex).toEqual({
      last_action_summary: 'did it',
      last_exit_code: 3,
      updated_at: '1970-01-01T00:00:03.000Z',
    })
  })

  it('takes from a turn how it is talked with, where it works, and what ended it', () => {
    const told = story(
      ['turn_started', { tool: 'acp', cwd: '/x', cwd_redacted: true, conversation: true }],
      ['turn_ended', { outcome: 'cancelled', signal: 'SIGTERM' }],
      ['turn_started', { tool: 'acp', cwd: '/y', cwd_redacted: false, conversation: false }],
    )
    expect(fold(undefined, told.slice(0, 3))).toMatchObject({
      turn: { conversation: true, signal: 'SIGTERM' },
      git: { cwd: '/x', cwd_redacted: true },
    })
    const { turn, git } = fold(undefined, told)
    expect(git).toEqual({ branch: 'main', head_at_creation: 'abc', cwd: '/y' })
    expect(turn).not.toHaveProperty('conversation')
  })

  it('takes no late end of an earlier turn for that of the newest', () => {
    const told = story(
      ['turn_started', { tool: 'codex' }, { turn: 1 }],
      ['turn_started', { tool: 'codex' }, { turn: 2 }],
      ['turn_ended', { outcome: 'success' }, { turn: 1 }],
    )
    expect(fold(undefined, told).turn).toEqual(fold(undefined, told.slice(0, 3)).turn)
  })

  it('notes a wish to kill the open turn, and none for any other', () => {
    const kill = (turn: number): [string, object] => ['session', { event: 'kill_requested', turn }]
    const start: [string, object, object] = ['turn_started', { tool: 'x' }, { turn: 1 }]
    const end: [string, object, object] = ['turn_ended', { outcome: 'success' }, { turn: 1 }]
    expect(fold(undefined, story(start, kill(1))).turn?.kill_requested).toBe(true)
    expect(fold(undefined, story(start, kill(2))).turn?.kill_requested).toBeUndefined()
    expect(fold(undefined, story(start, end, kill(1))).turn?.kill_requested).toBeUndefined()
  })

  it('makes the session available when its context was compacted, and keeps what it does not know', () => {
    const born = fold(undefined, [birth])
    const before = {
      ...born,
      context_status: { ...born.context_status, window: 5 },
    } as State
    const { entry, bytes } = tell(1, 'compacted', {})
    expect(foldEntry(before, entry, bytes)).toMatchObject({
      phase: 'available',
      context_status: {
        is_compacted: true,
        last_compacted_at: '1970-01-01T00:00:01.000Z',
        window: 5,
      },
    })
  })

  it('counts only streamed entries against the size cap', () => {
    const told = story(
      ['message', {}],
      ['output', {}],
      ['raw', {}],
      ['thought', {}],
      ['tool_result', {}],
    )
    const streamed = told.slice(2).reduce((sum, { bytes }) => sum + bytes, 0)
    expect(fold(undefined, told).journal.streamed_bytes).toBe(streamed)
    expect(fold(undefined, told.slice(0, 2)).journal.streamed_bytes).toBeUndefined()
  })

  it.each([
    ['a journal that begins with something else', [tell(0, 'message', { id, project_path: '/p' })]],
    ['a birth without an id', [tell(0, 'session', { project_path: '/p' })]],
    ['a birth whose id leads elsewhere', [tell(0, 'session', { id: '../x', project_path: '/p' })]],
    ['a turn of no tool', story(['turn_started', {}, { turn: 1 }])],
    ['an id of no tool', story(['provider_session', { provider_session_id: 'x' }])],
    ['a tool without an id', story(['provider_session', { tool: 'codex' }])],
    ['usage that is a text', story(['usage', { input_tokens: '5' }])],
    ['a name that is a number', story(['session', { set: { name: 5 } }])],
    [
      'an end at no instant',
      story(
        ['turn_started', { tool: 'x' }, { turn: 1 }],
        ['turn_ended', { outcome: 'crashed', completed_at: 'soon' }, { turn: 1 }],
      ),
    ],
    [
      'an end without an outcome',
      story(['turn_started', { tool: 'x' }, { turn: 1 }], ['turn_ended', {}, { turn: 1 }]),
    ],
  ])('refuses %s', (_, told) => {
    expect(() => fold(undefined, told)).toThrow(FoldError)
  })
})

describe('foldStreamed', () => {
  it('gives what folding one by one gives', () => {
    const streamed = fc.record({
      type: fc.constantFrom('output', 'raw', 'thought', 'tool_result'),
      at: fc.nat({ max: 100_000 }),
      redactions: fc.option(fc.constantFrom({ password: 2 }, { jwt: 1 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(sequence, fc.array(streamed, { maxLength: 5 }), (before, streamed) => {
        const from = fold(undefined, before)
        const told = streamed.map(({ type, at, redactions }, i) =>
          tell(before.length + i, type, { redactions }, { at }),
        )
        const entries = told.map(({ entry: { ts, data } }) => ({ ts, redactions: data.redactions }))
        const once = fold(from, told)
        expect(foldStreamed(from, entries, markAt(once))).toEqual(once)
      }),
    )
  })
})
