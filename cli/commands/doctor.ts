import {
  type CheckId,
  checks,
  type Diagnosis,
  examine,
  Failure,
  type Finding,
  isCheckId,
  isMendable,
  type Repair,
  type Resolved,
  repair,
  resolveRef,
  type SessionId,
  type Severity,
  type Store,
} from '../../lib/index.ts'
import { misused, quote } from '../argv.ts'
import { flag, type Handler, type Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { nearestOf } from '../nearest.ts'
import { openProgress } from '../progress.ts'
import { amount } from '../render/amount.ts'
import { drawFindings, type FindingsSpec, severityPaint } from '../render/findings.ts'
import { styleOf } from '../render/style.ts'
import { printTable } from '../render/table.ts'
import { homeOf, resolve, storeOf, storesOf } from '../session.ts'

/** Looks for what is wrong, and mends it where it is asked to. */
export const handler: Handler = async (invocation, context) => {
  const fix = flag(invocation, 'fix')
  const dryRun = flag(invocation, 'dry-run')
  if (dryRun && !fix) throw misused(invocation.verb, '--dry-run goes with --fix')
  if (flag(invocation, 'list')) return list(context)
  const aim = aimOf(invocation, context)
  const before = look(aim, invocation, context)
  if (!fix) return report(before, aim, context)
  if (dryRun) return foretell(before, aim, context)
  const repairs = await mend(before, aim, context)
  context.signal.throwIfAborted()
  // Another one may have mended meanwhile what was found.
  const after = before.findings.some(isMendable) ? look(aim, invocation, context) : before
  return report(after, aim, context, repairs)
}

/** What is to be looked at. */
interface Aim {
  readonly stores: readonly Store[]
  readonly only?: ReadonlySet<CheckId>
  readonly sessions?: ReadonlySet<SessionId>
  /** Transcripts are read to their end. */
  readonly deep: boolean
  /** The stores are those of all projects. */
  readonly everywhere: boolean
}

/** A word that is a check's id is one; every other word is a REF. */
function aimOf(invocation: Invocation, context: Context): Aim {
  const words = invocation.positionals
  const only = new Set(words.filter(isCheckId))
  const found = words
    .filter((word) => !isCheckId(word))
    .map((word) => find(invocation, context, word))
  const stores = new Map(found.map(({ store }) => [store.dir, store]))
  return {
    stores: found.length === 0 ? storesOf(invocation, context) : [...stores.values()],
    ...(only.size === 0 ? {} : { only }),
    ...(found.length === 0 ? {} : { sessions: new Set(found.map(({ id }) => id)) }),
    // What --deep found is mended by the command that it gave, and by the hints of other commands.
    deep: flag(invocation, 'deep') || (flag(invocation, 'fix') && found.length > 0),
    everywhere: flag(invocation, 'all-projects'),
  }
}

/** A session that is not among the others may be in the trash, and what is none a check that was misspelt. */
function find(invocation: Invocation, context: Context, ref: string): Resolved {
  try {
    return resolve(invocation, context, ref)
  } catch (failure) {
    if (!(failure instanceof Failure && failure.status === 3) || ref.startsWith('@')) throw failure
    try {
      return resolveRef(storeOf(invocation, context), ref, { place: 'trash' })
    } catch (other) {
      if (!(other instanceof Failure && other.status === 3)) throw other
      const nearest = ref.includes('.') ? nearestOf(ref, Object.keys(checks)) : undefined
      if (nearest === undefined) throw failure
      const problem = `${quote(ref)} is neither a check nor a session; did you mean ${nearest}?`
      throw misused(invocation.verb, problem)
    }
  }
}

function look(aim: Aim, invocation: Invocation, context: Context): Diagnosis {
  using progress = openProgress(context)
  return examine(aim.stores, {
    ...aim,
    home: homeOf(context),
    here: hereOf(invocation, context),
    onProgress: (count) => progress.say(() => `${amount(count, 'session')} looked at`),
  })
}

/** The store of a command that names none. */
function hereOf(invocation: Invocation, context: Context): Store {
  const values = new Map([...invocation.values].filter(([name]) => !/^(project|store)$/.test(name)))
  return storeOf({ ...invocation, values }, context)
}

async function mend({ findings }: Diagnosis, { stores }: Aim, context: Context): Promise<Repair[]> {
  const repairs: Repair[] = []
  const [first] = stores
  for (const store of stores) {
    // What is about no store is about the root of all of them.
    const own = findings.filter((one) => one.store === store.dir || (!one.store && store === first))
    for await (const one of repair(store, own, context.signal)) {
      repairs.push(one)
      if (!context.json) sayRepair(one, context)
    }
  }
  return repairs
}

function sayRepair({ session, did, kept, why }: Repair, { out }: Context): void {
  const what = session === null ? '' : `session ${session}: `
  if (why !== null) out.warn(`${what}left as it is: ${why}`)
  else out.talk(`${what}${did.join('; ')}`)
  for (const path of kept) out.talk(`  what it was is kept as ${path}`)
}

/** What --fix would do, and would not. */
async function foretell(diagnosis: Diagnosis, aim: Aim, context: Context): Promise<number> {
  const findings = diagnosis.findings.filter(isMendable)
  if (context.json) {
    context.out.json(findings.map((one) => ({ ...one, would: checks[one.id].mends })))
  } else {
    await print(findings, aim, context, ([one]) => one && checks[one.id].mends)
    context.out.talk(`${amount(findings.length, 'finding')} would be mended`)
  }
  return 0
}

async function report(
  diagnosis: Diagnosis,
  aim: Aim,
  context: Context,
  repairs?: readonly Repair[],
): Promise<number> {
  const { findings, redactions } = diagnosis
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length
  const summary = {
    checks: diagnosis.checks,
    sessions: diagnosis.sessions,
    damage: count('damage'),
    warnings: count('warning'),
    notes: count('note'),
  }
  if (context.json) {
    const mended = repairs === undefined ? {} : { repairs }
    context.out.json({ checks: findings, summary, redactions, ...mended })
  } else {
    await print(findings, aim, context, (some) => fixOf(some, aim))
    context.out.talk(summaryOf(summary))
    const taken = Object.values(redactions).reduce((sum, one) => sum + one, 0)
    if (taken > 0)
      context.out.talk(
        `${amount(taken, 'secret')} taken out of what is kept: ${rulesOf(redactions)}`,
      )
  }
  return summary.damage > 0 ? 6 : summary.warnings > 0 ? 1 : 0
}

async function print(
  findings: readonly Finding[],
  aim: Aim,
  { out, columns, color }: Context,
  remedyOf: FindingsSpec['remedyOf'],
): Promise<void> {
  const style = styleOf(color.stdout)
  out.data(await drawFindings(findings, { ...aim, columns, style, remedyOf }))
}

function summaryOf({
  checks,
  sessions,
  damage,
  warnings,
  notes,
}: Readonly<Record<'checks' | 'sessions' | 'damage' | 'warnings' | 'notes', number>>): string {
  const what = `${amount(checks, 'check')} of ${amount(sessions, 'session')}`
  if (damage + warnings + notes === 0) return `${what}, all fine`
  const some = (number: number, noun: string) => (number === 0 ? [] : [amount(number, noun)])
  const found = [
    ...(damage === 0 ? [] : [`${damage} damage`]),
    ...some(warnings, 'warning'),
    ...some(notes, 'note'),
  ]
  return `${what}: ${found.join(', ')}`
}

/** The rules that found most, first. */
function rulesOf(redactions: Readonly<Record<string, number>>): string {
  const rules = Object.entries(redactions).sort(([, a], [, b]) => b - a)
  const shown = rules.slice(0, 5).map(([rule, count]) => `${rule} x${count}`)
  return [...shown, ...(rules.length > 5 ? [`${rules.length - 5} more rules`] : [])].join(', ')
}

/** The command that mends all of these findings of one check, where one does. */
function fixOf(findings: readonly Finding[], aim: Aim): string | undefined {
  const deep = aim.deep ? ' --deep' : ''
  const mending = 'stint doctor --fix'
  const own = findings.map(({ fix }) => fix ?? undefined)
  const ofCheck = findings.map(({ id, session, fix }) =>
    fix?.replace(`${mending} ${session}`, `${mending}${deep} ${id}`),
  )
  const same = (aim.sessions ? [own] : [own, ofCheck]).find((all) => new Set(all).size === 1)
  if (same !== undefined) return same[0]
  return aim.everywhere && ofCheck.every((fix) => fix?.startsWith(mending))
    ? `${mending}${deep} ${findings[0]?.id} --all-projects`
    : undefined
}

async function list(context: Context): Promise<number> {
  const rows = (Object.keys(checks) as CheckId[]).map((id) => ({ id, ...checks[id] }))
  if (context.json) {
    context.out.json(
      rows.map(({ id, severity, meaning, mends, deep }) => ({
        ...{ id, severity, meaning },
        ...{ mends: mends ?? null, deep: deep ?? false },
      })),
    )
    return 0
  }
  const columns = [
    { head: 'CHECK' },
    { head: 'SEVERITY' },
    { head: 'MEANING', shrink: true, min: 20, keep: true },
  ]
  await printTable(context, columns, (style) =>
    rows.map(({ id, severity, meaning }) => [
      id,
      { text: severity, paint: severityPaint(severity, style) },
      meaning,
    ]),
  )
  return 0
}
