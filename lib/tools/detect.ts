/** Which agents this machine has. */

import { askProgram, findProgram } from '../os/program.ts'
import type { ToolSettings } from '../store/tool-config.ts'
import type { Adapter } from './adapter.ts'
import { ownAdapter } from './own.ts'
import { adapters } from './registry.ts'

export interface ToolFacts {
  readonly name: string
  readonly program: string
  /** Null when it is not found. */
  readonly path: string | null
  /** What it says of itself; null when it says nothing. */
  readonly version: string | null
  readonly supports: Adapter['supports']
}

/** How long a program may take to tell its version, in ms. */
const patience = 10_000

/**
 * Every tool; those that are installed are asked for their version, all at once. One of the user's own
 * is not: nobody knows what it would do.
 */
export async function listTools(
  settings: Readonly<Record<string, ToolSettings>>,
  searchPath: string | undefined,
  cwd: string,
): Promise<readonly ToolFacts[]> {
  const own = Object.entries(settings).flatMap(([name, tool]) =>
    tool.own === undefined ? [] : [ownAdapter(name, tool.own)],
  )
  return Promise.all(
    [...adapters, ...own].map(async ({ name, program: usual, supports }) => {
      const program = settings[name]?.program ?? usual
      const found = findProgram(program, cwd, searchPath)
      const path = 'path' in found ? found.path : null
      const isAsked = path !== null && settings[name]?.own === undefined
      const said = !isAsked ? undefined : await askProgram(path, ['--version'], patience)
      const version = /\d+(?:\.\d+){1,3}(?:-[\w.]{1,20})?/.exec(said ?? '')?.[0] ?? null
      return { name, program, path, version, supports }
    }),
  )
}
