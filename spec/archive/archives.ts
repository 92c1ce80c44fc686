/** Stores to archive from and into, and archives that no export wrote. */

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Header, type HeaderData } from 'tar'
import { afterAll } from 'vitest'
import { openStore, type Store } from '../../lib/index.ts'

const root = mkdtempSync(join(tmpdir(), 'stint-archive-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let made = 0

/** A directory of its own. */
export function freshDir(): string {
  const dir = join(root, String(made++))
  mkdirSync(dir)
  return dir
}

/** An empty store of a project of its own. */
export function freshStore(env: Record<string, string> = {}): Store {
  const dir = freshDir()
  const project = join(dir, 'project')
  mkdirSync(project)
  return openStore({ env: { STINT_HOME: join(dir, 'home'), ...env }, home: dir, cwd: project })
}

/** A member of a tar file, as odd as can be. */
export interface Raw {
  readonly header: HeaderData & { readonly path: string }
  readonly body: Buffer
}

/** The members of an archive. */
export function membersOf(file: string): Raw[] {
  const bytes = gunzipSync(readFileSync(file))
  const members: Raw[] = []
  for (let at = 0; ; ) {
    const header = new Header(bytes, at)
    if (header.nullBlock) return members
    const size = header.size ?? 0
    const { path = '', mode = 0, mtime = new Date(0), type } = header
    members.push({
      header: { path, mode, mtime, type, size, uid: 0, gid: 0 },
      body: bytes.subarray(at + 512, at + 512 + size),
    })
    at += 512 + Math.ceil(size / 512) * 512
  }
}

/** The bytes of a tar file of these, whatever they are. */
export function tarOf(members: readonly Raw[]): Buffer {
  return Buffer.concat([
    ...members.flatMap(({ header, body }) => {
      const block = Buffer.alloc(512)
      new Header({ size: body.length, ...header }).encode(block)
      return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
    }),
    Buffer.alloc(1024),
  ])
}

/** Writes an archive of these members. */
export function writeArchive(members: readonly Raw[]): string {
  const file = join(freshDir(), 'a.tar.gz')
  writeFileSync(file, gzipSync(tarOf(members)))
  return file
}

type Manifest = { format: number; sessions: { [key: string]: unknown; files: FileFacts[] }[] }
type FileFacts = { path: string; size: number; sha256: string }

/** The same members with another manifest, in which it is put right what each file has now. */
export function withManifest(
  members: readonly Raw[],
  change: (manifest: Manifest) => void = () => undefined,
): Raw[] {
  const [first, ...rest] = members as [Raw, ...Raw[]]
  const manifest: Manifest = JSON.parse(first.body.toString())
  for (const session of manifest.sessions) {
    session.files = session.files.map((file) => {
      const member = rest.find(({ header }) => header.path === `${session.id}/${file.path}`)
      if (member === undefined) return file
      const sha256 = createHash('sha256').update(member.body).digest('hex')
      return { ...file, size: member.body.length, sha256 }
    })
  }
  change(manifest)
  const body = Buffer.from(`${JSON.stringify(manifest)}\n`)
  return [{ header: { ...first.header, size: body.length }, body }, ...rest]
}

/** The members with the body of one changed. */
export function withBody(
  members: readonly Raw[],
  end: string,
  change: (text: string) => string,
): Raw[] {
  return members.map(({ header, body }) => {
    if (!header.path.endsWith(end)) return { header, body }
    const changed = Buffer.from(change(body.toString()))
    return { header: { ...header, size: changed.length }, body: changed }
  })
}
