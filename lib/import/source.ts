/** The file of a conversation, read line by line: memory does not grow with it. */

import { Failure, quietly } from '../errors.ts'
import { LineCutter, longestPiece } from '../file/lines.ts'
import * as disk from '../os/disk.ts'
import { type Fields, readFields } from '../tools/fields.ts'

/** How much is read at a time, in bytes. */
const chunk = 256 * 1024

/** A line of the file: the object in it, or why there is none. */
export type SourceRecord =
  | { readonly kind: 'fields'; readonly fields: Fields; readonly place: Place }
  /** No JSON object. */
  | { readonly kind: 'broken' }
  /** So long that it was not held. */
  | { readonly kind: 'long'; readonly line: number; readonly bytes: number }

/** Where a line stands in its file, in bytes. */
export interface Place {
  readonly offset: number
  readonly length: number
}

/** A conversation's file, open. What was written to it since is not seen. */
export class Source implements Disposable {
  readonly path: string
  readonly size: number
  readonly modifiedAt: number
  readonly #fd: number
  readonly #onProgress: ((bytes: number) => void) | undefined

  /** Throws CONVERSATION_UNREADABLE. A link is not followed, and a pipe not waited on. */
  constructor(path: string, onProgress?: (bytes: number) => void) {
    this.path = path
    this.#onProgress = onProgress
    this.#fd = reading(path, () => disk.openRead(path))
    try {
      const { kind, size, modifiedAt } = reading(path, () => disk.readFacts(this.#fd, path))
      if (kind !== 'file') throw unreadable(path, 'it is no regular file')
      this.size = size
      this.modifiedAt = modifiedAt
    } catch (error) {
      disk.closeFile(this.#fd)
      throw error
    }
  }

  [Symbol.dispose](): void {
    disk.closeFile(this.#fd)
  }

  /** Every line; empty ones, and a last one that is being written, are left out. */
  *records(): Generator<SourceRecord> {
    const cutter = new LineCutter()
    let line = 0
    let offset = 0
    let length = 0
    let bytes: Buffer | undefined
    for (const piece of this.#pieces(cutter)) {
      const isLong = !piece.starts || piece.end === 'more' || piece.bytes.length > longestPiece
      if (piece.starts) line++
      length += piece.bytes.length
      bytes = isLong ? undefined : piece.bytes
      if (piece.end === 'more') continue
      if (bytes === undefined) {
        yield { kind: 'long', line, bytes: length }
      } else {
        const text = bytes.toString('utf8')
        const fields = readFields(text)
        if (fields !== undefined) yield { kind: 'fields', fields, place: { offset, length } }
        else if (piece.end === 'lf' && /\S/.test(text)) yield { kind: 'broken' }
      }
      offset += length
      length = 0
    }
  }

  /** The object in a line that was met before; undefined when the file is another by now. */
  fieldsAt({ offset, length }: Place): Fields | undefined {
    const { path } = this
    const bytes = reading(path, () => disk.readBytes(this.#fd, path, offset, length))
    return readFields(bytes.toString('utf8'))
  }

  *#pieces(cutter: LineCutter): ReturnType<LineCutter['take']> {
    const { path, size } = this
    for (let position = 0; position < size; ) {
      const length = Math.min(chunk, size - position)
      const bytes = reading(path, () => disk.readBytes(this.#fd, path, position, length))
      if (bytes.length === 0) break
      position += bytes.length
      this.#onProgress?.(position)
      yield* cutter.take(bytes)
    }
    yield* cutter.end()
  }
}

/** The names under a directory that fit, sorted, of the files or of the directories there. */
export function namesIn(
  dir: string,
  fits: RegExp,
  kind: 'file' | 'directory',
  onTrouble: (trouble: Failure<'CONVERSATION_UNREADABLE'>) => void,
): string[] {
  const names: string[] = []
  try {
    for (const item of disk.scanDir(dir)) {
      // What is called like a conversation's file and is none is found out when it is opened.
      if (fits.test(item.name) && (kind === 'file' || item.isDirectory())) names.push(item.name)
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    onTrouble(unreadable(dir, error.message, error))
  }
  return names.sort()
}

/** A text file beside conversations, when it can be read. */
export function findText(path: string): string | undefined {
  return quietly(() => disk.findText(path))
}

/** The directory itself, where a link leads to it. */
export function realDir(path: string): string {
  // Why it cannot be reached is said when it is looked into.
  return quietly(() => disk.findRealPath(path)) ?? path
}

function reading<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const problem = disk.errnoOf(error) === 'ELOOP' ? 'it is a link' : error.message
    throw unreadable(path, problem, error)
  }
}

function unreadable(
  file: string,
  problem: string,
  cause?: Error,
): Failure<'CONVERSATION_UNREADABLE'> {
  return new Failure('CONVERSATION_UNREADABLE', { file, problem }, cause && { cause })
}
