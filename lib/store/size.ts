/** How much room a session takes. */

import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'

/** Bytes on the disk, as du(1) counts them: whole blocks, links not followed. */
export interface Size {
  readonly bytes: number
  readonly transcript_bytes: number
  /** What is under output/. */
  readonly output_bytes: number
}

/** The size of a session's directory; what cannot be looked at counts nothing. */
export function readSize(dir: string): Size {
  const transcript_bytes = sizeOf(files.transcript(dir))
  const output_bytes = sizeOf(files.output(dir))
  const counted = [files.transcript(dir), files.output(dir)]
  const others = sizeOf(dir, counted)
  return { bytes: others + transcript_bytes + output_bytes, transcript_bytes, output_bytes }
}

/** Bytes on the disk of all that is beneath a path, but for some paths. */
export function sizeOf(path: string, except: readonly string[] = []): number {
  let total = 0
  const rest = [path]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    try {
      const facts = disk.findFacts(next)
      total += facts?.blockBytes ?? 0
      if (facts?.kind === 'directory') {
        for (const name of disk.listNames(next)) {
          const inner = `${next}/${name}`
          if (!except.includes(inner)) rest.push(inner)
        }
      }
    } catch (error) {
      // What a tool left there may be closed to us, or deeper than a path can name.
      if (disk.errnoOf(error) === undefined) throw error
    }
  }
  return total
}
