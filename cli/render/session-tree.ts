/** Sessions under their parents, for people and for programs. */

import type { SessionId, SessionRow, TreeNode, Usage } from '../../lib/index.ts'
import type { Context } from '../context.ts'
import { usage } from './amount.ts'
import { rowCells, rowColumns, shownLength, statusPaint } from './session.ts'
import { highlightPrefix } from './style.ts'
import { type Cell, printTable } from './table.ts'
import { treeLines } from './tree.ts'

export type SessionNode = TreeNode<SessionRow>

export interface TreeLook {
  /** What each session used together with its descendants. */
  readonly totals: ReadonlyMap<string, Usage>
  readonly prefixes: ReadonlyMap<SessionId, number>
}

/** Prints the forest as a table. What was used has a column only where something of it is known. */
export function printForest(
  forest: readonly SessionNode[],
  { totals, prefixes }: TreeLook,
  context: Context,
): Promise<void> {
  const shown = shownLength(prefixes.values(), context.columns)
  const now = context.now()
  const lines = treeLines<SessionNode>(forest, (node) => node.children)
  const own = lines.map(({ node }) => usage(node.row?.usage ?? {}))
  // What is its own is not said twice.
  const rolled = lines.map(({ node }) =>
    node.children.length === 0 ? '' : usage(totals.get(node.id) ?? {}),
  )
  const extras = [
    { head: 'USAGE', texts: own },
    { head: 'TOTAL', texts: rolled },
  ].filter(({ texts }) => texts.some((text) => text !== ''))
  const columns = [{ head: 'SESSION' }, ...extras.map(({ head }) => ({ head })), ...rowColumns]
  return printTable(context, columns, (style) =>
    lines.map(({ node, prefix }, index): Cell[] => {
      const { id, row, cycle } = node
      const known = prefixes.get(id as SessionId) ?? 4
      const cell: Cell = {
        text: id.slice(0, shown),
        indent: prefix,
        paint: (text) => prefix + highlightPrefix(text.slice(prefix.length), known, style),
      }
      const used = extras.map(({ texts }) => texts[index] ?? '')
      if (row === undefined) {
        return [cell, ...used, { text: 'gone', paint: statusPaint('gone', style) }]
      }
      const cells = rowCells(row, now, style)
      return cycle
        ? [cell, ...used, ...cells.slice(0, -1), '(its own ancestor)']
        : [cell, ...used, ...cells]
    }),
  )
}

export interface JsonNode {
  readonly id: string
  readonly usage_total?: Usage
  readonly children: JsonNode[]
}

/** Built from the root down with a list of its own, since the depth of a tree is not ours to choose. */
export function toJson(root: SessionNode, totals: ReadonlyMap<string, Usage>): JsonNode {
  const shell = ({ id, row, cycle }: SessionNode): JsonNode => {
    const total = totals.get(id)
    return {
      ...(row ?? { id, status: 'gone' }),
      id,
      ...(total === undefined ? {} : { usage_total: total }),
      ...(cycle ? { cycle: true } : {}),
      children: [],
    }
  }
  const top = shell(root)
  const stack = [{ node: root, json: top }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const child of next.node.children) {
      const json = shell(child)
      next.json.children.push(json)
      stack.push({ node: child, json })
    }
  }
  return top
}
