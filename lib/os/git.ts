/** What git's own files say: read directly, since starting git costs more than all else. */

import type { Env } from '../base/env.ts'
import { quietly } from '../errors.ts'
import * as disk from './disk.ts'

/** A repository around a directory. */
export interface Repository {
  /** This worktree's git directory: HEAD is in it. */
  readonly gitDir: string
  /** The git directory that all worktrees share: refs are in it. */
  readonly commonDir: string
  /** The main worktree; a bare repository's common directory. */
  readonly mainWorktree: string
}

/** The repository that git itself would use from this absolute, real path, or undefined. */
export function findRepository(cwd: string, env: Env): Repository | undefined {
  if (env.GIT_DIR) {
    const gitDir = findRealPath(resolvePath(cwd, env.GIT_DIR))
    return gitDir === undefined ? undefined : openRepository(gitDir)
  }
  for (let dir = cwd; ; dir = disk.parentOf(dir)) {
    const found = findGitDir(dir)
    if (found !== undefined) return openRepository(found, dir)
    if (dir === '/') return undefined
  }
}

/** The branch and commit that HEAD names, as far as loose and packed refs tell. */
export function readHead(repository: Repository): { branch?: string; head?: string } {
  const head = read(`${repository.gitDir}/HEAD`)?.trim() ?? ''
  if (/^[0-9a-f]{40,64}$/.test(head)) return { head }
  const ref = /^ref: (refs\/\S.*)$/.exec(head)?.[1]
  if (ref === undefined || ref.includes('..') || ref === 'refs/heads/.invalid') return {}
  const branch = ref.startsWith('refs/heads/') ? { branch: ref.slice('refs/heads/'.length) } : {}
  const loose =
    read(`${repository.gitDir}/${ref}`)?.trim() ?? read(`${repository.commonDir}/${ref}`)?.trim()
  const commit = loose ?? packedRef(repository.commonDir, ref)
  return commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)
    ? { ...branch, head: commit }
    : branch
}

function packedRef(commonDir: string, ref: string): string | undefined {
  const line = read(`${commonDir}/packed-refs`)
    ?.split('\n')
    .find((line) => line.endsWith(` ${ref}`))
  return line?.split(' ')[0]
}

function findGitDir(dir: string): string | undefined {
  const dotGit = `${dir === '/' ? '' : dir}/.git`
  const real = isThere(dotGit) ? findRealPath(dotGit) : undefined
  if (real !== undefined) {
    if (isGitDir(real)) return real
    const target = /^gitdir: (.+?)\s*$/.exec(read(real) ?? '')?.[1]
    if (target !== undefined) return findRealPath(resolvePath(dir, target))
  }
  return isGitDir(dir) ? dir : undefined
}

function isGitDir(dir: string): boolean {
  return (
    isThere(`${dir}/HEAD`) &&
    (isThere(`${dir}/commondir`) || (isThere(`${dir}/objects`) && isThere(`${dir}/refs`)))
  )
}

function openRepository(gitDir: string, foundAt?: string): Repository {
  const common = read(`${gitDir}/commondir`)?.trim()
  const commonDir = (common ? findRealPath(resolvePath(gitDir, common)) : undefined) ?? gitDir
  return { gitDir, commonDir, mainWorktree: mainWorktreeOf(commonDir, gitDir, foundAt) }
}

function mainWorktreeOf(commonDir: string, gitDir: string, foundAt: string | undefined): string {
  if (commonDir.endsWith('/.git')) return disk.parentOf(commonDir)
  // A submodule's git directory lies in its parent's and names its worktree.
  const config = read(`${commonDir}/config`) ?? ''
  const worktree = coreSetting(config, 'worktree')
  if (worktree === undefined) {
    // Its git directory was put elsewhere, and the main worktree is where a file points to it.
    const isMain = gitDir === commonDir && foundAt !== undefined && foundAt !== commonDir
    return isMain && coreSetting(config, 'bare') !== 'true' ? foundAt : commonDir
  }
  return findRealPath(resolvePath(commonDir, worktree)) ?? commonDir
}

function coreSetting(config: string, key: string): string | undefined {
  let inCore = false
  for (const line of config.split('\n')) {
    const section = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1]
    if (section !== undefined) inCore = section.toLowerCase() === 'core'
    const [, name, value] = /^\s*([A-Za-z]+)\s*=\s*"?(.*?)"?\s*$/.exec(line) ?? []
    if (inCore && name?.toLowerCase() === key) return value
  }
  return undefined
}

// No permission, a loop of links, a path that can be none: git's business, and here it tells nothing.

function isThere(path: string): boolean {
  return quietly(() => disk.findFacts(path)) !== undefined
}

function read(path: string): string | undefined {
  return quietly(() => disk.findText(path))
}

function findRealPath(path: string): string | undefined {
  return quietly(() => disk.findRealPath(path))
}

function resolvePath(base: string, path: string): string {
  return path.startsWith('/') ? path : `${base}/${path}`
}
