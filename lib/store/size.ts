/** How much room a session takes. */

import { session as files } from '../layout.ts'
import { sizeOf } from '../os/disk.ts'

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
