import {
  builtInTools,
  Failure,
  findMovedFrom,
  growForest,
  type ListFilter,
  type Listing,
  listSessions,
  type SessionRow,
  type Status,
  type Store,
  shellWord,
  totalUsage,
} from '../../lib/index.ts'
import {
  count,
  flag,
  given,
  type Handler,
  type Invocation,
  list,
  text,
  texts,
  when,
} from '../command.ts'
import type { Context } from '../context.ts'
import { nearestOf } from '../nearest.ts'
import { bytes } from '../render/amount.ts'
import { rowCells, rowColumns, shownLength } from '../render/session.ts'
import { printForest, type SessionNode, type TreeLook, toJson } from '../render/session-tree.ts'
import { highlightPrefix } from '../render/style.ts'
import { printTable } from '../render/table.ts'
import { storesOf } from '../session.ts'

/** A row of one of several stores. */
type Stored = SessionRow & { readonly store: string }

/** Lists sessions, as a table or a tree. */
export const handler: Handler = async (invocation, context) => {
  const filter = filterOf(invocation)
  const stores = storesOf(invocation, context)
  // By what was asked for, so that a script finds the same shape however many there are.
  const isOfMany = flag(invocation, 'all-projects') || texts(invocation, 'store').length > 1
  const listOne = stores.length > 1 ? tryList : isOfMany ? listStored : listSessions
  const look: Look = (of) =>
    merge(
      stores.map((store) => listOne(store, of)),
      of,
    )
  const listing = look(filter)
  for (const warning of listing.warnings) context.out.warn(warning.message)
  const tree = flag(invocation, 'tree') ? treeOf(look, listing, filter) : undefined
  if (context.json) {
    context.out.json(tree?.forest.map((root) => toJson(root, tree.totals)) ?? listing.rows)
  } else if (listing.rows.length === 0) {
    context.out.talk(`no sessions${toolMeant(filter.tools)}${moveOf(stores)}`)
  } else if (tree === undefined) {
    await drawTable(listing, labelStores(stores), context)
  } else {
    await printForest(tree.forest, tree, context)
  }
  return 0
}

/** A tool that is called otherwise, as `claude` is. */
function toolMeant(typed: readonly string[] = []): string {
  const known: readonly string[] = [...builtInTools, 'acp', 'command']
  const others = typed.filter((tool) => !known.includes(tool))
  const near = others.map((tool) => nearestOf(tool, known)).find((tool) => tool !== undefined)
  return near === undefined ? '' : `; did you mean --tool ${near}?`
}

/** Whoever moved a project is not to think that its sessions are lost. */
function moveOf(stores: readonly Store[]): string {
  const old = stores.map(findMovedFrom).find((path) => path !== undefined)
  return old === undefined
    ? ''
    : `; if this is what was ${old}, \`stint project move ${shellWord(old)} .\` brings its sessions along`
}

/** Lists the sessions of all stores. */
type Look = (filter: ListFilter) => Listing

/** One of several stores: what is wrong with it keeps nobody from the others. */
function tryList(store: Store, filter: ListFilter): Listing {
  try {
    return listStored(store, filter)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { rows: [], prefixes: new Map(), warnings: [error] }
  }
}

/** Its rows say which store it is. */
function listStored(store: Store, filter: ListFilter): Listing {
  const listing = listSessions(store, filter)
  return { ...listing, rows: listing.rows.map((row) => ({ ...row, store: store.dir })) }
}

/** What several stores are called: by their projects, where those tell them apart. */
function labelStores(stores: readonly Store[]): ReadonlyMap<string, string> {
  const names = stores.map(({ projectPath }) => projectPath.slice(projectPath.lastIndexOf('/') + 1))
  return new Map(
    stores.length === 1
      ? []
      : stores.map(({ dir }, index) => {
          const name = names[index] as string
          return [dir, names.indexOf(name) === names.lastIndexOf(name) ? name : dir]
        }),
  )
}

/**
 * A filter says what is asked for: what that descends from stands above it all the same, and what a
 * session and its descendants used is the same without it.
 */
function treeOf(
  look: Look,
  listing: Listing,
  filter: ListFilter,
): { readonly forest: readonly SessionNode[] } & TreeLook {
  const all = Object.entries(filter)
  const order = all.filter(([key]) => key === 'sort' || key === 'withSize')
  const isAll = order.length === all.length
  const { rows, prefixes } = isAll ? listing : look(Object.fromEntries(order))
  const byId = new Map(rows.map((row) => [row.id as string, row]))
  const shown = new Set<string>(listing.rows.map(({ id }) => id))
  for (const id of shown) {
    const parent = byId.get(id)?.parent_session_id
    if (parent && byId.has(parent)) shown.add(parent)
  }
  return {
    forest: growForest(rows.filter(({ id }) => shown.has(id))),
    totals: totalUsage(growForest(rows)),
    prefixes,
  }
}

function filterOf(invocation: Invocation): ListFilter {
  return given({
    tools: list(invocation, 'tool'),
    branch: text(invocation, 'branch'),
    statuses: list(invocation, 'status') as readonly Status[] | undefined,
    since: when(invocation, 'since'),
    limit: count(invocation, 'limit'),
    sort: text(invocation, 'sort') as ListFilter['sort'],
    withSize: flag(invocation, 'size') || undefined,
  })
}

/** One listing of those of several stores, in the same order. */
function merge(listings: readonly Listing[], filter: ListFilter): Listing {
  const [first, ...others] = listings
  if (first !== undefined && others.length === 0) return first
  const rows = listings.flatMap((listing) => listing.rows)
  const key = (row: SessionRow) => (filter.sort === 'accessed' ? (row.last_accessed ?? '') : row.id)
  if (filter.sort === 'size') rows.sort((a, b) => (b.size_bytes ?? 0) - (a.size_bytes ?? 0))
  else rows.sort((a, b) => Number(key(a) < key(b)) - Number(key(b) < key(a)))
  return {
    rows: rows.slice(0, filter.limit),
    prefixes: new Map(listings.flatMap((listing) => [...listing.prefixes])),
    warnings: listings.flatMap((listing) => listing.warnings),
  }
}

async function drawTable(
  { rows, prefixes }: Listing,
  labels: ReadonlyMap<string, string>,
  context: Context,
): Promise<void> {
  const shown = shownLength(prefixes.values(), context.columns)
  const now = context.now()
  const withSize = rows.some((row) => row.size_bytes !== undefined)
  const columns = [
    { head: 'SESSION' },
    ...(labels.size > 0 ? [{ head: 'STORE' }] : []),
    ...(withSize ? [{ head: 'SIZE', align: 'right', keep: true } as const] : []),
    ...rowColumns,
  ]
  await printTable(context, columns, (style) =>
    rows.map((row) => [
      {
        text: row.id.slice(0, shown),
        paint: (id: string) => highlightPrefix(id, prefixes.get(row.id) ?? 4, style),
      },
      ...(labels.size > 0 ? [labels.get((row as Stored).store) ?? ''] : []),
      ...(withSize ? [bytes(row.size_bytes ?? 0)] : []),
      ...rowCells(row, now, style),
    ]),
  )
}
