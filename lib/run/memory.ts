/** The greatest memory of a turn's processes while it runs. */

import { quietly } from '../errors.ts'
import { openMemoryProbe } from '../os/memory.ts'

/** The first looks, in ms from one to the next: a short turn should have one, and not wait for it. */
const quickPauses = [4, 16]
const firstPause = 80
const pause = 1_000

/** The part of one processor's time that looking may take. */
const share = 1 / 200

/**
 * Looks at the memory of a tool's processes now and then, until the function that it gives is called:
 * that gives the greatest sum in bytes, or null when there was none to be seen.
 */
export function watchMemory(pgid: number, marker: string): () => number | null {
  const probe = openMemoryProbe(pgid, marker)
  if (probe === undefined) return () => null
  let peak: number | null = null
  let timer: NodeJS.Timeout | undefined
  let looks = 0
  const look = () => {
    const isQuick = looks++ < quickPauses.length
    const before = process.cpuUsage()
    // Where files or memory are short nothing can be looked at now, and the turn goes on.
    const bytes = quietly(isQuick ? probe.quick : probe.whole)
    const { user, system } = process.cpuUsage(before)
    const cost = (user + system) / 1_000
    if (bytes !== undefined) peak = Math.max(peak ?? 0, bytes)
    // On a machine with thousands of processes a look takes long.
    wait(isQuick ? (quickPauses[looks] ?? firstPause) : Math.max(pause, cost / share))
  }
  const wait = (ms: number) => {
    timer = setTimeout(look, ms).unref()
  }
  wait(quickPauses[0] ?? firstPause)
  return () => {
    clearTimeout(timer)
    return peak
  }
}
