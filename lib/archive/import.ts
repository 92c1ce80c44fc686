/** Taking sessions out of an archive, each with the id that it had. */

import { giveWay } from '../base/async.ts'
import type { SessionId } from '../base/id.ts'
import { Failure, quietly } from '../errors.ts'
import { session as files, sessionDir } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { findEntries } from '../session/turn.ts'
import { redactorOf } from '../store/access.ts'
import { appear, inStaging, mintId } from '../store/create.ts'
import { waitForMaintenance } from '../store/maintenance.ts'
import { noteName } from '../store/names.ts'
import type { Store } from '../store/store.ts'
import { digest, readOpen } from './contents.ts'
import { type ArchivedFile, type ArchivedSession, limits } from './manifest.ts'
import { type OpenArchive, readArchive, readPieces, sizeOf } from './read.ts'
import { journalOf, Unpacking } from './unpack.ts'

export interface UnpackOptions {
  /** The archive's path, or what it is called where `input` is given. */
  readonly file: string
  readonly input?: AsyncIterable<Buffer>
  /** Looks through all of it, says what would be restored, and restores nothing. */
  readonly dryRun?: boolean
  /** How many bytes it may unpack to; 16 GiB by default. */
  readonly maxSize?: number
  /** Called before each file, and before each session appears, with how many are begun or there. */
  readonly onStep?: (count: number, of: number) => void
}

/** What became of one session of an archive. */
export interface UnpackRow {
  /** `imported`, or would be; `known`: it is there already; `refused`: its place is taken. */
  readonly act: 'imported' | 'known' | 'refused'
  readonly id: SessionId
  readonly name: string | null
  readonly description: string | null
  /** The project that it was of. */
  readonly project_path: string
  readonly entries: number
  readonly files: number
  readonly bytes: number
  /** Why it was refused. */
  readonly failure: Failure<'SESSION_EXISTS'> | null
}

/**
 * Restores the sessions of an archive in a store. Each appears whole or not at all, and none before
 * all of the archive was looked through; run again after a crash, it restores the rest.
 *
 * Throws ARCHIVE_INVALID, ARCHIVE_TOO_LARGE and FORMAT_NEWER with nothing changed, and what the hook
 * throws.
 */
export async function importArchive(store: Store, options: UnpackOptions): Promise<UnpackRow[]> {
  const { file, input: pieces = readPieces(file), maxSize = limits.bytes } = options
  const act = () =>
    readArchive({ file, pieces, maxSize }, (archive) => unpackAll(store, archive, options))
  return options.dryRun ? act() : inStaging(store, act)
}

async function unpackAll(
  store: Store,
  { sessions, files }: OpenArchive,
  { file, dryRun = false, onStep }: UnpackOptions,
): Promise<UnpackRow[]> {
  const provenance = {
    archive: disk.baseOf(file),
    projectPath: store.projectPath,
    now: store.now(),
  }
  const rows = new Map(sessions.map((session) => [session.id, rowOf(store, session)]))
  const built: Unpacking[] = []
  try {
    for await (const { session, file, content } of files) {
      onStep?.(built.length, sessions.length)
      if (rows.get(session.id)?.act !== 'imported') continue
      let unpacking = built.at(-1)
      if (unpacking?.archived !== session) {
        const dir = dryRun ? undefined : sessionDir(store.dir, mintId(store.now()), 'staging')
        unpacking = new Unpacking(session, dir, redactorOf(store))
        built.push(unpacking)
      }
      await unpacking.take(file, content)
      if (file !== session.files.at(-1)) continue
      const { name } = await unpacking.finish(provenance)
      if (!dryRun) noteName(store, name)
      // A piece of the archive has many sessions: signals are heard between two.
      await giveWay()
    }
    if (!dryRun && built.length > 0) {
      await using maintenance = await waitForMaintenance(store)
      for (const [at, { id, archived, dir = '' }] of built.entries()) {
        await giveWay()
        onStep?.(at, sessions.length)
        maintenance.check()
        const row = rowOf(store, archived)
        rows.set(id, row)
        if (row.act === 'imported') await appear(store, id, dir, 'sessions')
      }
    }
    return [...rows.values()]
  } finally {
    // The next one that builds sweeps what stays; what went wrong before is what counts.
    for (const { dir } of built) if (dir !== undefined) quietly(() => disk.removeTree(dir))
  }
}

/** What will become of a session as the store is now. */
function rowOf(store: Store, archived: ArchivedSession): UnpackRow {
  const { id, seq, name, description, project_path } = archived
  const facts = { id, name, description, project_path, entries: seq + 1 }
  const sizes = { files: archived.files.length, bytes: sizeOf(archived) }
  const place = (['sessions', 'ephemeral', 'trash'] as const).find(
    (place) => disk.findFacts(sessionDir(store.dir, id, place)) !== undefined,
  )
  if (place === undefined) return { act: 'imported', ...facts, ...sizes, failure: null }
  if (place === 'sessions' && hasJournal(sessionDir(store.dir, id), journalOf(archived))) {
    return { act: 'known', ...facts, ...sizes, failure: null }
  }
  const failure = new Failure('SESSION_EXISTS', { id, place })
  return { act: 'refused', ...facts, ...sizes, failure }
}

/** Whether a session begins with a journal, or was made of it. */
function hasJournal(dir: string, { size, sha256 }: ArchivedFile): boolean {
  if (startDigest(files.transcript(dir), size) === sha256) return true
  for (const { type, data } of findEntries(dir)) {
    if (type === 'session' && data.event === 'unpacked' && data.sha256 === sha256) return true
  }
  return false
}

function startDigest(path: string, size: number): string | undefined {
  const fd = disk.findRead(path)
  if (fd === undefined) return undefined
  try {
    return disk.readFacts(fd, path).size < size ? undefined : digest(readOpen(fd, path, size))
  } finally {
    disk.closeFile(fd)
  }
}
