/** What of a session goes into an archive. */

import type { SessionId } from '../base/id.ts'
import { Failure } from '../errors.ts'
import { session as files, isLeftover, type Place } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { formatState } from '../session/codec.ts'
import { readSnapshot } from '../session/snapshot.ts'
import { hasOpenTurn, type State } from '../session/state.ts'
import { realSessionDir } from '../store/hold.ts'
import type { Store } from '../store/store.ts'
import { type ArchivedFile, type ArchivedSession, isOutputPath } from './manifest.ts'

/** A session as it was at one moment. */
export interface Contents {
  readonly session: ArchivedSession
  readonly dir: string
  /** The state, which is the fold of the archived transcript and nothing else. */
  readonly state: Buffer
  /** Of all of its members, in seconds since 1970. */
  readonly mtime: number
}

const chunk = 256 * 1024

/** The latest instant that fits into a head. */
const latest = 0o77777777777

/**
 * Reads a session through, also while a turn runs: what is there by then, up to a whole entry.
 *
 * Throws what keeps a writer from a session that is damaged, and FILE_CHANGED when a file in its
 * output directory changes meanwhile.
 */
export function readContents(store: Store, id: SessionId, place: Place): Contents {
  const dir = realSessionDir(store, id, place)
  const path = files.transcript(dir)
  const fd = disk.openRead(path)
  try {
    const known = readState(id, dir)
    // Another file is there after a redaction; this one is gone.
    if (!disk.isSameFile(disk.readFacts(fd, path), disk.findFacts(path))) {
      throw new Failure('FILE_CHANGED', { file: path })
    }
    const state = Buffer.from(formatState(known))
    const { output, leftOut } = listOutput(dir)
    return {
      session: {
        id,
        seq: known.journal.seq,
        name: known.name ?? null,
        description: known.description ?? null,
        project_path: known.project_path,
        open_turn: hasOpenTurn(known),
        files: [
          { path: nameIn(dir, files.state(dir)), size: state.length, sha256: digest([state]) },
          fileOf(dir, path, known.journal.bytes, readOpen(fd, path, known.journal.bytes)),
          ...output,
        ],
        left_out: leftOut,
      },
      dir,
      state,
      mtime: Math.min(Math.max(0, Math.floor(Date.parse(known.last_accessed) / 1000)), latest),
    }
  } finally {
    disk.closeFile(fd)
  }
}

/** The bytes of a file, again. Throws FILE_CHANGED when they are others by now. */
export function* readAgain({ dir, state }: Contents, file: ArchivedFile): Generator<Buffer> {
  const path = `${dir}/${file.path}`
  if (path === files.state(dir)) {
    yield state
    return
  }
  const hash = createHash()
  for (const bytes of readFile(path, file.size)) {
    hash.update(bytes)
    yield bytes
  }
  if (hash.digest('hex') !== file.sha256) throw new Failure('FILE_CHANGED', { file: path })
}

export function createHash(): import('node:crypto').Hash {
  return process.getBuiltinModule('node:crypto').createHash('sha256')
}

export function digest(pieces: Iterable<Buffer>): string {
  const hash = createHash()
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

function readState(id: SessionId, dir: string): State {
  const { state, failure, warnings } = readSnapshot(id, dir)
  if (state === undefined) throw failure
  // The journal tells all of a state; nothing tells what else is missing.
  const wrong = warnings.find(({ code }) => code !== 'STATE_INVALID')
  if (wrong !== undefined) throw wrong
  return state
}

/** The sizes of the files of a session that would be archived: looked at, and not read. */
export function* sizesIn(dir: string): Generator<number> {
  for (const file of [files.state(dir), files.transcript(dir)]) yield disk.findSize(file) ?? 0
  for (const { path, facts } of walkOutput(dir)) {
    if (typeof path === 'string' && facts.kind === 'file') yield facts.size
  }
}

/** The plain files below output/, in the order of their paths, and what is none. */
function listOutput(dir: string): {
  readonly output: ArchivedFile[]
  readonly leftOut: ArchivedSession['left_out']
} {
  const output: ArchivedFile[] = []
  const leftOut: { path: string; why: string }[] = []
  for (const { path, facts } of walkOutput(dir)) {
    const name = nameIn(dir, String(path))
    if (typeof path !== 'string' || !isOutputPath(name)) {
      leftOut.push({ path: name.toWellFormed(), why: 'its name does not mean the same everywhere' })
    } else if (facts.kind === 'file') {
      const executable = (facts.mode & 0o100) !== 0
      const file = fileOf(dir, path, facts.size, readFile(path, facts.size))
      output.push(executable ? { ...file, executable } : file)
    } else {
      leftOut.push({ path: name, why: facts.kind === 'link' ? 'it is a link' : 'it is no file' })
    }
  }
  output.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { output, leftOut }
}

/** All that is below output/ and no directory. */
function* walkOutput(
  dir: string,
): Generator<{ readonly path: disk.Path; readonly facts: disk.FileFacts }> {
  const root = files.output(dir)
  if (disk.findFacts(root)?.kind !== 'directory') return
  const waiting: disk.Path[] = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const facts = disk.findFacts(path)
    if (facts?.kind === 'directory') {
      for (const inner of disk.listPaths(path).reverse()) waiting.push(inner)
    } else if (facts !== undefined && !isResultLeftover(nameIn(dir, String(path)))) {
      yield { path, facts }
    }
  }
}

function isResultLeftover(name: string): boolean {
  const [, file] = /^output\/turn-\d{4,9}\/([^/]+)$/.exec(name) ?? []
  return file !== undefined && isLeftover(file, 'result.toml')
}

function fileOf(dir: string, path: string, size: number, bytes: Iterable<Buffer>): ArchivedFile {
  return { path: nameIn(dir, path), size, sha256: digest(bytes) }
}

function nameIn(dir: string, path: string): string {
  return path.slice(dir.length + 1)
}

function* readFile(path: string, size: number): Generator<Buffer> {
  const fd = disk.findRead(path)
  if (fd === undefined) throw new Failure('FILE_CHANGED', { file: path })
  try {
    if (disk.readFacts(fd, path).kind !== 'file') throw new Failure('FILE_CHANGED', { file: path })
    yield* readOpen(fd, path, size)
  } finally {
    disk.closeFile(fd)
  }
}

/** The first bytes of an open file. */
export function* readOpen(fd: number, path: string, size: number): Generator<Buffer> {
  for (let at = 0; at < size; ) {
    const bytes = disk.readBytes(fd, path, at, Math.min(chunk, size - at))
    if (bytes.length === 0) throw new Failure('FILE_CHANGED', { file: path })
    at += bytes.length
    yield bytes
  }
}
