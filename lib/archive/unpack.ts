/** Building one session out of an archive: nothing of it is trusted, and nothing of it is kept as it is. */

import type { SessionId } from '../base/id.ts'
import { Failure, isFailure } from '../errors.ts'
import { LineCutter, type Piece } from '../file/lines.ts'
import { isFailed } from '../file/redaction.ts'
import { decodeEntry } from '../journal/entry.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Redactor } from '../redact/redact.ts'
import { keepUnknown, parseState, refuseNewer } from '../session/codec.ts'
import { FoldError, foldEntry } from '../session/fold.ts'
import { JournalRedaction, redactDocument, withoutContent } from '../session/redaction.ts'
import { stateText } from '../session/rewrite.ts'
import { Session } from '../session/session.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { endTurn } from '../session/turn.ts'
import { checkName } from '../store/create.ts'
import type { ArchivedFile, ArchivedSession } from './manifest.ts'
import { modeOf } from './read.ts'
import { ArchiveError } from './tar.ts'

/** A document that is longer is none of ours. */
const longestDocument = 16 * 1024 * 1024
/** So is a line. */
const longestLine = 64 * 1024 * 1024
/** How much of a journal is held before it is written, in bytes. */
const batch = 256 * 1024

type Content = AsyncIterable<Buffer>

/** What the journal says of where a session came from. */
export interface Provenance {
  /** What the archive is called. */
  readonly archive: string
  readonly projectPath: string
  readonly now: number
}

export class Unpacking {
  readonly id: SessionId
  /** Where it is built; undefined when it is only looked through. */
  readonly dir: string | undefined
  readonly archived: ArchivedSession
  readonly #redactor: Redactor
  /** The directories below output/. */
  readonly #dirs = new Set<string>()
  #stated: State | undefined
  #folded: State | undefined

  constructor(archived: ArchivedSession, dir: string | undefined, redactor: Redactor) {
    this.id = archived.id
    this.dir = dir
    this.archived = archived
    this.#redactor = redactor
    if (dir !== undefined) for (const one of [dir, files.locks(dir)]) disk.makeDir(one)
  }

  /** Takes the next file. Throws ArchiveError, FORMAT_NEWER and what the disk says. */
  async take(file: ArchivedFile, content: Content): Promise<void> {
    const { path } = file
    if (path === 'state.toml') {
      this.#stated = this.#parseState((await bytesOf(file, content)).toString('utf8'))
    } else if (path === 'transcript.jsonl') this.#folded = await this.#readJournal(content)
    else if (isResult(file)) {
      const bytes = await bytesOf(file, content)
      const { text, finds } = redactDocument(bytes.toString('utf8'), this.#redactor)
      await this.#write(file, [finds.length === 0 ? bytes : Buffer.from(text)])
    } else await this.#write(file, content)
  }

  /**
   * Ends it: the state is what the journal folds to, with the keys that this version does not know; a
   * turn that was open is over; and the journal says where all of it comes from. Gives what it folds to.
   */
  async finish(provenance: Provenance): Promise<State> {
    const { id, dir } = this
    const folded = this.#folded as State
    const { seq } = folded.journal
    if (seq !== this.archived.seq) throw new ArchiveError(`${id} has ${seq + 1} entries`)
    this.#checkName(folded)
    if (dir === undefined) return folded
    const state = keepUnknown(this.#stated as State, folded)
    const text = stateText(id, dir, state, this.#redactor)
    disk.writeNewFile(files.state(dir), Buffer.from(text))
    try {
      await this.#append(dir, folded, provenance)
    } catch (error) {
      throw asUnrecorded(error, dir)
    }
    // The append has brought the journal, the state and the names beside them to the disk.
    for (const one of this.#dirs) disk.syncDir(one)
    return folded
  }

  async #append(
    dir: string,
    folded: State,
    { archive, projectPath, now }: Provenance,
  ): Promise<void> {
    const { id } = this
    using session = new Session(id, dir, { redactor: this.#redactor, lease: 'none' })
    await session.refresh()
    if (hasOpenTurn(folded)) {
      await endTurn(session, 'unknown', 'it had not ended when it was archived', now, true)
    }
    const { project_path, phase } = folded
    const set = {
      ...(project_path === projectPath ? {} : { project_path: projectPath }),
      ...(phase === 'retired' ? { phase: 'active' } : {}),
    }
    // No upkeep: whoever brings it back uses it, and gc is not to take it away again.
    await session.appendToTurn({
      type: 'session',
      text: null,
      data: {
        event: 'unpacked',
        archive,
        sha256: journalOf(this.archived).sha256,
        project_path,
        ...(Object.keys(set).length === 0 ? {} : { set }),
      },
      at: now,
    })
  }

  /** What was taken out of a name is none of the letters that a name has. */
  #checkName({ name }: State): void {
    if (name?.includes('[REDACTED:')) return
    try {
      checkName(name)
    } catch (error) {
      throw asArchiveError(error, this.id, 'NAME_INVALID')
    }
  }

  #parseState(text: string): State {
    const { id } = this
    try {
      const state = parseState(text, `${id}/state.toml`)
      refuseNewer(state, `${id}/state.toml`)
      if (state.meta_session_id === id) return state
    } catch (error) {
      throw asArchiveError(error, id, 'STATE_INVALID')
    }
    throw new ArchiveError(`the state of ${id} is another session's`)
  }

  /** Each line is an entry with the next number; what the rules of now find in it is taken out. */
  async #readJournal(content: Content): Promise<State> {
    const { id, dir } = this
    const cutter = new LineCutter(longestLine)
    const redaction = new JournalRedaction(id, this.#redactor)
    const path = dir === undefined ? undefined : files.transcript(dir)
    const fd = path === undefined ? undefined : disk.createFile(path)
    let state: State | undefined
    let held: Buffer[] = []
    let length = 0
    const flush = () => {
      if (fd !== undefined) disk.writeAll(fd, path as string, Buffer.concat(held))
      held = []
      length = 0
    }
    const take = ({ bytes, end }: Piece) => {
      const seq = (state?.journal.seq ?? -1) + 1
      const line = {
        offset: 0,
        end: bytes.length,
        text: bytes.toString('utf8', 0, bytes.length - 1),
      }
      const entry = end === 'lf' ? decodeEntry(line.text) : undefined
      if (entry?.seq !== seq) throw new ArchiveError(`line ${seq + 1} of ${id} is not entry ${seq}`)
      const { text = line.text, entry: found = entry, counts } = redaction.check({ line, entry })
      const kept = isFailed(counts) ? withoutContent(entry) : found
      const written = Buffer.from(`${isFailed(counts) ? JSON.stringify(kept) : text}\n`)
      state = this.#fold(state, kept, written.length)
      held.push(written)
      length += written.length
      if (length >= batch) flush()
    }
    try {
      for await (const chunk of content) for (const piece of cutter.take(chunk)) take(piece)
      for (const piece of cutter.end()) take(piece)
      flush()
    } finally {
      if (fd !== undefined) disk.closeFile(fd)
    }
    if (state === undefined) throw new ArchiveError(`${id} has no entry`)
    return state
  }

  #fold(before: State | undefined, entry: Parameters<typeof foldEntry>[1], bytes: number): State {
    const { id } = this
    try {
      const state = foldEntry(before, entry, bytes)
      if (state.meta_session_id === id) return state
    } catch (error) {
      if (!(error instanceof FoldError)) throw error
      throw new ArchiveError(`${id}: ${error.message}`, { cause: error })
    }
    throw new ArchiveError(`the transcript of ${id} is another session's`)
  }

  async #write(file: ArchivedFile, content: Iterable<Buffer> | Content): Promise<void> {
    if (this.dir === undefined) return
    const path = `${this.dir}/${file.path}`
    this.#makeDirs(disk.parentOf(path))
    const fd = disk.createFile(path)
    try {
      for await (const piece of content) disk.writeAll(fd, path, piece)
      if (file.executable) disk.setMode(fd, path, modeOf(file))
      disk.syncFile(fd, path)
    } finally {
      disk.closeFile(fd)
    }
  }

  #makeDirs(dir: string): void {
    if (dir === this.dir || this.#dirs.has(dir)) return
    this.#makeDirs(disk.parentOf(dir))
    disk.makeDir(dir)
    this.#dirs.add(dir)
  }
}

/** The transcript's facts. */
export function journalOf({ files }: ArchivedSession): ArchivedFile {
  return files.find(({ path }) => path === 'transcript.jsonl') as ArchivedFile
}

/** Whether stint may have written it: what is that long is a tool's. */
function isResult({ path, size }: ArchivedFile): boolean {
  return /^output\/turn-\d{4,9}\/result\.toml$/.test(path) && size <= longestDocument
}

async function bytesOf({ path, size }: ArchivedFile, content: Content): Promise<Buffer> {
  if (size > longestDocument) throw new ArchiveError(`${JSON.stringify(path)} has ${size} bytes`)
  const pieces: Buffer[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** What is recorded of a session that nobody has seen is not recorded. */
function asUnrecorded(error: unknown, dir: string): unknown {
  if (isFailure(error, 'DURABILITY_UNKNOWN')) {
    const problem = 'the disk did not confirm it'
    return new Failure('IO_FAILED', { path: dir, errno: 'EIO', problem }, { cause: error })
  }
  return isFailure(error, 'DISK_FULL')
    ? new Failure('DISK_FULL', { ...error.data, recorded: 0 }, { cause: error })
    : error
}

function asArchiveError(error: unknown, id: SessionId, code: Failure['code']): unknown {
  return error instanceof Failure && error.code === code
    ? new ArchiveError(`${id}: ${error.message}`, { cause: error })
    : error
}
