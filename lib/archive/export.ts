/** Writing sessions into an archive. */

import type { SessionId } from '../base/id.ts'
import { Failure, type FailureData, isFailure } from '../errors.ts'
import { archive, type Place, sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findLeft } from '../session/gone.ts'
import { realSessionDir } from '../store/hold.ts'
import { placeOf } from '../store/place.ts'
import type { Store } from '../store/store.ts'
import { type Contents, readAgain, readContents, sizesIn } from './contents.ts'
import { compress } from './gzip.ts'
import { type ArchivedSession, formatManifest, limits, parseManifest } from './manifest.ts'
import { checkArchive, reading } from './read.ts'
import { formatTar, type Member } from './tar.ts'
import { type Target, writeTarget } from './target.ts'

export interface ExportReport {
  readonly sessions: readonly ArchivedSession[]
  /** The archive's length. */
  readonly bytes: number
}

export interface ExportHooks {
  /** Called with how many sessions were read. */
  readonly onRead?: (count: number) => void
  /** Called before there is a file, and before each piece is written. */
  readonly onWrite?: () => void
}

/**
 * Writes sessions into one archive: into a file, durably, or to whoever takes the bytes. The same
 * sessions give the same bytes. One that runs is taken as far as it is.
 *
 * Throws EXPORT_TOO_LARGE for what no import would take, before anything is read where that can be
 * seen; FILE_EXISTS, FILE_CHANGED, what keeps a writer from a session that is damaged, and what a hook
 * throws; then there is no file.
 */
export async function exportSessions(
  sessions: readonly { readonly store: Store; readonly id: SessionId }[],
  to: Target | { readonly write: (bytes: Uint8Array) => void },
  maxSize: number = limits.bytes,
  hooks: ExportHooks = {},
): Promise<ExportReport> {
  const wanted = [...new Map(sessions.map(({ store, id }) => [id, store]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, store]) => ({ store, id, place: placeOf(store, id) }))
  try {
    return await writeAll(wanted, to, maxSize, hooks)
  } catch (error) {
    for (const { store, id, place } of wanted) {
      const left = findLeft(id, sessionDir(store.dir, id, place), error)
      if (left !== undefined) throw left
    }
    throw error
  }
}

interface Wanted {
  readonly store: Store
  readonly id: SessionId
  readonly place: Place
}

async function writeAll(
  wanted: readonly Wanted[],
  to: Target | { readonly write: (bytes: Uint8Array) => void },
  maxSize: number,
  hooks: ExportHooks,
): Promise<ExportReport> {
  refuseTooMuch(wanted, maxSize)
  const all = wanted.map(({ store, id, place }, at) => {
    hooks.onRead?.(at)
    return readContents(store, id, place)
  })
  await reading('the archive', async () => parseManifest(manifestOf(all).toString(), 'the archive'))
  const pack = (write: (bytes: Uint8Array) => void) =>
    compress(formatTar(membersOf(all)), (piece) => {
      hooks.onWrite?.()
      write(piece)
    })
  hooks.onWrite?.()
  let bytes = 0
  if ('file' in to) bytes = await writeTarget(to, pack)
  else {
    await pack((piece) => {
      bytes += piece.length
      to.write(piece)
    })
  }
  return { sessions: all.map(({ session }) => session), bytes }
}

/**
 * Writes a session's archive into a directory, durably, and reads it back; where there is one of the
 * same content it is kept. The caller holds session.lock.
 *
 * Throws the same as exportSessions, and ARCHIVE_INVALID when what was written cannot be read.
 */
export async function archiveSession(
  store: Store,
  id: SessionId,
  dir: string,
  place: Place = 'sessions',
): Promise<{ readonly file: string; readonly bytes: number }> {
  refuseTooMuch([{ store, id, place }], limits.bytes)
  const contents = readContents(store, id, place)
  const { session } = contents
  disk.makeDirs(dir)
  for (const file of [archive.file(dir, id), archive.file(dir, id, session.seq)]) {
    const isNew = disk.findFacts(file) === undefined
    if (isNew) {
      await writeTarget({ file, force: false }, (write) =>
        compress(formatTar(membersOf([contents])), write),
      )
    }
    if (await holds(file, session)) {
      // Who was killed behind the name of it has not synced that.
      disk.syncDir(dir)
      return { file, bytes: disk.findSize(file) ?? 0 }
    }
    if (isNew) throw new Failure('ARCHIVE_INVALID', { file, problem: 'it reads back differently' })
  }
  throw new Failure('FILE_EXISTS', { file: archive.file(dir, id, session.seq) })
}

function refuseTooMuch(sessions: readonly Wanted[], maxSize: number): void {
  if (sessions.length > limits.sessions) refuse('sessions', limits.sessions)
  let [count, bytes] = [0, 0]
  for (const { store, id, place } of sessions) {
    for (const size of sizesIn(realSessionDir(store, id, place))) {
      bytes += size
      if (++count > limits.files) refuse('files', limits.files)
      if (bytes > maxSize) refuse('bytes', maxSize)
    }
  }
}

function refuse(what: FailureData['EXPORT_TOO_LARGE']['what'], limit: number): never {
  throw new Failure('EXPORT_TOO_LARGE', { what, limit })
}

/** Whether a file is a whole archive of this and nothing else. */
async function holds(file: string, session: ArchivedSession): Promise<boolean> {
  try {
    return formatManifest(await checkArchive(file)).equals(formatManifest([session]))
  } catch (error) {
    if (!isFailure(error, 'ARCHIVE_INVALID') && !isFailure(error, 'FORMAT_NEWER')) throw error
    return false
  }
}

function manifestOf(all: readonly Contents[]): Buffer {
  const manifest = formatManifest(all.map(({ session }) => session))
  if (manifest.length > limits.manifestBytes) refuse('bytes of manifest', limits.manifestBytes)
  return manifest
}

function* membersOf(
  all: readonly Contents[],
): Generator<{ readonly member: Member; readonly content: Iterable<Buffer> }> {
  const manifest = manifestOf(all)
  const newest = Math.max(0, ...all.map(({ mtime }) => mtime))
  const about = { path: archive.manifest, size: manifest.length, mode: 0o600, mtime: newest }
  yield { member: about, content: [manifest] }
  for (const contents of all) {
    const { session, mtime } = contents
    for (const file of session.files) {
      const path = archive.member(session.id, file.path)
      const member = { path, size: file.size, mode: file.executable ? 0o700 : 0o600, mtime }
      yield { member, content: readAgain(contents, file) }
    }
  }
}
