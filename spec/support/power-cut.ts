/**
 * What a power cut leaves: the calls that faults.mjs recorded, replayed on a disk that keeps only
 * what was synced.
 *
 * The rules are stricter than those of any real file system, unless `keeps` says otherwise:
 *
 * - the bytes of a file are those of its last completed fsync or fdatasync
 * - once a sync of a file has failed, nothing behind the last good one comes there any more, whatever
 *   later syncs say and however often it is written: an ext4 was seen to do so
 * - a name made, renamed or removed is so only once its directory was synced after that; a rename
 *   between two directories, only once both were (or its target, when asked for)
 * - changes of one name come to the disk in their order
 */

import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'

/** One line of the log. Paths are relative to the root of the faults, absolute outside it. */
export interface Call {
  /** Its number, from 1; null for what is only noted: opens that change nothing, closes. */
  readonly n: number | null
  readonly call: string
  readonly path: string
  readonly to?: string
  readonly fd?: number
  readonly offset?: number
  /** Base64 of what was really written. */
  readonly data?: string
  /** A full disk refuses it. */
  readonly grows?: boolean
  readonly size?: number
  readonly flags?: number
  readonly mode?: number
  /** The errno it failed with, real or injected: it had no effect. */
  readonly error?: string
}

export interface ReplayOptions {
  /** A copy of the tree as it was before the command, taken as durable; missing means empty. */
  readonly before: string
  readonly log: string
  /** The number of the last call that took place; all of them when left out. */
  readonly upTo?: number
  /** Where the tree after the cut is written: a directory that is empty or missing. */
  readonly into: string
  /**
   * What becomes of unsynced bytes: they are `lost` and the file is as it was, or its length is the
   * new one and they read as `zeros`.
   */
  readonly tail?: 'lost' | 'zeros'
  /**
   * When a rename between two directories is on the disk: once `both` were synced, or once its
   * `target` was, as where a journal has a rename whole or not at all.
   */
  readonly renames?: 'both' | 'target'
  /**
   * `names` keeps every change of names, and of bytes only what was synced: a disk is free to write a
   * rename before what it renames. `newest` keeps of the unsynced changes of names the last one: it is
   * free to write that before the others. `all` keeps unsynced bytes too: what the death of the process
   * alone leaves.
   */
  readonly keeps?: 'synced' | 'names' | 'newest' | 'all'
  /** The last call is a write that took the first half of its bytes. */
  readonly torn?: boolean
}

/** The calls of a log, in order. */
export function callsOf(log: string): Call[] {
  const lines = fs.readFileSync(log, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Call)
}

/** A call that changes files. */
export type NumberedCall = Call & { readonly n: number }

/** The calls of a log that change files, in order. */
export function numberedIn(log: string): NumberedCall[] {
  return callsOf(log).filter((call): call is NumberedCall => call.n !== null)
}

/** How many file-changing calls a log counted. */
export function countCalls(log: string): number {
  return numberedIn(log).length
}

export function isWrite({ call }: Call): boolean {
  return call.startsWith('write')
}

/**
 * Writes the tree that a power cut right after call `upTo` leaves. Gives a digest of all that is in it
 * (names, links, modes and bytes): where that is another's, what follows is the same too.
 */
export function replay(options: ReplayOptions): string {
  const disk = loadDisk(options.before, options.renames === 'target')
  for (const call of callsOf(options.log)) {
    if ((call.n ?? 0) > (options.upTo ?? Number.POSITIVE_INFINITY)) break
    const isTorn = options.torn && call.n === options.upTo
    if (call.error === undefined) apply(disk, isTorn ? halfOf(call) : call)
    else if (/^f(data)?sync$/.test(call.call)) failSync(openedBy(disk, call.fd, call.path))
  }
  fs.mkdirSync(options.into, { recursive: true })
  if (fs.readdirSync(options.into).length > 0) throw new Error(`${options.into} is not empty`)
  if (options.keeps === 'newest') settle(disk.pending.at(-1)?.changes ?? [])
  const digest = createHash('sha256').update(`${disk.root.mode}`)
  write(disk.root, '', contentBy(options), { into: options.into, names: new Map(), digest })
  return digest.digest('hex')
}

// ── the disk ─────────────────────────────────────────────────────────────────────────────────────

interface FileNode {
  readonly kind: 'file'
  bytes: Buffer
  /** From where on a failed sync keeps the bytes from the disk. */
  stuckAt: number
  /** The bytes, NUL where they were not synced. */
  holed: Buffer
  durable: Buffer
  mode: number
}

interface DirNode {
  readonly kind: 'dir'
  readonly names: Map<string, Node>
  readonly durable: Map<string, Node>
  mode: number
}

interface LinkNode {
  readonly kind: 'link'
  readonly target: string
}

type Node = FileNode | DirNode | LinkNode

/** A name of a directory and what it now leads to; undefined when it is gone. */
interface NameChange {
  readonly dir: DirNode
  readonly name: string
  readonly node: Node | undefined
}

/** Name changes that come to the disk together, and the directories still to be synced for it. */
interface Step {
  readonly changes: readonly NameChange[]
  readonly unsynced: Set<DirNode>
}

interface Disk {
  readonly root: DirNode
  readonly opened: Map<number, { readonly node: Node; readonly isSynchronous: boolean }>
  readonly isJournaled: boolean
  pending: readonly Step[]
}

function loadDisk(before: string, isJournaled: boolean): Disk {
  const root = fs.existsSync(before) ? loadDir(before, new Map()) : emptyDir(0o700)
  return { root, opened: new Map(), isJournaled, pending: [] }
}

function loadDir(path: string, seen: Map<string, FileNode>): DirNode {
  const dir = emptyDir(fs.statSync(path).mode & 0o7777)
  for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
    const node = loadNode(join(path, entry.name), entry, seen)
    if (node === undefined) continue
    dir.names.set(entry.name, node)
    dir.durable.set(entry.name, node)
  }
  return dir
}

function loadNode(path: string, entry: fs.Dirent, seen: Map<string, FileNode>): Node | undefined {
  if (entry.isDirectory()) return loadDir(path, seen)
  if (entry.isSymbolicLink()) return { kind: 'link', target: fs.readlinkSync(path) }
  if (!entry.isFile()) return undefined
  const { dev, ino, mode } = fs.statSync(path)
  const known = seen.get(`${dev}:${ino}`)
  if (known !== undefined) return known
  const bytes = fs.readFileSync(path)
  const node = fileWith(bytes, mode & 0o7777)
  seen.set(`${dev}:${ino}`, node)
  return node
}

function emptyDir(mode: number): DirNode {
  return { kind: 'dir', names: new Map(), durable: new Map(), mode }
}

function emptyFile(mode: number): FileNode {
  return fileWith(Buffer.alloc(0), mode)
}

function fileWith(bytes: Buffer, mode: number): FileNode {
  return {
    kind: 'file',
    bytes,
    stuckAt: Number.POSITIVE_INFINITY,
    holed: bytes,
    durable: bytes,
    mode,
  }
}

// ── the calls ────────────────────────────────────────────────────────────────────────────────────

const { O_CREAT, O_DSYNC, O_SYNC, O_TRUNC } = fs.constants

function apply(disk: Disk, call: Call): void {
  const act = calls[call.call]
  if (act === undefined) throw new Error(`no replay of ${call.call}`)
  act(disk, call)
}

function halfOf(call: Call): Call {
  const bytes = Buffer.from(call.data ?? '', 'base64')
  return { ...call, data: bytes.subarray(0, bytes.length / 2).toString('base64') }
}

const nothing = (): void => {}

const calls: Readonly<Record<string, (disk: Disk, call: Call) => void>> = {
  open: (disk, { path, fd = -1, flags = 0, mode = 0o600 }) => {
    const found = findNode(disk, path)
    const node = found ?? emptyFile(mode)
    if (found === undefined) {
      if ((flags & O_CREAT) === 0) throw unknownPath(path)
      change(disk, [{ ...placeOf(disk, path), node }])
    } else if (node.kind === 'file' && (flags & O_TRUNC) !== 0) {
      resize(node, 0)
    }
    disk.opened.set(fd, { node, isSynchronous: (flags & (O_DSYNC | O_SYNC)) !== 0 })
  },
  close: (disk, { fd = -1 }) => {
    disk.opened.delete(fd)
  },
  write: (disk, call) => overwrite(disk, call),
  writev: (disk, call) => overwrite(disk, call),
  ftruncate: (disk, { fd, path, size = 0 }) => resize(fileOf(openedBy(disk, fd, path), path), size),
  fsync: (disk, { fd, path }) => sync(disk, openedBy(disk, fd, path)),
  fdatasync: (disk, { fd, path }) => sync(disk, openedBy(disk, fd, path)),
  mkdir: (disk, { path, mode = 0o700 }) => {
    const steps = path.split('/')
    for (const [index] of steps.entries()) {
      const part = steps.slice(0, index + 1).join('/')
      if (part === '.' || findNode(disk, part) !== undefined) continue
      change(disk, [{ ...placeOf(disk, part), node: emptyDir(mode) }])
    }
  },
  mkdtemp: (disk, { path, mode = 0o700 }) =>
    change(disk, [{ ...placeOf(disk, path), node: emptyDir(mode) }]),
  unlink: (disk, { path }) => change(disk, [{ ...placeOf(disk, path), node: undefined }]),
  rmdir: (disk, { path }) => change(disk, [{ ...placeOf(disk, path), node: undefined }]),
  rename: (disk, { path, to = '' }) => {
    const from = placeOf(disk, path)
    const node = from.dir.names.get(from.name)
    if (node === undefined) throw unknownPath(path)
    if (to.startsWith('/')) return change(disk, [{ ...from, node: undefined }])
    const target = placeOf(disk, to)
    // rename(2) of two links of one file does nothing.
    if (target.dir.names.get(target.name) === node) return
    change(disk, [
      { ...from, node: undefined },
      { ...target, node },
    ])
  },
  link: (disk, { path, to = '' }) => {
    if (to.startsWith('/')) return
    const from = placeOf(disk, path)
    const node = from.dir.names.get(from.name)
    if (node === undefined) throw unknownPath(path)
    change(disk, [{ ...placeOf(disk, to), node }])
  },
  symlink: (disk, { path, to = '' }) =>
    change(disk, [{ ...placeOf(disk, path), node: { kind: 'link', target: to } }]),
  copyFile: (disk, { to = '', data = '', mode = 0o600 }) => {
    const found = findNode(disk, to)
    const node = found === undefined ? emptyFile(mode) : fileOf(found, to)
    if (found === undefined) change(disk, [{ ...placeOf(disk, to), node }])
    setMode(node, mode)
    resize(node, 0)
    put(node, 0, Buffer.from(data, 'base64'))
  },
  chmod: (disk, { path, mode }) => setMode(findNode(disk, path), mode),
  fchmod: (disk, { fd, path, mode }) => setMode(openedBy(disk, fd, path), mode),
  chown: nothing,
  lchown: nothing,
  fchown: nothing,
  utimes: nothing,
  lutimes: nothing,
  futimes: nothing,
}

function overwrite(disk: Disk, { fd, path, offset = 0, data = '' }: Call): void {
  const node = fileOf(openedBy(disk, fd, path), path)
  put(node, offset, Buffer.from(data, 'base64'))
  if (disk.opened.get(fd ?? -1)?.isSynchronous) sync(disk, node)
}

function put(file: FileNode, offset: number, data: Buffer): void {
  const end = offset + data.length
  if (end > file.bytes.length) resize(file, end)
  file.bytes = Buffer.concat([file.bytes.subarray(0, offset), data, file.bytes.subarray(end)])
  file.holed = Buffer.from(file.holed).fill(0, offset, end)
}

function resize(file: FileNode, size: number): void {
  const gap = Buffer.alloc(Math.max(0, size - file.bytes.length))
  file.bytes = Buffer.concat([file.bytes.subarray(0, size), gap])
  if (size <= file.stuckAt) file.stuckAt = Number.POSITIVE_INFINITY
  file.holed = Buffer.concat([file.holed.subarray(0, size), gap])
}

/** Modes are kept as they are: nothing is lost by an older one. */
function setMode(node: Node | undefined, mode: number | undefined): void {
  if (node !== undefined && node.kind !== 'link' && mode !== undefined) node.mode = mode
}

/** A journal goes by the last change: of a rename, the new name. */
function change(disk: Disk, changes: readonly NameChange[]): void {
  for (const { dir, name, node } of changes) setName(dir.names, name, node)
  const awaited = disk.isJournaled ? changes.slice(-1) : changes
  disk.pending = [...disk.pending, { changes, unsynced: new Set(awaited.map(({ dir }) => dir)) }]
}

function setName(names: Map<string, Node>, name: string, node: Node | undefined): void {
  if (node === undefined) names.delete(name)
  else names.set(name, node)
}

function sync(disk: Disk, node: Node): void {
  if (node.kind === 'file') {
    node.durable = Buffer.from(node.bytes).fill(0, Math.min(node.stuckAt, node.bytes.length))
    node.holed = node.durable
  }
  if (node.kind === 'dir') syncNames(disk, node)
}

function failSync(node: Node): void {
  if (node.kind === 'file') node.stuckAt = Math.min(node.stuckAt, node.durable.length)
}

function syncNames(disk: Disk, synced: DirNode): void {
  for (const { unsynced } of disk.pending) unsynced.delete(synced)
  const due = findDue(disk)
  for (const { changes } of disk.pending.filter((step) => due.has(step))) settle(changes)
  disk.pending = disk.pending.filter((step) => !due.has(step))
}

function settle(changes: readonly NameChange[]): void {
  for (const { dir, name, node } of changes) setName(dir.durable, name, node)
}

/**
 * The steps that come to the disk now. Changes of one name keep their order: a synced one waits for
 * those before it, or, with a journal, takes them along.
 */
function findDue({ pending, isJournaled }: Disk): Set<Step> {
  const due = new Set<Step>()
  const tied = new Map<DirNode, Set<string>>()
  for (const step of isJournaled ? [...pending].reverse() : pending) {
    const isSynced = step.unsynced.size === 0
    const isTied = step.changes.some(({ dir, name }) => tied.get(dir)?.has(name))
    const isDue = isJournaled ? isSynced || isTied : isSynced && !isTied
    if (isDue) due.add(step)
    if (isDue !== isJournaled) continue
    for (const { dir, name } of step.changes) tied.set(dir, (tied.get(dir) ?? new Set()).add(name))
  }
  return due
}

// ── finding ──────────────────────────────────────────────────────────────────────────────────────

/** What is at a path, links followed; undefined when it is not there. */
function findNode(disk: Disk, path: string): Node | undefined {
  if (path === '.') return disk.root
  const { dir, name } = placeOf(disk, path)
  const node = dir.names.get(name)
  return node?.kind === 'link' ? findNode(disk, targetOf(path, node)) : node
}

/** The directory of a path and its name there, a link at its end not followed. */
function placeOf(disk: Disk, path: string): { readonly dir: DirNode; readonly name: string } {
  const slash = path.lastIndexOf('/')
  const dir = slash === -1 ? disk.root : findNode(disk, path.slice(0, slash))
  if (path.startsWith('/') || dir?.kind !== 'dir') throw unknownPath(path)
  return { dir, name: path.slice(slash + 1) }
}

function targetOf(path: string, link: LinkNode): string {
  const target = join(path, '..', link.target)
  if (link.target.startsWith('/') || target.startsWith('..')) throw unknownPath(path)
  return target
}

function openedBy(disk: Disk, fd: number | undefined, path: string): Node {
  const node = disk.opened.get(fd ?? -1)?.node
  if (node === undefined) throw unknownPath(path)
  return node
}

function fileOf(node: Node, path: string): FileNode {
  if (node.kind !== 'file') throw new Error(`the log writes to ${path}, which is no file`)
  return node
}

/** The copy from before is another tree's, or another process changed this one meanwhile. */
function unknownPath(path: string): Error {
  return new Error(`the log names ${path}, which the replay does not have`)
}

// ── writing it out ───────────────────────────────────────────────────────────────────────────────

interface Content {
  readonly names: (dir: DirNode) => ReadonlyMap<string, Node>
  readonly bytes: (file: FileNode) => Buffer
}

function contentBy({ tail, keeps }: ReplayOptions): Content {
  if (keeps === 'all') return { names: (dir) => dir.names, bytes: (file) => file.bytes }
  return {
    names: (dir) => (keeps === 'names' ? dir.names : dir.durable),
    bytes: (file) => (tail === 'zeros' ? file.holed : file.durable),
  }
}

/** What is written: where to, the first name of each node, and the digest of all so far. */
interface Copy {
  readonly into: string
  readonly names: Map<Node, string>
  readonly digest: Hash
}

function write(dir: DirNode, path: string, content: Content, copy: Copy): void {
  const { into, digest } = copy
  for (const [name, node] of content.names(dir)) {
    const inside = join(path, name)
    const place = join(into, inside)
    const twin = copy.names.get(node)
    copy.names.set(node, inside)
    const fact = node.kind === 'link' ? node.target : node.mode
    digest.update(JSON.stringify([inside, node.kind, fact, twin]))
    if (twin !== undefined) fs.linkSync(join(into, twin), place)
    else if (node.kind === 'link') fs.symlinkSync(node.target, place)
    else if (node.kind === 'file') {
      const bytes = content.bytes(node)
      digest.update(`${bytes.length}:`).update(bytes)
      writeFile(place, bytes, node.mode)
    } else {
      fs.mkdirSync(place)
      write(node, inside, content, copy)
    }
  }
  fs.chmodSync(join(into, path), dir.mode)
}

function writeFile(path: string, bytes: Buffer, mode: number): void {
  fs.writeFileSync(path, bytes)
  fs.chmodSync(path, mode)
}
