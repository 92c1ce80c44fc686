/** A plan as a document: printed, reviewed, perhaps shortened by hand, and carried out later. */

import { DecodeError, decodeInteger, decodeText, isTable, present } from '../base/decode.ts'
import { isSessionId } from '../base/id.ts'
import { formatTimestamp } from '../base/time.ts'
import { Failure } from '../errors.ts'
import { sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { replaceUserText } from '../os/replace.ts'
import { readSnapshot } from '../session/snapshot.ts'
import type { Store } from '../store/store.ts'
import type { StorePlan } from './collect.ts'
import { type Errand, type GoReason, goReasons, type Verdict } from './plan.ts'

export interface PlanDocument {
  readonly format: 1
  readonly made_at: string
  readonly stores: readonly StoreDocument[]
}

export interface StoreDocument {
  readonly store: string
  readonly project_path: string
  /** Its project is no longer there. */
  readonly orphaned: boolean
  readonly verdicts: readonly VerdictRow[]
  /** Paths of what crashes left beside the sessions. */
  readonly leftovers: readonly string[]
}

/** A verdict, and of what is to go all that helps to judge it. */
export type VerdictRow = Verdict & {
  readonly name?: string | null
  readonly description?: string | null
  readonly last_accessed?: string | null
  /** What it takes on the disk. */
  readonly bytes?: number
}

/** What of a plan is to be done, by the store's directory. */
export type Errands = ReadonlyMap<string, readonly Errand[]>

/** Plans as the document that a person reviews. */
export function planDocument(plans: readonly StorePlan[], now: number): PlanDocument {
  return {
    format: 1,
    made_at: formatTimestamp(now),
    stores: plans.map(({ store, orphaned, verdicts, leftovers }) => ({
      store: store.dir,
      project_path: store.projectPath,
      orphaned,
      verdicts: verdicts.map((verdict) => toRow(store, verdict)),
      leftovers,
    })),
  }
}

function toRow(store: Store, verdict: Verdict): VerdictRow {
  const { id, act } = verdict
  if (act === 'keep') return verdict
  const dir = sessionDir(store.dir, id, act === 'purge' ? 'trash' : 'sessions')
  const { state } = readSnapshot(id, dir)
  return {
    ...verdict,
    name: state?.name ?? null,
    description: state?.description ?? null,
    last_accessed: state?.last_accessed ?? null,
    bytes: disk.sizeOf(dir),
  }
}

/** Writes the document into a file, in place of what is there. */
export function writePlan(path: string, document: PlanDocument): void {
  replaceUserText(path, `${JSON.stringify(document, null, 2)}\n`)
}

/** What a file asks to be done. Throws PLAN_INVALID. */
export function readPlan(path: string): Errands {
  const text = disk.findInput(path, disk.largestList)?.toString()
  if (text === undefined)
    throw new Failure('PLAN_INVALID', { file: path, problem: 'it is not there' })
  return decodePlan(text, path)
}

/** What a document asks to be done. Throws PLAN_INVALID, which names the file. */
function decodePlan(text: string, file: string): Errands {
  try {
    const document: unknown = JSON.parse(text)
    if (!isTable(document)) throw new DecodeError('it is no JSON object')
    if (document.format !== 1) throw new DecodeError('its format is not 1')
    if (!Array.isArray(document.stores)) throw new DecodeError('it has no stores')
    const stores = document.stores.map(decodeStore)
    const errands = new Map(stores)
    if (errands.size < stores.length) throw new DecodeError('it has a store twice')
    return errands
  } catch (cause) {
    if (!(cause instanceof DecodeError || cause instanceof SyntaxError)) throw cause
    const problem = cause instanceof DecodeError ? cause.message : 'it is no JSON'
    throw new Failure('PLAN_INVALID', { file, problem }, { cause })
  }
}

function decodeStore(value: unknown): [string, Errand[]] {
  if (!isTable(value) || !Array.isArray(value.verdicts)) {
    throw new DecodeError('a store of it has no verdicts')
  }
  const errands = value.verdicts.map(decodeErrand).filter((errand) => errand !== undefined)
  return [present(decodeText(value, 'store'), 'store'), errands]
}

function decodeErrand(value: unknown): Errand | undefined {
  if (!isTable(value)) throw new DecodeError('a verdict is no object')
  const id = present(decodeText(value, 'id'), 'id')
  if (!isSessionId(id)) throw new DecodeError(`${JSON.stringify(id)} is no session's id`)
  const { act } = value
  const number = (key: string) => present(decodeInteger(value, key), `${key} of ${id}`)
  if (act === 'keep') return undefined
  if (act === 'purge') return { id, act, why: 'trashed', since: number('since') }
  if (act === 'record') return { id, act, why: 'crashed', seq: number('seq') }
  const why = decodeText(value, 'why') ?? ''
  if (act === 'trash' && Object.hasOwn(goReasons, why)) {
    return { id, act, why: why as GoReason, seq: number('seq') }
  }
  throw new DecodeError(`the verdict on ${id} is none`)
}
