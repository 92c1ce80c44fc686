import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growForest, walkForest } from '../../lib/tree/forest.ts'
import { totalUsage, type Usage } from '../../lib/tree/usage.ts'

interface Row {
  readonly id: string
  readonly parent_session_id: string | null
  readonly usage: Usage | null
}

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'gone']
const kinship = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...names.slice(0, -1)),
    parent_session_id: fc.option(fc.constantFrom(...names)),
    usage: fc.option(
      fc.dictionary(fc.constantFrom('input_tokens', 'cost_usd'), fc.integer({ min: 0, max: 99 })),
    ),
  }),
  { selector: ({ id }) => id },
)

const row = (
  id: string,
  parent: string | null,
  usage: Usage | null = { input_tokens: 1 },
): Row => ({
  id,
  parent_session_id: parent,
  usage,
})

describe('totalUsage', () => {
  it('counts each session once in the root that it hangs under, and nowhere else', () => {
    fc.assert(
      fc.property(kinship, (rows: readonly Row[]) => {
        const forest = growForest(rows)
        const totals = totalUsage(forest)
        for (const key of ['input_tokens', 'cost_usd']) {
          const sum = (all: readonly (number | undefined)[]) =>
            all.reduce<number>((total, one) => total + (one ?? 0), 0)
          expect(sum(forest.map(({ id }) => totals.get(id)?.[key]))).toBe(
            sum(rows.map(({ usage }) => usage?.[key])),
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  it('says of each node what it and all below it used, and nothing where nothing is known', () => {
    fc.assert(
      fc.property(kinship, (rows: readonly Row[]) => {
        const forest = growForest(rows)
        const totals = totalUsage(forest)
        for (const { node } of walkForest(forest)) {
          const below = [...walkForest([node])].flatMap(({ node }) =>
            node.row?.usage ? [node.row.usage] : [],
          )
          const keys = new Set(below.flatMap((usage) => Object.keys(usage)))
          const wanted = [...keys].map((key) => [
            key,
            below.reduce((sum, usage) => sum + (usage[key] ?? 0), 0),
          ])
          const total = totals.get(node.id)
          if (keys.size === 0) expect(total).toBeUndefined()
          else expect(total).toEqual(Object.fromEntries(wanted))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps a 0 that is known', () => {
    const totals = totalUsage(growForest([row('a', null, { cost_usd: 0 }), row('b', 'a', null)]))
    expect(totals).toEqual(new Map([['a', { cost_usd: 0 }]]))
  })

  it('sums a chain of 100,000, from the leaf up', () => {
    const rows = Array.from({ length: 100_000 }, (_, i) =>
      row(`s${i}`, i === 0 ? null : `s${i - 1}`),
    )
    expect(totalUsage(growForest(rows)).get('s0')).toEqual({ input_tokens: 100_000 })
  })
})
