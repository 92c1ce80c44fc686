/** The first member of an archive: which sessions are in it, and every byte of them. */

import {
  DecodeError,
  decodeBoolean,
  decodeInteger,
  decodeTable,
  decodeText,
  present,
} from '../base/decode.ts'
import { isSessionId, type SessionId } from '../base/id.ts'
import { hasControls } from '../base/text.ts'
import { Failure } from '../errors.ts'

/** The format that is written; one of a newer is refused. */
const manifestFormat = 1

/** More is in no archive that is read, and in none that is written; `bytes` unless somebody says otherwise. */
export const limits: {
  readonly [what in 'sessions' | 'files' | 'bytes' | 'manifestBytes']: number
} = {
  sessions: 10_000,
  files: 100_000,
  bytes: 16 * 1024 ** 3,
  manifestBytes: 64 * 1024 * 1024,
}

export interface ArchivedSession {
  readonly id: SessionId
  /** The newest entry. */
  readonly seq: number
  readonly name: string | null
  readonly description: string | null
  readonly project_path: string
  /** A turn had not ended. */
  readonly open_turn: boolean
  /** The state, the transcript, then what is in output/ in the order of its paths. */
  readonly files: readonly ArchivedFile[]
  readonly left_out: readonly { readonly path: string; readonly why: string }[]
}

export interface ArchivedFile {
  /** Relative to the session's directory. */
  readonly path: string
  readonly size: number
  readonly sha256: string
  /** Its owner may execute it. */
  readonly executable?: true
}

/** The files of a session that are always there, in this order. */
const firstFiles: readonly string[] = ['state.toml', 'transcript.jsonl']

export function formatManifest(sessions: readonly ArchivedSession[]): Buffer {
  return Buffer.from(`${JSON.stringify({ format: manifestFormat, sessions })}\n`)
}

/** The sessions, in the order of their ids. Throws DecodeError for what no export writes, and FORMAT_NEWER. */
export function parseManifest(text: string, file: string): ArchivedSession[] {
  const table = decodeTable(parseJson(text), 'the manifest')
  const format = present(decodeInteger(table, 'format'), 'format')
  if (format > manifestFormat) {
    throw new Failure('FORMAT_NEWER', { file, format, supported: manifestFormat })
  }
  const sessions = listOf(table.sessions, 'sessions', decodeSession)
  expectAscending(
    sessions.map(({ id }) => id),
    'sessions',
  )
  if (sessions.length > limits.sessions) throw new DecodeError(`it has ${sessions.length} sessions`)
  if (sessions.reduce((sum, { files }) => sum + files.length, 0) > limits.files) {
    throw new DecodeError('it has too many files')
  }
  return sessions
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new DecodeError('the manifest is no JSON', { cause: error })
  }
}

function decodeSession(value: unknown): ArchivedSession {
  const table = decodeTable(value, 'a session')
  const id = present(decodeText(table, 'id'), 'id')
  if (!isSessionId(id)) throw new DecodeError('id is not a ULID')
  const files = listOf(table.files, 'files', decodeFile)
  const paths = files.map(({ path }) => path)
  const [own, output] = [paths.slice(0, firstFiles.length), paths.slice(firstFiles.length)]
  if (own.join() !== firstFiles.join()) throw new DecodeError(`${id} has no state or transcript`)
  const odd = output.find((path) => !isOutputPath(path))
  if (odd !== undefined) throw new DecodeError(`${JSON.stringify(odd)} is the name of no file`)
  expectAscending(output, 'files')
  expectNoParent(output)
  return {
    id,
    seq: present(decodeInteger(table, 'seq'), 'seq'),
    name: textOrNull(table, 'name'),
    description: textOrNull(table, 'description'),
    project_path: present(decodeText(table, 'project_path'), 'project_path'),
    open_turn: present(decodeBoolean(table, 'open_turn'), 'open_turn'),
    files,
    left_out: listOf(table.left_out, 'left_out', (one) => {
      const left = decodeTable(one, 'left_out')
      const text = (key: string) => present(decodeText(left, key), key)
      return { path: text('path'), why: text('why') }
    }),
  }
}

function decodeFile(value: unknown): ArchivedFile {
  const table = decodeTable(value, 'a file')
  const size = present(decodeInteger(table, 'size'), 'size')
  if (size < 0) throw new DecodeError('size is below 0')
  return {
    path: present(decodeText(table, 'path'), 'path'),
    size,
    sha256: present(decodeText(table, 'sha256'), 'sha256'),
    ...(decodeBoolean(table, 'executable') ? { executable: true } : {}),
  }
}

/**
 * Whether a file of this name below output/ can go into an archive: one that means the same
 * everywhere, and leads nowhere else.
 */
export function isOutputPath(path: string): boolean {
  const [first, ...names] = path.split('/')
  return (
    first === 'output' &&
    names.length > 0 &&
    Buffer.byteLength(path) <= 4000 &&
    path.isWellFormed() &&
    !hasControls(path) &&
    !path.includes('\\') &&
    names.every((name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) <= 255)
  )
}

/** In ascending order nothing is there twice. */
function expectAscending(names: readonly string[], what: string): void {
  const wrong = names.find((name, index) => index > 0 && name <= (names[index - 1] as string))
  if (wrong !== undefined)
    throw new DecodeError(`${what}: ${JSON.stringify(wrong)} is out of order`)
}

function expectNoParent(paths: readonly string[]): void {
  const all = new Set(paths)
  for (const path of paths) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at)
      if (all.has(parent)) throw new DecodeError(`${JSON.stringify(parent)} is a file and none`)
    }
  }
}

function listOf<T>(value: unknown, where: string, decode: (one: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new DecodeError(`${where} is no list`)
  return value.map(decode)
}

function textOrNull(table: Readonly<Record<string, unknown>>, key: string): string | null {
  return table[key] === null ? null : present(decodeText(table, key), key)
}
