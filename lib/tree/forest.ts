/** Parents and children of sessions. Pure: what is odd is shown, never thrown and never dropped. */

/** What a row needs to be hung into a tree. */
export interface Kin {
  readonly id: string
  readonly parent_session_id: string | null
}

/** A session with its children; a parent that is not there is a node without a row. */
export interface TreeNode<R extends Kin> {
  readonly id: string
  readonly row: R | undefined
  readonly children: readonly TreeNode<R>[]
  /** Its parent is among its own descendants, so the line was cut above it. */
  readonly cycle: boolean
}

/**
 * Hangs every row under its parent. Rows keep their order among siblings; roots are rows without a
 * parent, parents that are not among the rows, and one row of each cycle.
 */
export function growForest<R extends Kin>(rows: readonly R[]): TreeNode<R>[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const order = new Map(rows.map((row, index) => [row.id, index]))
  const childrenOf = new Map<string, R[]>()
  for (const row of rows) {
    if (row.parent_session_id === null) continue
    const siblings = childrenOf.get(row.parent_session_id)
    if (siblings === undefined) childrenOf.set(row.parent_session_id, [row])
    else siblings.push(row)
  }

  const grown = new Set<string>()
  const roots: TreeNode<R>[] = []
  const addRoot = (id: string, row: R | undefined, cycle: boolean) => {
    if (!grown.has(id)) roots.push(grow(id, row, cycle, childrenOf, grown))
  }
  for (const row of rows) {
    if (row.parent_session_id === null) addRoot(row.id, row, false)
    else if (!byId.has(row.parent_session_id)) addRoot(row.parent_session_id, undefined, false)
  }
  // What no root leads to hangs below a circle, which is cut above the first of its rows.
  for (const row of rows) {
    if (grown.has(row.id)) continue
    const first = firstOfCircle(row, byId, order)
    addRoot(first.id, first, true)
  }
  return roots
}

/** The row of the circle above `row` that stands first among all rows. */
function firstOfCircle<R extends Kin>(
  row: R,
  byId: ReadonlyMap<string, R>,
  order: ReadonlyMap<string, number>,
): R {
  const seen = new Set<R>()
  let at = row
  while (!seen.has(at)) {
    seen.add(at)
    at = byId.get(at.parent_session_id ?? '') ?? at
  }
  let first = at
  for (let next = byId.get(at.parent_session_id ?? ''); next !== undefined && next !== at; ) {
    if ((order.get(next.id) ?? 0) < (order.get(first.id) ?? 0)) first = next
    next = byId.get(next.parent_session_id ?? '')
  }
  return first
}

/** Every node, parents before children, with its depth in the forest. */
export function* walkForest<R extends Kin>(
  forest: readonly TreeNode<R>[],
): Generator<{ node: TreeNode<R>; depth: number }> {
  const stack = forest.map((node) => ({ node, depth: 0 })).reverse()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next
    for (const child of [...next.node.children].reverse()) {
      stack.push({ node: child, depth: next.depth + 1 })
    }
  }
}

/** Iterative: a chain of children is as deep as somebody made it. */
function grow<R extends Kin>(
  id: string,
  row: R | undefined,
  cycle: boolean,
  childrenOf: ReadonlyMap<string, readonly R[]>,
  grown: Set<string>,
): TreeNode<R> {
  type Growing = { id: string; row: R | undefined; children: Growing[]; cycle: boolean }
  const root: Growing = { id, row, children: [], cycle }
  grown.add(id)
  const stack: Growing[] = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const child of childrenOf.get(node.id) ?? []) {
      if (grown.has(child.id)) continue
      grown.add(child.id)
      const grownChild: Growing = { id: child.id, row: child, children: [], cycle: false }
      node.children.push(grownChild)
      stack.push(grownChild)
    }
  }
  return root
}
