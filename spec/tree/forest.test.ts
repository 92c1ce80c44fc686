import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growForest, type Kin, type TreeNode, walkForest } from '../../lib/tree/forest.ts'

/** Rows of a few ids, whose parents are among them, gone, or themselves, in any order. */
const kinship = fc.uniqueArray(fc.nat({ max: 14 }), { maxLength: 12 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(`s${id}`),
        parent_session_id: fc.option(fc.nat({ max: 18 }).map((parent) => `s${parent}`)),
      }),
    ),
  ),
)

function walk(rows: readonly Kin[]): { node: TreeNode<Kin>; depth: number }[] {
  return [...walkForest(growForest(rows))]
}

function isInCycle(id: string, parents: ReadonlyMap<string, string | null>): boolean {
  let above = parents.get(id)
  for (let steps = 0; steps <= parents.size && above != null; steps++) {
    if (above === id) return true
    above = parents.get(above)
  }
  return false
}

describe('growForest', () => {
  it('shows every row exactly once', () => {
    fc.assert(
      fc.property(kinship, (rows) => {
        const shown = walk(rows).flatMap(({ node }) => (node.row === undefined ? [] : [node.row]))
        expect(new Set(shown)).toEqual(new Set(rows))
        expect(shown).toHaveLength(rows.length)
      }),
      { numRuns: 200 },
    )
  })

  it('hangs each row under its parent, unless it is a root or the line was cut above it', () => {
    fc.assert(
      fc.property(kinship, (rows) => {
        const forest = growForest(rows)
        for (const { node } of walkForest(forest)) {
          for (const child of node.children) expect(child.row?.parent_session_id).toBe(node.id)
        }
        for (const root of forest) {
          if (!root.cycle) expect(root.row?.parent_session_id ?? null).toBeNull()
        }
      }),
      { numRuns: 200 },
    )
  })

  it('cuts each cycle once, at one of its own rows', () => {
    fc.assert(
      fc.property(kinship, (rows) => {
        const parents = new Map<string, string | null>(
          rows.map((row) => [row.id, row.parent_session_id]),
        )
        const cut = walk(rows).filter(({ node }) => node.cycle)
        for (const { node, depth } of cut) {
          expect(depth).toBe(0)
          expect(isInCycle(node.id, parents), `${node.id} is in a cycle`).toBe(true)
        }
        const around = (id: string): string => {
          const ids = [id]
          for (let at = parents.get(id); at != null && at !== id; at = parents.get(at)) ids.push(at)
          return ids.sort().join()
        }
        const cycles = rows.filter(({ id }) => isInCycle(id, parents)).map(({ id }) => around(id))
        expect(cut.map(({ node }) => around(node.id)).sort()).toEqual([...new Set(cycles)].sort())
      }),
      { numRuns: 500 },
    )
  })

  it('shows a parent that is not there once, with all of its children', () => {
    fc.assert(
      fc.property(kinship, (rows) => {
        const ids = new Set<string>(rows.map(({ id }) => id))
        const gone = walk(rows).filter(({ node }) => node.row === undefined)
        const missing = rows.flatMap(({ parent_session_id: id }) =>
          id !== null && !ids.has(id) ? [id] : [],
        )
        expect(gone.map(({ node }) => node.id).sort()).toEqual([...new Set(missing)].sort())
        for (const { node, depth } of gone) {
          expect(depth).toBe(0)
          expect(node.cycle).toBe(false)
          expect(node.children.map(({ id }) => id)).toEqual(
            rows.filter((row) => row.parent_session_id === node.id).map(({ id }) => id),
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  it('keeps the order of rows among siblings and among roots', () => {
    const rows = ['c', 'a', 'b'].flatMap((id) => [
      { id: `${id}2`, parent_session_id: id },
      { id, parent_session_id: null },
      { id: `${id}1`, parent_session_id: id },
    ])
    expect(walk(rows).map(({ node, depth }) => `${depth}${node.id}`)).toEqual(
      ['c', 'a', 'b'].flatMap((id) => [`0${id}`, `1${id}2`, `1${id}1`]),
    )
  })

  it('cuts above a row that is its own parent', () => {
    const forest = growForest([{ id: 'a', parent_session_id: 'a' }])
    expect(forest).toMatchObject([{ id: 'a', cycle: true, children: [] }])
  })

  it.each([
    ['from the root down', false],
    ['from the leaf up', true],
  ])('grows and walks a chain of 100,000 rows given %s', (_, reversed) => {
    const count = 100_000
    const rows = Array.from({ length: count }, (_, i) => ({
      id: `s${i}`,
      parent_session_id: i === 0 ? null : `s${i - 1}`,
    }))
    if (reversed) rows.reverse()
    let next = 0
    for (const { node, depth } of walkForest(growForest(rows))) {
      if (node.id !== `s${next}` || depth !== next) expect({ node: node.id, depth }).toBe(next)
      next++
    }
    expect(next).toBe(count)
  })

  it('grows a circle of 100,000 rows, and 100,000 children of one parent', () => {
    const count = 100_000
    const circle = Array.from({ length: count }, (_, i) => ({
      id: `s${i}`,
      parent_session_id: `s${(i + 1) % count}`,
    }))
    expect(walk(circle)).toHaveLength(count)
    const broad = circle.map(({ id }) => ({ id, parent_session_id: 'gone' }))
    expect(walk(broad)).toHaveLength(count + 1)
  })
})

describe('walkForest', () => {
  it('gives parents before their children, each one level deeper', () => {
    fc.assert(
      fc.property(kinship, (rows) => {
        const depths = new Map<string, number>()
        for (const { node, depth } of walk(rows)) {
          expect(depth).toBe(depths.get(node.id) ?? 0)
          for (const child of node.children) depths.set(child.id, depth + 1)
        }
      }),
      { numRuns: 200 },
    )
  })
})
