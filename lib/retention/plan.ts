/** What is to become of each session, and why. Pure: nothing here reads or changes anything. */

import type { SessionId } from '../base/id.ts'
import { type Policy, youngAge } from './policy.ts'
import type { Facts, Survey } from './survey.ts'

/** Why a session stays: what it is, in words. */
export const keepReasons = {
  live: 'running',
  orphaned: 'orphaned',
  leaked: 'leaked',
  unknown: 'not known to be dead',
  unreadable: 'damaged',
  newer: 'written by a newer stint',
  foreign: 'last worked on by another machine',
  caller: 'the one that asks, or above it',
  kin: 'above one that lives',
  pinned: 'pinned',
  young: 'used less than an hour ago',
  other: 'of another tool or status',
  last: 'among the last that stay',
  within: 'within the rules',
} as const

export type KeepReason = keyof typeof keepReasons

/** Why a session goes, in words. */
export const goReasons = {
  old: 'last used too long ago',
  beyond: 'not among the last that stay',
  count: 'too many sessions',
  size: 'too much room taken',
  retired: 'given up before',
} as const

export type GoReason = keyof typeof goReasons

export type Verdict =
  | { readonly id: SessionId; readonly act: 'keep'; readonly why: KeepReason }
  /** Its turn's supervisor is gone: the crash becomes part of its journal. */
  | {
      readonly id: SessionId
      readonly act: 'record'
      readonly why: 'crashed'
      readonly seq: number
    }
  /** Marked as retired and moved to the trash. */
  | { readonly id: SessionId; readonly act: 'trash'; readonly why: GoReason; readonly seq: number }
  /** Removed for good: it has been in the trash for long enough, since that instant in ms. */
  | {
      readonly id: SessionId
      readonly act: 'purge'
      readonly why: 'trashed'
      readonly since: number
    }

/** What is to be done with a session. */
export type Errand = Exclude<Verdict, { readonly act: 'keep' }>

/** A verdict for every session and everything in the trash, oldest first. */
export function planRetention(survey: Survey, policy: Policy): Verdict[] {
  const protectedBy = protectionOf(survey)
  const going = choose(survey, policy, protectedBy)
  const verdicts: Verdict[] = []
  for (const facts of survey.sessions.values()) {
    verdicts.push(verdictOn(facts, policy, protectedBy(facts), going.get(facts.id)))
  }
  for (const { id, trashedAt } of survey.trash) {
    if (policy.trashFor !== undefined && survey.now - trashedAt >= policy.trashFor) {
      verdicts.push({ id, act: 'purge', why: 'trashed', since: trashedAt })
    }
  }
  return verdicts
}

function verdictOn(
  { id, seq, status }: Facts,
  policy: Policy,
  kept: KeepReason | undefined,
  going: GoReason | 'other' | 'last' | undefined,
): Verdict {
  if (kept !== undefined) return { id, act: 'keep', why: kept }
  if (going === 'other') return { id, act: 'keep', why: going }
  if (going !== undefined && going !== 'last') return { id, act: 'trash', why: going, seq }
  if (status === 'crashed' && policy.recordCrashes)
    return { id, act: 'record', why: 'crashed', seq }
  return { id, act: 'keep', why: going ?? 'within' }
}

/** Which sessions the policy asks for; and of the others those that it is not about, or spares. */
function choose(
  survey: Survey,
  policy: Policy,
  protectedBy: (facts: Facts) => KeepReason | undefined,
): ReadonlyMap<SessionId, GoReason | 'other' | 'last'> {
  const { olderThan, keepLast = 0, maxCount, maxSize } = policy
  const chosen = new Map<SessionId, GoReason | 'other' | 'last'>()
  const selected: Facts[] = []
  for (const facts of survey.sessions.values()) {
    if (isSelected(facts, policy)) selected.push(facts)
    else chosen.set(facts.id, 'other')
  }
  selected.sort((a, b) => ageOf(a, survey) - ageOf(b, survey) || (a.id < b.id ? 1 : -1))

  const isAlone = [olderThan, maxCount, maxSize].every((rule) => rule === undefined)
  const spare: Facts[] = []
  for (const [rank, facts] of selected.entries()) {
    const { id, retired } = facts
    if (protectedBy(facts) !== undefined) continue
    if (retired) chosen.set(id, 'retired')
    else if (rank < keepLast) chosen.set(id, 'last')
    else if (policy.keepLast !== undefined && isAlone) chosen.set(id, 'beyond')
    else if (olderThan !== undefined && ageOf(facts, survey) > olderThan) chosen.set(id, 'old')
    else spare.push(facts)
  }

  const staying = selected.filter(({ id }) => !chosen.has(id) || chosen.get(id) === 'last')
  let count = staying.length
  let bytes = maxSize === undefined ? 0 : sum(staying.map(({ id }) => survey.sizeOf(id)))
  for (const { id } of spare.reverse()) {
    if (maxCount !== undefined && count > maxCount) chosen.set(id, 'count')
    else if (maxSize !== undefined && bytes > maxSize) chosen.set(id, 'size')
    else continue
    count--
    if (maxSize !== undefined) bytes -= survey.sizeOf(id)
  }
  return chosen
}

/** In ms. What cannot be read has no age, so it stands before all others. */
function ageOf({ usedAt }: Facts, { now }: Survey): number {
  return Number.isNaN(usedAt) ? Number.NEGATIVE_INFINITY : now - usedAt
}

function isSelected({ tools, status }: Facts, policy: Policy): boolean {
  if (policy.statuses !== undefined && !policy.statuses.includes(status)) return false
  return policy.tools === undefined || tools.some((tool) => policy.tools?.includes(tool))
}

/** What no policy touches: says why a session stays whatever is asked for. */
export function protectionOf(survey: Survey): (facts: Facts) => KeepReason | undefined {
  const callers = lineOf(survey, survey.caller)
  const kin = new Set<SessionId>()
  for (const facts of survey.sessions.values()) {
    if (!isLiving(facts)) continue
    // Of a line that was walked before, the rest was too.
    for (const id of lineOf(survey, parentOf(survey, facts), kin)) kin.add(id)
  }
  return (facts) => {
    const { status, isNewer, isForeign, pinned, id } = facts
    switch (status) {
      case 'running':
      case 'busy':
        return 'live'
      case 'orphaned':
      case 'leaked':
      case 'unknown':
      case 'unreadable':
        return status
    }
    if (isNewer) return 'newer'
    if (isForeign) return 'foreign'
    if (callers.has(id)) return 'caller'
    if (kin.has(id)) return 'kin'
    if (pinned) return 'pinned'
    return ageOf(facts, survey) < youngAge ? 'young' : undefined
  }
}

/** Whether what it descends from is still needed: also where its life cannot be known. */
export function isLiving({ status }: Pick<Facts, 'status'>): boolean {
  return ['running', 'busy', 'orphaned', 'leaked', 'unknown'].includes(status)
}

/** A session and all that it descends from, as far as they are here and not known before. */
function lineOf(
  survey: Survey,
  from: SessionId | undefined,
  known: ReadonlySet<SessionId> = new Set(),
): ReadonlySet<SessionId> {
  const line = new Set<SessionId>()
  for (let id = from; id !== undefined && !line.has(id) && !known.has(id); ) {
    line.add(id)
    const facts = survey.sessions.get(id)
    id = facts === undefined ? undefined : parentOf(survey, facts)
  }
  return line
}

function parentOf(survey: Survey, { parent }: Facts): SessionId | undefined {
  return survey.sessions.get(parent as SessionId)?.id
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
