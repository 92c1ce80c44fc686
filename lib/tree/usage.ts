/** Usage rolled up a forest. Pure. */

import { type Kin, type TreeNode, walkForest } from './forest.ts'

export type Usage = Readonly<Record<string, number>>

/**
 * What each node and all its descendants used together, by id. A node of which nothing is known is
 * absent, and so is a key: what is not known is not 0. A forest has each row once, so each counts once.
 */
export function totalUsage<R extends Kin & { readonly usage: Usage | null }>(
  forest: readonly TreeNode<R>[],
): Map<string, Usage> {
  const totals = new Map<string, Usage>()
  // Children stand behind their parents, so from the end every child is ready before its parent.
  for (const { node } of [...walkForest(forest)].reverse()) {
    const sum: Record<string, number> = {}
    const add = (usage: Usage | null | undefined) => {
      for (const [key, value] of Object.entries(usage ?? {})) {
        if (Number.isFinite(value)) sum[key] = Math.min((sum[key] ?? 0) + value, Number.MAX_VALUE)
      }
    }
    add(node.row?.usage)
    for (const child of node.children) add(totals.get(child.id))
    if (Object.keys(sum).length > 0) totals.set(node.id, sum)
  }
  return totals
}
