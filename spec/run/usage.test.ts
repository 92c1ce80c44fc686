import { describe, expect, it } from 'vitest'
import { lastTotal, UsageMeter } from '../../lib/run/usage.ts'
import { claudeCode } from '../../lib/tools/claude-code.ts'
import type { Tokens } from '../../lib/tools/event.ts'
import { started, type Told, writeSession } from '../store/sessions.ts'
import { makeStore } from '../support/place.ts'

/** What one result of claude says: of the query, and with its helpers, maybe of earlier turns, too. */
interface Result {
  readonly own: number
  readonly all: number
}

/** Turns of claude, each in a process of its own; gives what each is counted to have used. */
function makeTurns(version: string) {
  const totals = new Map<string, Tokens>()
  return (id: string, results: readonly Result[], how: 'new' | 'resumed' | { copyOf: string }) => {
    const stream = claudeCode.open()
    const copied = typeof how === 'object' ? how.copyOf : ''
    const meter = new UsageMeter((one) => totals.get(one) ?? totals.get(copied), how === 'new')
    expect(meter.sum).toBeNull()
    // What is told in this turn may not be in the journal yet.
    let last: Tokens | undefined
    const lines = [
      { type: 'system', subtype: 'init', session_id: id, claude_code_version: version },
      ...results.map(({ own, all }, at) => ({
        type: 'result',
        subtype: 'success',
        session_id: id,
        uuid: `${id} ${at}`,
        usage: { input_tokens: own, output_tokens: own / 10, cache_read_input_tokens: 0 },
        modelUsage: {
          opus: { inputTokens: all, outputTokens: all / 10, cacheReadInputTokens: 0 },
        },
        total_cost_usd: all / 1000,
      })),
    ]
    for (const event of lines.flatMap((line) => stream.parse(JSON.stringify(line)) ?? [])) {
      if (event.type !== 'usage') continue
      const { total } = meter.take(event, id)
      if (total !== undefined) last = total as Tokens
    }
    if (last !== undefined) totals.set(id, last)
    const { input_tokens, output_tokens, cost_usd } = meter.sum ?? {}
    return [input_tokens, output_tokens, cost_usd]
  }
}

describe('UsageMeter', () => {
  it('knows a total that is left out once', () => {
    const meter = new UsageMeter(() => undefined, true)
    const tell = (tokens: Tokens) =>
      meter.take({ type: 'usage', scope: 'thread', tokens, raw: {} }, 'a')
    tell({ input_tokens: 10, output_tokens: 1 })
    tell({ input_tokens: 20 })
    tell({ input_tokens: 30, output_tokens: 5 })
    expect(meter.sum).toEqual({ input_tokens: 30, output_tokens: 5 })
  })

  it('counts nothing of totals of which one shrank, and goes on from them', () => {
    const meter = new UsageMeter(() => ({ input_tokens: 5000, output_tokens: 34 }), false)
    const tell = (tokens: Tokens) =>
      meter.take({ type: 'usage', scope: 'thread', tokens, raw: {} }, 'a')
    const told = { input_tokens: 1201, output_tokens: 80 }
    expect(tell(told)).toEqual({ scope: 'thread', provider_session_id: 'a', total: told, raw: {} })
    expect(meter.sum).toBeNull()
    tell({ input_tokens: 1301, output_tokens: 90 })
    expect(meter.sum).toEqual({ input_tokens: 100, output_tokens: 10 })
  })

  it('counts all that a conversation says which was to be a copy and is none', () => {
    const meter = new UsageMeter(() => ({ input_tokens: 10 }), false)
    meter.beginAnew()
    meter.take({ type: 'usage', scope: 'thread', tokens: { input_tokens: 15 }, raw: {} }, 'a')
    expect(meter.sum).toEqual({ input_tokens: 15 })
  })
})

describe('lastTotal', () => {
  const named = (id: string, turn = 1): Told => [
    'provider_session',
    { tool: 'codex', provider_session_id: id },
    { turn },
  ]
  const used = (id: string, total?: number): Told => [
    'usage',
    { scope: 'thread', provider_session_id: id, total: total && { input_tokens: total } },
    { turn: 1 },
  ]
  const begun = (turn: number, facts: object, tool = 'codex'): Told => {
    const [type, data, options] = started(turn, Date.UTC(2026, 1, 1), tool)
    return [type, { ...data, ...facts }, options]
  }
  const prompt = 'fix it'

  it.each<[string, Told[], Tokens | 'none' | undefined]>([
    ['the newest that it told', [used('a', 1), used('a', 2), used('b', 3)], { input_tokens: 2 }],
    ['what it told before a turn that tells none', [used('a', 1), used('a')], { input_tokens: 1 }],
    ['none where it began', [begun(1, { prompt }), named('a')], 'none'],
    ['unknown where another one began', [begun(1, { prompt }), named('b')], undefined],
    ['unknown where it began in another turn', [begun(1, { prompt }), named('a', 2)], undefined],
    [
      'unknown where a turn went on with it',
      [begun(1, { prompt, provider_session_id: 'a' }), named('a')],
      undefined,
    ],
    [
      'unknown where it was imported',
      [begun(1, { prompt, imported: true }), named('a')],
      undefined,
    ],
    ['unknown of a command line of the user', [begun(1, {}), named('a')], undefined],
  ])('is %s', (_, told, total) => {
    expect(lastTotal(writeSession(makeStore(), { told }).dir, 'a')).toEqual(total)
  })

  it('is unknown to a copy when a turn of its tool began since', () => {
    const { dir } = writeSession(makeStore(), { told: [used('a', 1), begun(2, { prompt })] })
    expect(lastTotal(dir, 'a', 'codex')).toBeUndefined()
    expect(lastTotal(dir, 'a', 'goose')).toEqual({ input_tokens: 1 })
    expect(lastTotal(dir, 'a')).toEqual({ input_tokens: 1 })
  })
})

describe('what claude used', () => {
  it('is counted once where its sums are of all turns, over resumes and forks', () => {
    const turn = makeTurns('2.1.330')
    expect(turn('a', [{ own: 100, all: 150 }], 'new')).toEqual([150, 15, 0.15])
    expect(turn('a', [{ own: 100, all: 350 }], 'resumed')).toEqual([200, 20, 0.35 - 0.15])
    expect(turn('b', [{ own: 50, all: 400 }], { copyOf: 'a' })).toEqual([50, 5, 0.4 - 0.35])
    expect(turn('b', [{ own: 0, all: 400 }], 'resumed')).toEqual([0, 0, 0])
    // A turn that was interrupted said nothing: its tokens come with the next.
    expect(turn('b', [{ own: 50, all: 550 }], 'resumed').slice(0, 2)).toEqual([150, 15])
  })

  it('is counted once where one process ends several times', () => {
    const turn = makeTurns('2.1.330')
    turn('a', [{ own: 100, all: 100 }], 'new')
    const results = [
      { own: 100, all: 250 },
      { own: 20, all: 250 },
      { own: 20, all: 300 },
    ]
    expect(turn('a', results, 'resumed').slice(0, 2)).toEqual([200, 20])
  })

  it('is what a turn says of itself where nobody knows what was used before', () => {
    const turn = makeTurns('2.2.0')
    expect(turn('a', [{ own: 100, all: 950 }], 'resumed')).toEqual([100, 10, undefined])
    expect(turn('a', [{ own: 100, all: 1100 }], 'resumed').slice(0, 2)).toEqual([150, 15])
  })

  it.each(['2.1.276', '2.0.300', '1.9.999', '', 'x', '2.1.x', '2.1', '2.1.330', '3'])(
    'is all that a process says where version %j begins anew',
    (version) => {
      const turn = makeTurns(version)
      expect(turn('a', [{ own: 100, all: 150 }], 'new')).toEqual([150, 15, 0.15])
      expect(turn('a', [{ own: 100, all: 160 }], 'resumed')).toEqual([160, 16, 0.16])
      expect(turn('a', [{ own: 100, all: 100 }], 'resumed')).toEqual([100, 10, 0.1])
    },
  )
})
