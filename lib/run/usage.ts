/** What a turn used, whatever its tool's numbers are sums over. */

import type { EntryData } from '../journal/entry.ts'
import { findEntries } from '../session/turn.ts'
import type { Tokens, ToolEvent } from '../tools/event.ts'

type UsageEvent = ToolEvent & { type: 'usage' }
type Amounts = Readonly<Record<string, number>>

/** The totals of a provider's session, by its id; `none` of one that is known to have begun with none. */
export type FindTotal = (id: string) => Tokens | 'none' | undefined

/** Makes what each event adds of what it says. */
export class UsageMeter {
  #findTotal: FindTotal
  #isNew: boolean
  /** Those told before any id are of none. */
  readonly #totals = new Map<string | undefined, Tokens>()
  #sum: Record<string, number> = {}

  /** `isNew`: whether the provider's session begins in this turn, so that all its total is this turn's. */
  constructor(findTotal: FindTotal, isNew: boolean) {
    this.#findTotal = findTotal
    this.#isNew = isNew
  }

  /** The provider's session is no copy after all. */
  beginAnew(): void {
    this.#findTotal = () => undefined
    this.#isNew = true
  }

  /** The data of the entry for an event. What cannot be told apart from earlier turns is left out. */
  take({ scope, tokens, least, raw }: UsageEvent, provider: string | undefined): EntryData {
    const { added, total } =
      scope === 'thread'
        ? this.#since(tokens, least, provider)
        : { added: tokens, total: undefined }
    for (const [key, amount] of Object.entries(added)) {
      this.#sum[key] = (this.#sum[key] ?? 0) + amount
    }
    return {
      ...added,
      scope,
      ...(provider === undefined ? {} : { provider_session_id: provider }),
      ...(total === undefined ? {} : { total }),
      raw,
    }
  }

  /** Of the turn so far; null when nothing is known. */
  get sum(): Readonly<Record<string, number>> | null {
    return Object.keys(this.#sum).length === 0 ? null : this.#sum
  }

  /** What a total adds, and all that is known of it: a number that is left out once is not 0. */
  #since(
    told: Tokens,
    least: Tokens | undefined,
    provider: string | undefined,
  ): { added: Tokens; total: Tokens } {
    const before = (this.#totals.get(provider) ??
      (provider === undefined ? undefined : this.#findPast(provider)) ??
      this.#totals.get(undefined)) as Amounts | undefined
    const total = { ...before, ...told }
    this.#totals.set(provider, total)
    let added: Record<string, number> = {}
    for (const [key, amount] of Object.entries(told)) {
      const from = before?.[key] ?? (this.#isNew ? 0 : undefined)
      if (from !== undefined) added[key] = amount - from
    }
    // Where one shrank they began anew somewhere: nobody knows what this turn added to any of them.
    if (Object.values(added).some((more) => more < 0)) added = {}
    if (least === undefined || this.#isNew || covers(added, least)) return { added, total }
    return { added: before === undefined ? least : told, total }
  }

  #findPast(provider: string): Tokens | undefined {
    const past = this.#findTotal(provider)
    if (past !== undefined) this.#isNew = past === 'none'
    return past === 'none' ? undefined : past
  }
}

function covers(added: Amounts, least: Tokens): boolean {
  return Object.entries(least).every(([key, amount]) => (added[key] ?? -1) >= amount)
}

/**
 * The last total of a provider's session that a journal knows; `none` where it began in this journal and
 * never told one. With `tool` not where a turn of that has begun since: what it used is in the totals of
 * every copy, and counted once the session goes on.
 */
export function lastTotal(dir: string, id: string, tool?: string): Tokens | 'none' | undefined {
  let named: number | undefined
  for (const { type, turn, data } of findEntries(dir)) {
    if (type === 'turn_started' && data.tool === tool) return undefined
    if (type === 'turn_started' && turn === named && isNew(data)) return 'none'
    if (data.provider_session_id !== id) continue
    if (type === 'usage' && typeof data.total === 'object') return data.total as Tokens
    if (type === 'provider_session') named = turn
  }
  return undefined
}

/** Whether a turn began a conversation; of a command line of the user's own nobody knows. */
function isNew({ prompt, provider_session_id: from, imported }: EntryData): boolean {
  return typeof prompt === 'string' && from === undefined && imported !== true
}
