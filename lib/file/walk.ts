/** Every file at or under a path, each looked through, or redacted. */

import { Failure, quietly } from '../errors.ts'
import { ownFile, store as storeFiles } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { Redactor } from '../redact/redact.ts'
import {
  checkFile,
  type FileFinding,
  isBackup,
  isBinary,
  isStaged,
  type RedactedFile,
  redactFile,
} from './file.ts'

/** What came of one file, or why it was passed over. */
export type FileReport =
  | ({ readonly file: string } & RedactedFile)
  | { readonly file: string; readonly why: string; readonly failure?: Failure }

export interface FileErrand {
  readonly redactor: Redactor
  /** Takes out what is found; otherwise nothing is changed. */
  readonly fix: boolean
}

/** Whether anything is at a path. */
export function isThere(path: string): boolean {
  // A name too long, a directory that cannot be searched: nothing that could be named instead.
  return quietly(() => disk.findRealPath(path)) !== undefined
}

/**
 * Goes over a file, or over all files under a directory in the order of their names.
 *
 * A link that is named is followed, one that is met is not. What is met and is binary, cannot be
 * read, or is kept by stint itself is reported as passed over; what is wrong with the path that was
 * named is thrown.
 */
export function* redactPath(path: string, errand: FileErrand): Generator<FileReport> {
  const real = disk.findRealPath(path)
  if (real === undefined) {
    const problem = 'no such file or directory'
    throw new Failure('IO_FAILED', { path, errno: 'ENOENT', problem })
  }
  const { fix } = errand
  if (disk.findFacts(real)?.kind === 'directory') {
    yield* walk(path.replace(/(?<=.)\/+$/, ''), real, errand)
    return
  }
  const owner = fix ? findOwner(real) : undefined
  if (owner !== undefined) {
    const problem = `${path} is a file of session ${owner}`
    throw new Failure('USAGE', { problem, usage: `stint redact --fix ${owner}` })
  }
  yield isBinary(real) ? { file: path, why: 'it is binary' } : lookAt(path, real, errand)
}

function* walk(path: string, real: string, errand: FileErrand): Generator<FileReport> {
  for (const name of disk.listNames(real)) {
    const [file, target] = [path === '/' ? `/${name}` : `${path}/${name}`, `${real}/${name}`]
    try {
      const kind = disk.findFacts(disk.requireUtf8(target))?.kind
      if (kind === 'directory') yield* walk(file, target, errand)
      else if (kind === 'file' && !isStaged(name)) {
        const why = reasonAgainst(name, target, errand)
        yield why === undefined ? lookAt(file, target, errand) : { file, why }
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      yield { file, why: error.message, failure: error }
    }
  }
}

function reasonAgainst(name: string, real: string, { fix }: FileErrand): string | undefined {
  if (fix && isBackup(name)) return 'an earlier --fix kept it'
  const owner = fix ? findOwner(real) : undefined
  if (owner !== undefined) return `it is a file of session ${owner}`
  return isBinary(real) ? 'it is binary' : undefined
}

function lookAt(file: string, real: string, { redactor, fix }: FileErrand): FileReport {
  const { findings, backup } = fix
    ? redactFile(real, redactor)
    : { findings: checkFile(real, redactor), backup: undefined }
  const named = (finding: FileFinding) => ({ ...finding, file })
  return { file, findings: findings.map(named), backup }
}

/** The session whose own file it is: only under its locks can that be changed. */
function findOwner(real: string): string | undefined {
  const own = ownFile(real)
  if (own === undefined) return undefined
  return disk.findFacts(storeFiles.project(own.store)) === undefined ? undefined : own.id
}
