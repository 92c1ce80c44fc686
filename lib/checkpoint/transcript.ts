/** What a checkpoint says about a transcript: how far, and which bytes. */

import type { Entry, EntryData } from '../journal/entry.ts'
import { decodeLines, readLines, readLinesBackwards } from '../journal/read.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'

const chunkSize = 256 * 1024

/** Where redaction took something out. */
const marker = '[REDACTED:'

/** The entry that ended a turn, and the transcript up to it. */
export interface TurnEnd {
  readonly entry: Entry
  readonly bytes: number
  readonly sha256: string
  readonly redacted: number
}

/** Reads one transcript throughout, so that a redaction that replaces it meanwhile changes nothing. */
export class TranscriptReader implements Disposable {
  readonly #fd: number
  readonly #path: string

  constructor(dir: string) {
    this.#path = files.transcript(dir)
    this.#fd = disk.openRead(this.#path)
  }

  [Symbol.dispose](): void {
    disk.closeFile(this.#fd)
  }

  /** The end of a turn, or undefined. */
  findTurnEnd(turn: number): TurnEnd | undefined {
    const { size } = disk.readFacts(this.#fd, this.#path)
    const lines = readLinesBackwards(this.#fd, this.#path, size)
    for (const { entry, line } of decodeLines(lines)) {
      if (entry?.turn !== turn || entry.type !== 'turn_ended') continue
      const { sha256, redacted } = this.digest(line.end)
      return { entry, bytes: line.end, sha256, redacted }
    }
    return undefined
  }

  /** The hash of the first bytes, and how many markers of redaction are in them. */
  digest(bytes: number): { readonly sha256: string; readonly redacted: number } {
    const { createHash } = process.getBuiltinModule('node:crypto')
    const hash = createHash('sha256')
    let redacted = 0
    let tail = Buffer.alloc(0)
    for (let at = 0; at < bytes; ) {
      const chunk = disk.readBytes(this.#fd, this.#path, at, Math.min(chunkSize, bytes - at))
      if (chunk.length === 0) break
      at += chunk.length
      hash.update(chunk)
      // A marker may lie across two chunks.
      const seen = Buffer.concat([tail, chunk])
      redacted += countMarkers(seen)
      tail = Buffer.from(seen.subarray(Math.max(0, seen.length - marker.length + 1)))
    }
    return { sha256: hash.digest('hex'), redacted }
  }

  /** The entry of this number and the offset behind it, or undefined. */
  findEntry(seq: number): { readonly entry: Entry; readonly bytes: number } | undefined {
    for (const { entry, line } of decodeLines(readLines(this.#fd, this.#path, 0))) {
      if (entry?.seq === seq) return { entry, bytes: line.end }
    }
    return undefined
  }
}

function countMarkers(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) count++
  return count
}

/** Whether a noted result is that of the entry, but for what was redacted only in the note. */
export function isResultOf(result: EntryData, entry: Entry): boolean {
  const keys = new Set([...Object.keys(result), ...Object.keys(entry.data)])
  return [...keys].every((key) => {
    const noted = JSON.stringify(result[key])
    return noted === JSON.stringify(entry.data[key]) || noted?.includes(marker)
  })
}
