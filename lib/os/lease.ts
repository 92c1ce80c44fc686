/**
 * Leases: what keeps machines apart where flock cannot, by proper-lockfile.
 *
 * A lease is always taken under a flock, so on one machine it has no contenders: what is found of
 * this machine is what a killed process left. Its owner's record lies beside the lease directory,
 * since a file inside would wedge it for ever.
 */

import { isTable } from '../base/decode.ts'
import { Failure } from '../errors.ts'
import * as disk from './disk.ts'
import { loadProperLockfile } from './packages.ts'
import { type ProcessIdentity, thisProcess, vitalsOf } from './process.ts'
import { replaceText } from './replace.ts'

/** A lease that this machine holds. */
export interface Lease {
  /** It was not renewed in time, or is another's now: nothing more may be written. */
  readonly isLost: () => boolean
  readonly release: () => Promise<void>
}

/** After how long without renewal a lease counts as abandoned, in ms. */
const staleAfter = 60_000

/**
 * Takes the lease at a path, under a flock that the caller holds; or says which host has it.
 *
 * A lease of this machine whose owner is proved dead is broken at once; any other is honoured until
 * it is stale.
 */
export async function openLease(path: string): Promise<Lease | { readonly host: string }> {
  const owner = findLeaseOwner(path)
  if (owner !== undefined && vitalsOf(owner).verdict === 'dead') breakLease(path)
  let lost = false
  try {
    const unlock = await loadProperLockfile().lock(path, {
      lockfilePath: path,
      realpath: false,
      stale: staleAfter,
      update: staleAfter / 6,
      onCompromised: () => {
        lost = true
      },
    })
    replaceText(`${path}.json`, `${JSON.stringify(thisProcess())}\n`)
    return {
      isLost: () => lost,
      release: async () => {
        if (lost) return
        disk.removeFile(`${path}.json`)
        await unlock()
      },
    }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ELOCKED' || code === 'ENOENT') {
      return { host: findLeaseOwner(path)?.host ?? 'another machine' }
    }
    throw error instanceof Failure ? error : disk.toFailure(error, path)
  }
}

function findLeaseOwner(path: string): ProcessIdentity | undefined {
  try {
    const owner: unknown = JSON.parse(disk.findText(`${path}.json`) ?? 'null')
    if (!isTable(owner) || typeof owner.pid !== 'number' || typeof owner.host !== 'string') {
      return undefined
    }
    return owner as unknown as ProcessIdentity
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function breakLease(path: string): void {
  disk.removeTree(path)
}
