/** Reading an archive: nothing is in it but what its manifest says, byte for byte. */

import { DecodeError } from '../base/decode.ts'
import { Failure } from '../errors.ts'
import { archive } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { createHash } from './contents.ts'
import { decompress } from './gzip.ts'
import { type ArchivedFile, type ArchivedSession, limits, parseManifest } from './manifest.ts'
import { ArchiveError, type Member, readTar } from './tar.ts'

export interface ArchiveSource {
  /** What the archive is called. */
  readonly file: string
  readonly pieces: Iterable<Buffer> | AsyncIterable<Buffer>
  /** How many bytes it may unpack to. */
  readonly maxSize: number
}

export interface OpenArchive {
  readonly sessions: readonly ArchivedSession[]
  /** Every file, in order. One whose content is not read is looked through all the same. */
  readonly files: AsyncIterable<{
    readonly session: ArchivedSession
    readonly file: ArchivedFile
    /** What came so far is what was written only once it has ended. */
    readonly content: AsyncIterable<Buffer>
  }>
}

/** The bytes of a file, in pieces. */
export function* readPieces(file: string): Generator<Buffer> {
  const fd = disk.openRead(disk.findRealPath(file) ?? file)
  try {
    const { kind, size } = disk.readFacts(fd, file)
    if (kind !== 'file') throw new ArchiveError('it is no plain file')
    const chunk = 256 * 1024
    for (let at = 0; at < size; at += chunk) yield disk.readBytes(fd, file, at, chunk)
  } finally {
    disk.closeFile(fd)
  }
}

/** Reads an archive to its end. Throws ARCHIVE_INVALID and FORMAT_NEWER. */
export async function checkArchive(file: string): Promise<readonly ArchivedSession[]> {
  const source = { file, pieces: readPieces(file), maxSize: Number.POSITIVE_INFINITY }
  return readArchive(source, async ({ sessions, files }) => {
    for await (const _ of files);
    return sessions
  })
}

/** What `act` gives; an ArchiveError becomes the Failure that names the file. */
export async function reading<T>(file: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ArchiveError || error instanceof DecodeError)) throw error
    throw new Failure('ARCHIVE_INVALID', { file, problem: error.message }, { cause: error })
  }
}

/**
 * What `act` makes of an archive, which is closed then, however much of it was read.
 *
 * Throws ARCHIVE_INVALID, FORMAT_NEWER and ARCHIVE_TOO_LARGE.
 */
export function readArchive<T>(
  { file, pieces, maxSize }: ArchiveSource,
  act: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  return reading(file, async () => {
    const chunks = decompress(pieces)
    try {
      const members = readTar(chunks)
      const sessions = parseManifest(await readManifest(members), file)
      const bytes = sessions.reduce((sum, session) => sum + sizeOf(session), 0)
      if (bytes > maxSize) throw new Failure('ARCHIVE_TOO_LARGE', { file, bytes, limit: maxSize })
      return await act({ sessions, files: filesOf(sessions, members) })
    } finally {
      await chunks.return(undefined)
    }
  })
}

async function readManifest(members: ReturnType<typeof readTar>): Promise<string> {
  const first = await members.next()
  if (first.done || first.value.member.path !== archive.manifest) {
    throw new ArchiveError(`it does not begin with ${archive.manifest}`)
  }
  const { member, content } = first.value
  if (member.size > limits.manifestBytes) throw new ArchiveError('its manifest is too long')
  const held: Buffer[] = []
  for await (const piece of content) held.push(piece)
  return Buffer.concat(held).toString('utf8')
}

/** The bytes of a session's files. */
export function sizeOf({ files }: ArchivedSession): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}

async function* filesOf(
  sessions: readonly ArchivedSession[],
  members: ReturnType<typeof readTar>,
): OpenArchive['files'] & AsyncGenerator {
  for (const session of sessions) {
    for (const file of session.files) {
      const path = archive.member(session.id, file.path)
      const { done, value } = await members.next()
      if (done) throw new ArchiveError(`${JSON.stringify(path)} is missing`)
      expectMember(value.member, path, file)
      const content = checked(value.content, path, file)
      yield { session, file, content }
      // What was not taken.
      for await (const _ of content);
    }
  }
  const { done, value } = await members.next()
  if (!done) throw new ArchiveError(`${JSON.stringify(value.member.path)} is not in its manifest`)
}

function expectMember(member: Member, path: string, file: ArchivedFile): void {
  if (member.path !== path) {
    throw new ArchiveError(
      `${JSON.stringify(member.path)} is where ${JSON.stringify(path)} should be`,
    )
  }
  if (member.size !== file.size) throw new ArchiveError(`${JSON.stringify(path)} has another size`)
  if (member.mode !== modeOf(file))
    throw new ArchiveError(`${JSON.stringify(path)} has another mode`)
}

/** The mode that a file has in an archive, and gets when it is taken out. */
export function modeOf({ executable }: ArchivedFile): number {
  return executable ? 0o700 : 0o600
}

async function* checked(
  content: AsyncIterable<Buffer>,
  path: string,
  file: ArchivedFile,
): AsyncGenerator<Buffer> {
  const hash = createHash()
  for await (const piece of content) {
    hash.update(piece)
    yield piece
  }
  if (hash.digest('hex') !== file.sha256) {
    throw new ArchiveError(`${JSON.stringify(path)} has another checksum`)
  }
}
