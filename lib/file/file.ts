/** Looking for secrets in files of any program, and taking them out. */

import { isUtf8 } from 'node:buffer'
import { Failure } from '../errors.ts'
import * as disk from '../os/disk.ts'
import { isThere } from '../os/process.ts'
import type { RedactionCounts, Redactor } from '../redact/redact.ts'
import { longestPiece } from './lines.ts'
import { type CheckedLine, redactDocumentLines, TextRedaction } from './redaction.ts'

/** Where in a file a rule found something; never what. */
export interface FileFinding {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly rule: string
  readonly count: number
}

/** A file that was redacted. */
export interface RedactedFile {
  readonly findings: readonly FileFinding[]
  /** What the file was: it still holds the secrets. Undefined when the file was not touched. */
  readonly backup: string | undefined
}

/** How much is read at a time, and looked at to tell text from anything else, in bytes. */
const chunk = 256 * 1024
const head = 8 * 1024

/** What the rules find in a file. Changes nothing. */
export function checkFile(path: string, redactor: Redactor): FileFinding[] {
  const fd = openText(path)
  try {
    const found: FileFinding[] = []
    for (const { line, counts } of checkLines(fd, path, redactor)) {
      if (counts !== undefined) found.push(...findingsOf(path, line, counts))
    }
    return found
  } finally {
    disk.closeFile(fd)
  }
}

/** What the rules found in a line of a file, rule by rule. */
export function findingsOf(
  file: string,
  line: number,
  counts: RedactionCounts | undefined,
): FileFinding[] {
  return Object.entries(counts ?? {}).map(([rule, count]) => ({ file, line, rule, count }))
}

/**
 * Takes out of a file what the rules find in it: a new file, synced, takes its place in one rename,
 * with its mode and owner, and the old one stays beside it as `NAME.before-redact`.
 *
 * A file in which nothing is found is not touched. Throws FILE_CHANGED, with nothing changed, when
 * another program wrote to it meanwhile.
 */
export function redactFile(path: string, redactor: Redactor): RedactedFile {
  const findings = checkFile(path, redactor)
  if (findings.every(({ rule }) => rule === 'error')) return { findings, backup: undefined }
  sweep(path)
  const fd = openText(path)
  const staged = stagedName(path, process.pid)
  try {
    const before = disk.readFacts(fd, path)
    stage(fd, path, staged, redactor)
    const after = disk.findFacts(path)
    const isSame =
      disk.isSameFile(before, after) &&
      before.size === after?.size &&
      before.modifiedAt === after.modifiedAt
    if (!isSame) throw new Failure('FILE_CHANGED', { file: path })
    const backup = keepBackup(path)
    disk.rename(staged, path)
    disk.syncDir(disk.parentOf(path))
    return { findings, backup }
  } catch (error) {
    disk.removeFile(staged)
    throw error
  } finally {
    disk.closeFile(fd)
  }
}

/** Whether the name is that of what a redaction kept of another file. */
export function isBackup(name: string): boolean {
  return /\.before-redact(?:\.\d+)?$/.test(name)
}

/** Whether the name is that of a redacted file that has not taken its place. */
export function isStaged(name: string): boolean {
  return /\.redacting-\d+$/.test(name)
}

/** Whether the file's first bytes are no text. */
export function isBinary(path: string): boolean {
  const fd = openText(path)
  try {
    return disk.readBytes(fd, path, 0, head).includes(0)
  } finally {
    disk.closeFile(fd)
  }
}

function openText(path: string): number {
  const fd = disk.openRead(path)
  if (disk.readFacts(fd, path).kind === 'file') return fd
  disk.closeFile(fd)
  const problem = 'it is no regular file'
  throw new Failure('IO_FAILED', { path, errno: 'EINVAL', problem })
}

function stage(fd: number, path: string, staged: string, redactor: Redactor): void {
  const to = disk.createFile(staged)
  try {
    disk.takeOwnership(to, staged, fd)
    let waiting: Buffer[] = []
    let length = 0
    const flush = () => {
      disk.writeAll(to, staged, Buffer.concat(waiting))
      waiting = []
      length = 0
    }
    for (const { bytes, lost } of checkLines(fd, path, redactor)) {
      if (lost) throw unsearchable(path)
      waiting.push(bytes)
      length += bytes.length
      if (length >= chunk) flush()
    }
    flush()
    disk.syncFile(to, staged)
  } finally {
    disk.closeFile(to)
  }
}

function* checkLines(fd: number, path: string, redactor: Redactor): Generator<CheckedLine> {
  const { size } = disk.readFacts(fd, path)
  if (path.endsWith('.json') && size <= longestPiece) {
    const bytes = disk.readBytes(fd, path, 0, size)
    const lines = isUtf8(bytes) ? redactDocumentLines(bytes.toString(), redactor) : undefined
    if (lines !== undefined) return yield* lines
  }
  const redaction = new TextRedaction(redactor)
  for (let at = 0; ; ) {
    const bytes = disk.readBytes(fd, path, at, chunk)
    if (bytes.length === 0) break
    at += bytes.length
    yield* redaction.take(bytes)
  }
  yield* redaction.end()
}

function unsearchable(path: string): Failure {
  const problem = 'a very long line of it cannot be searched'
  return new Failure('IO_FAILED', { path, errno: 'EFBIG', problem })
}

/** Gives the old file a second name, which no earlier backup has. */
function keepBackup(path: string): string {
  for (let number = 1; ; number++) {
    const backup = `${path}.before-redact${number === 1 ? '' : `.${number}`}`
    if (disk.linkFile(path, backup)) {
      disk.syncDir(disk.parentOf(path))
      return backup
    }
  }
}

function stagedName(path: string, pid: number): string {
  return `${path}.redacting-${pid}`
}

/** Removes what redactions of this file left that were killed. */
function sweep(path: string): void {
  const dir = disk.parentOf(path)
  const name = disk.baseOf(path)
  for (const other of disk.listNames(dir)) {
    const pid = Number(/\.redacting-(\d{1,9})$/.exec(other)?.[1])
    const isLeft = other === stagedName(name, pid) && (pid === process.pid || !isThere(pid))
    if (isLeft) disk.removeFile(`${dir}/${other}`)
  }
}
