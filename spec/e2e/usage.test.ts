/** What sessions used, one by one and rolled up. */

import { describe, expect, test } from 'vitest'
import { appendEntry, openStore } from '../../lib/index.ts'
import { makePlace, type Place, type Row } from '../support/cli.ts'

async function use(place: Place, id: string, data: object): Promise<void> {
  const store = openStore({ env: place.env, home: place.dir, cwd: place.cwd })
  await appendEntry(store, id as never, { type: 'usage', data: { ...data } })
}

describe('usage_total', () => {
  test('of list --tree and show --tree counts each session once, filtered or not', async () => {
    const place = makePlace()
    const root = await place.make(['--name', 'root', '--', 'true'])
    const child = await place.make(['--parent', root, '--', 'true'])
    const leaf = await place.make(['--parent', child, '--', 'true'])
    const fork = await place.make(['--fork', root, '--', 'true'])
    const silent = await place.make()
    await use(place, root, { input_tokens: 1000, output_tokens: 40, cost_usd: 0.004 })
    await use(place, leaf, { input_tokens: 200, output_tokens: 300, cost_usd: 0.008 })
    await use(place, fork, { input_tokens: 5 })
    const forest = await place.json<Row[]>(['list', '--tree'])
    const byId = (rows: readonly Row[], id: string) => rows.find((row) => row.id === id) ?? {}
    const total = { input_tokens: 1200, output_tokens: 340, cost_usd: 0.012 }
    expect(byId(forest, root)).toMatchObject({
      usage: { input_tokens: 1000, output_tokens: 40, cost_usd: 0.004 },
      usage_total: total,
      children: [{ id: child, usage: null, usage_total: { input_tokens: 200 } }],
    })
    expect(byId(forest, fork)).toMatchObject({ usage_total: { input_tokens: 5 } })
    expect(byId(forest, silent)).not.toHaveProperty('usage_total')
    // What is above the others is not gone, whatever is filtered out.
    const filtered = await place.json<Row[]>([
      ...['list', '--tree', '--sort', 'accessed', '--limit', '2'],
    ])
    expect(filtered).toMatchObject([
      { id: fork, children: [] },
      {
        ...{ id: root, status: 'idle', usage_total: total },
        children: [{ id: child, status: 'idle', children: [{ id: leaf, children: [] }] }],
      },
    ])

    const shown = await place.json(['show', root, '--tree'])
    expect(shown).toMatchObject({ id: root, usage_total: total, liveness: { status: 'idle' } })
    expect(shown.children).toMatchObject([{ id: child, children: [{ id: leaf, children: [] }] }])
    expect(await place.json(['show', root])).not.toHaveProperty('usage_total')
    expect(await place.json(['show', silent, '--tree'])).not.toHaveProperty('usage_total')

    const drawn = await place.stint(['list', '--tree'])
    expect(drawn.stdout).toMatch(/^SESSION +USAGE +TOTAL +STATUS/)
    expect(drawn.stdout).toMatch(/1\.0k in, 40 out, <\$0\.01 +1\.2k in, 340 out, \$0\.01 +idle/)
    const people = await place.stint(['show', 'root', '--tree'])
    expect(people.stdout).toMatch(
      /^in all +input tokens 1200, output tokens 340, cost usd 0\.012$/m,
    )
    expect(people.stdout).toContain(`\n   └─ ${leaf}  `)
    expect(people.stdout).not.toContain(fork)
  })

  test('is no column where nothing is known', async () => {
    const place = makePlace()
    const id = await place.make()
    expect((await place.stint(['list', '--tree'])).stdout).toMatch(/^SESSION +STATUS/)
    expect((await place.stint(['show', id, '--tree'])).stdout).not.toMatch(/USAGE|in all/)
  })
})
