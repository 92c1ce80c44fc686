/** A directory with all that is in it: removed, listed, counted. */

import fs from 'node:fs'
import { Failure } from '../../errors.ts'
import { errnoOf, findInDir, toFailure } from './call.ts'
import { type Path, parentOf } from './facts.ts'

/** The paths of what is in a directory, sorted; none when it is not there. */
export function listPaths(dir: Path): Path[] {
  const inner = findInDir(String(dir), () => listInner(dir).map(({ inner }) => inner)) ?? []
  return inner.sort((a, b) => (String(a) < String(b) ? -1 : 1))
}

/**
 * Removes a directory and everything in it, following no links; also what its owner closed to
 * himself. What somebody else removes meanwhile, or what is not there, is no trouble.
 */
export function removeTree(path: string): void {
  try {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stats?.isDirectory()) forgiving('ENOENT', () => removeDir(path, parentOf(path)))
    else if (stats !== undefined) forgiving('ENOENT', () => fs.unlinkSync(path))
  } catch (error) {
    // The one among thousands that a person has to look at.
    throw toFailure(error, String((error as NodeJS.ErrnoException).path ?? path))
  }
}

/** The same, giving what kept it from being removed. */
export function tryRemoveTree(path: string): Failure | undefined {
  try {
    removeTree(path)
    return undefined
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

/** The same for several at once: a disk that is slow to free what files had frees that of others meanwhile. */
export async function tryRemoveTrees(paths: readonly string[]): Promise<(Failure | undefined)[]> {
  if (paths.length > 1) await Promise.allSettled(paths.map(removeLater))
  // What is still there takes more care.
  return paths.map(tryRemoveTree)
}

async function removeLater(path: Path): Promise<void> {
  if (!fs.lstatSync(path).isDirectory()) return fs.promises.unlink(path)
  // One after the other: all at once would take memory for each, and a tool may have left millions.
  for (const { inner } of listInner(path)) await removeLater(inner)
  await fs.promises.rmdir(path)
}

/** Node's own takes twice as long, and stops at directories such as those of Go's module cache. */
function removeDir(path: Path, parent: Path): void {
  // Somebody may still be writing there.
  for (let left = 3; left > 0; left--) {
    for (const { inner, isDirectory } of withAccess(path, () => listInner(path))) {
      if (isDirectory) forgiving('ENOENT', () => removeDir(inner, path))
      else withAccess(path, () => forgiving('ENOENT', () => fs.unlinkSync(inner)))
    }
    const remove = () => withAccess(parent, () => fs.rmdirSync(path))
    if (left === 1) remove()
    else if (forgiving('ENOTEMPTY', remove)) return
  }
}

/** What is in a directory. A path with a name that is no UTF-8 comes as bytes: no text leads back to it. */
function listInner(dir: Path): { readonly inner: Path; readonly isDirectory: boolean }[] {
  const items = fs.readdirSync(dir, { withFileTypes: true })
  if (typeof dir === 'string' && !items.some(({ name }) => name.includes('\ufffd'))) {
    return items.map((item) => ({
      inner: `${dir}/${item.name}`,
      isDirectory: item.isDirectory(),
    }))
  }
  return fs.readdirSync(dir, { withFileTypes: true, encoding: 'buffer' }).map((item) => {
    const bytes = Buffer.concat([Buffer.from(dir), Buffer.from('/'), item.name])
    const inner = bytes.equals(Buffer.from(String(bytes))) ? String(bytes) : bytes
    return { inner, isDirectory: item.isDirectory() }
  })
}

/** Bytes on the disk of all beneath a path, links not followed; what cannot be looked at counts nothing. */
export function sizeOf(path: string, except: readonly string[] = []): number {
  let total = 0
  const rest: Path[] = [path]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    try {
      const stats = fs.lstatSync(next, { throwIfNoEntry: false })
      total += (stats?.blocks ?? 0) * 512
      if (!stats?.isDirectory()) continue
      for (const { inner } of listInner(next)) {
        if (!except.includes(String(inner))) rest.push(inner)
      }
    } catch (error) {
      // What a tool left there may be closed to us, or deeper than a path can name.
      if (errnoOf(error) === undefined) throw error
    }
  }
  return total
}

/** What `act` does, when need be after its directory was opened for its owner. */
function withAccess<T>(dir: Path, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    fs.chmodSync(dir, 0o700)
    return act()
  }
}

/** Whether `act` did what it should; false when it failed in the way that is expected. */
function forgiving(errno: string, act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (errnoOf(error) === errno) return false
    throw error
  }
}
