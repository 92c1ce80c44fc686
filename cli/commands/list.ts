import {
  growForest,
  type ListFilter,
  type Listing,
  listSessions,
  type SessionId,
  type SessionRow,
  type Status,
  type TreeNode,
} from '../../lib/index.ts'
import { count, flag, type Handler, type Invocation, list, text, when } from '../command.ts'
import type { Context } from '../context.ts'
import { rowCells, rowColumns, shownLength, statusPaint } from '../render/session.ts'
import { highlightPrefix, styleOf } from '../render/style.ts'
import { type Cell, table } from '../render/table.ts'
import { treeLines } from '../render/tree.ts'
import { storesOf } from '../session.ts'

/** Lists sessions, as a table or a tree. */
export const handler: Handler = async (invocation, context) => {
  const filter = filterOf(invocation)
  const listing = merge(
    storesOf(invocation, context).map((store) => listSessions(store, filter)),
    filter,
  )
  for (const warning of listing.warnings) context.out.warn(warning.message)
  const tree = flag(invocation, 'tree')
  if (context.json) {
    context.out.json(tree ? growForest(listing.rows).map(toJson) : listing.rows)
  } else if (listing.rows.length === 0) {
    context.out.talk('no sessions')
  } else {
    context.out.data(await (tree ? drawTree : drawTable)(listing, context))
  }
  return 0
}

function filterOf(invocation: Invocation): ListFilter {
  const given = {
    tools: list(invocation, 'tool'),
    branch: text(invocation, 'branch'),
    statuses: list(invocation, 'status') as readonly Status[] | undefined,
    since: when(invocation, 'since'),
    limit: count(invocation, 'limit'),
    sort: text(invocation, 'sort') as ListFilter['sort'],
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** One listing of those of several stores, in the same order. */
function merge(listings: readonly Listing[], filter: ListFilter): Listing {
  const [first, ...others] = listings
  if (first !== undefined && others.length === 0) return first
  const rows = listings.flatMap((listing) => listing.rows)
  const key = (row: SessionRow) => (filter.sort === 'accessed' ? (row.last_accessed ?? '') : row.id)
  if (filter.sort !== 'size') rows.sort((a, b) => (key(a) < key(b) ? 1 : -1))
  return {
    rows: rows.slice(0, filter.limit),
    prefixes: new Map(listings.flatMap((listing) => [...listing.prefixes])),
    warnings: listings.flatMap((listing) => listing.warnings),
  }
}

async function drawTable({ rows, prefixes }: Listing, context: Context): Promise<string> {
  const style = styleOf(context.color.stdout)
  const shown = shownLength(prefixes.values(), context.columns)
  const now = context.now()
  return table(
    [{ head: 'SESSION' }, ...rowColumns],
    rows.map((row) => [
      {
        text: row.id.slice(0, shown),
        paint: (id: string) => highlightPrefix(id, prefixes.get(row.id) ?? 4, style),
      },
      ...rowCells(row, now, style),
    ]),
    { width: context.columns, heads: style.dim },
  )
}

type Node = TreeNode<SessionRow>

async function drawTree({ rows, prefixes }: Listing, context: Context): Promise<string> {
  const style = styleOf(context.color.stdout)
  const shown = shownLength(prefixes.values(), context.columns)
  const now = context.now()
  const lines = treeLines<Node>(growForest(rows), (node) => node.children)
  return table(
    [{ head: 'SESSION' }, ...rowColumns],
    lines.map(({ node, prefix }): Cell[] => {
      const { id, row, cycle } = node
      const known = prefixes.get(id as SessionId) ?? 4
      const cell: Cell = {
        text: `${prefix}${id.slice(0, shown)}`,
        paint: (text) => prefix + highlightPrefix(text.slice(prefix.length), known, style),
      }
      if (row === undefined) return [cell, { text: 'gone', paint: statusPaint('gone', style) }]
      const cells = rowCells(row, now, style)
      return cycle ? [cell, ...cells.slice(0, -1), '(its own ancestor)'] : [cell, ...cells]
    }),
    { width: context.columns, heads: style.dim },
  )
}

interface JsonNode {
  readonly id: string
  readonly children: JsonNode[]
}

/** Built from the leaves up, since the depth of a tree is not ours to choose. */
function toJson(root: Node): JsonNode {
  const shell = ({ id, row, cycle }: Node): JsonNode => ({
    ...(row ?? { id, status: 'gone' }),
    id,
    ...(cycle ? { cycle: true } : {}),
    children: [],
  })
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
