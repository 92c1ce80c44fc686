/** What the tools of a session's turns left under output/. */

import { quietly } from '../errors.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'

export interface Artifact {
  /** Relative to the session's output directory. */
  readonly path: string
  readonly size_bytes: number
}

/** How many artifacts a result names, and of how many characters in all: one entry has to hold them. */
const mostArtifacts = 10_000
const longestArtifacts = 1024 * 1024

/** The artifacts of a turn as its result has them. */
export function artifactsOf(
  dir: string,
  turn: number,
): { readonly artifacts: readonly Artifact[]; readonly artifacts_truncated?: true } {
  const all = listArtifacts(dir, turn)
  let left = longestArtifacts
  const end = all.findIndex(({ path }, at) => {
    left -= path.length
    return left < 0 || at === mostArtifacts
  })
  return end < 0 ? { artifacts: all } : { artifacts: all.slice(0, end), artifacts_truncated: true }
}

/**
 * The files under output/, of one turn or of all; links and what stint itself wrote left out. In a path,
 * bytes that are no UTF-8 stand as U+FFFD.
 */
export function listArtifacts(dir: string, turn?: number): Artifact[] {
  const output = files.output(dir)
  const found: Artifact[] = []
  const walk = (path: disk.Path) => {
    const facts = disk.findFacts(path)
    if (facts?.kind === 'directory') {
      for (const inner of disk.listPaths(path)) lookAt(inner)
    } else if (facts?.kind === 'file') {
      const short = String(path).slice(output.length + 1)
      if (!/^[^/]+\/result\.toml(?:\.\d+)?$/.test(short))
        found.push({ path: short, size_bytes: facts.size })
    }
  }
  // A tool can leave what cannot be looked at: a path too long, a directory without permission.
  const lookAt = (path: disk.Path) => quietly(() => walk(path))
  lookAt(turn === undefined ? output : files.turnOutput(dir, turn))
  return found
}
