/** How much memory the turns of a store took. */

import { parseToml, TomlError } from '../base/toml.ts'
import { Failure } from '../errors.ts'
import { sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { listResults } from '../session/documents.ts'
import { listIds } from './list.ts'
import type { Store } from './store.ts'

export interface ToolMemory {
  /** How many of its turns have a known peak. */
  readonly turns: number
  /** The smallest peak, in bytes, that 95 of 100 turns do not go beyond. */
  readonly p95_bytes: number
  readonly max_bytes: number
}

/** How many sessions are asked, the newest ones: what a tool took a year ago tells little. */
const mostSessions = 2_000

/**
 * The peak memory of each tool's recorded turns, by the tool's name. A tool without any is absent.
 *
 * Read from the results' files, which are small; a turn without one, or with one that cannot be read,
 * does not count.
 */
export function readToolMemory(store: Store): Map<string, ToolMemory> {
  const peaks = new Map<string, number[]>()
  for (const id of listIds(store).slice(-mostSessions)) {
    for (const file of listResults(sessionDir(store.dir, id))) {
      const found = findPeak(file)
      if (found === undefined) continue
      const others = peaks.get(found.tool)
      if (others === undefined) peaks.set(found.tool, [found.bytes])
      else others.push(found.bytes)
    }
  }
  return new Map([...peaks].map(([tool, all]) => [tool, summarize(all)]))
}

function findPeak(file: string): { readonly tool: string; readonly bytes: number } | undefined {
  try {
    const { tool, peak_memory_bytes: bytes } = parseToml(disk.findText(file) ?? '')
    return typeof tool === 'string' && typeof bytes === 'number' && bytes > 0
      ? { tool, bytes }
      : undefined
  } catch (error) {
    // What a tool has put in its place, or a file that is not for us: no turn's result.
    if (!(error instanceof TomlError || error instanceof Failure)) throw error
    return undefined
  }
}

/** By the nearest rank: always a peak that was seen. */
function summarize(peaks: readonly number[]): ToolMemory {
  const sorted = [...peaks].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
  return { turns: sorted.length, p95_bytes: at(0.95), max_bytes: at(1) }
}
