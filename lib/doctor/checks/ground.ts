/** What everything stands on: the root, its file system, this machine, Node and the settings. */

import path from 'node:path'
import type { Env } from '../../base/env.ts'
import { shellWord } from '../../base/text.ts'
import { Failure, quietly } from '../../errors.ts'
import { isProbe, probeDir, runtimeDirs } from '../../layout.ts'
import * as disk from '../../os/disk.ts'
import { findKoffi } from '../../os/packages.ts'
import { type Probed, probeDisk } from '../../os/probe.ts'
import { findMachineId, isThere, thisMachine } from '../../os/process.ts'
import { findProgram } from '../../os/program.ts'
import { readConfig } from '../../store/config.ts'
import { checks, type Sighting } from '../check.ts'

/** What was found out about it. */
export interface Ground {
  readonly root: Place | undefined
  readonly disk: Disk
  /** The command that makes room, or shows what could be removed. */
  readonly room: string
  readonly runtime: Place | undefined
  readonly user: number
  readonly node: string
  readonly locks: 'koffi' | 'flock' | 'none'
  readonly config: { readonly problem?: string; readonly unknown: readonly string[] }
  /** What could not be read of the machine. */
  readonly unknown: readonly string[]
  /** Directories of doctors that were killed. */
  readonly leftovers: readonly string[]
}

/** What should be a directory of this user alone. */
interface Place {
  readonly path: string
  readonly kind: disk.FileFacts['kind']
  readonly mode: number
  readonly owner: number | undefined
}

interface Disk {
  readonly path: string
  readonly type: { readonly name: string; readonly remote: boolean }
  readonly space: disk.Space
  /** Why it was not tried, or what came of it. */
  readonly probe: Probed | string
}

/**
 * Looks at it. Writes nothing, but for a directory below the root in which two processes try what the
 * disk does, and which is gone afterwards.
 */
export function readGround(options: {
  readonly root: string
  readonly env: Env
  readonly home: string
  readonly room?: string
}): Ground {
  const { root, env, home, room = 'stint du --all-projects' } = options
  const user = process.getuid?.() ?? 0
  const { own, shared } = runtimeDirs(env, user)
  const machine = thisMachine()
  const isLinux = process.platform === 'linux'
  const facts = {
    'boot id': machine.boot_id,
    // Elsewhere the boot id stands for it.
    'machine id': isLinux ? (findMachineId() ?? '') : machine.boot_id,
    'pid namespace': isLinux && machine.pid_ns === 'host' ? '' : machine.pid_ns,
  }
  return {
    root: findPlace(root),
    disk: readDisk(root),
    room,
    runtime: findPlace(own === undefined ? shared : `${own}/stint`),
    user,
    node: process.versions.node,
    locks:
      findKoffi() !== undefined
        ? 'koffi'
        : 'path' in findProgram('flock', '/', env.PATH)
          ? 'flock'
          : 'none',
    config: lookAtConfig(env, home),
    unknown: Object.entries(facts).flatMap(([name, value]) => (value === '' ? [name] : [])),
    leftovers: listProbes(root),
  }
}

/** What is wrong with it. Pure. */
export function* judgeGround(ground: Ground): Generator<Sighting> {
  const { root, runtime, user, node, locks, config } = ground
  yield* judgeDisk(ground.disk, ground.room)
  yield* judgePlace(root, user)
  for (const file of ground.leftovers) {
    yield { id: 'root.leftover', evidence: 'a directory in which the disk was tried', file }
  }
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    yield { id: 'node.version', evidence: `Node ${node}; stint needs 20.19 or newer` }
  }
  const fix = 'npm install --include=optional'
  if (locks === 'flock') {
    yield { id: 'locks.fallback', evidence: 'koffi does not load; flock(1) does its work', fix }
  } else if (locks === 'none') {
    yield { id: 'locks.none', evidence: 'koffi does not load and there is no flock(1)', fix }
  }
  if (config.problem !== undefined) {
    yield { id: 'config.invalid', evidence: config.problem, fix: 'stint config' }
  }
  for (const evidence of config.unknown)
    yield { id: 'config.unknown', evidence, fix: 'stint config' }
  if (ground.unknown.length > 0) {
    yield { id: 'machine.identity', evidence: `not readable: ${ground.unknown.join(', ')}` }
  }
  for (const one of judgePlace(runtime, user)) yield { ...one, id: 'runtime.permissions' }
}

/** What is wrong with a directory that should be this user's alone, where there is one. Pure. */
export function* judgePlace(place: Place | undefined, user: number): Generator<Sighting> {
  if (place === undefined) return
  const { path, kind, mode, owner } = place
  if (kind !== 'directory') {
    yield { id: 'root.link', evidence: `${things[kind]} stands there`, file: path }
  } else if (owner !== user) {
    const evidence = `it belongs to user ${owner}, not ${user}`
    yield { id: 'root.owner', evidence, file: path, ...givenBack(path, owner, user) }
  } else if ((mode & 0o077) !== 0) {
    const evidence = `its mode is ${mode.toString(8).padStart(4, '0')}`
    yield { id: 'root.permissions', evidence, file: path, fix: `chmod 700 ${shellWord(path)}` }
  }
}

const things = {
  file: 'a file',
  directory: 'a directory',
  link: 'a link',
  other: 'a pipe or device',
}

/** What stands at a path where it should not. */
export function thingAt(path: string): string {
  return things[quietly(() => disk.findFacts(path)?.kind) ?? 'other']
}

/** What one `sudo stint` has made its own among a user's is given back; other users may mean it so. */
export function givenBack(
  path: string,
  owner: number | undefined,
  user: number,
): { readonly fix?: string } {
  return owner === 0 && user !== 0 ? { fix: `sudo chown -R ${user} ${shellWord(path)}` } : {}
}

export function findPlace(path: string): Place | undefined {
  const facts = disk.findFacts(path)
  if (facts === undefined) return undefined
  return { path, kind: facts.kind, mode: facts.mode, owner: disk.findOwner(path) }
}

function* judgeDisk({ path, type, space, probe }: Disk, room: string): Generator<Sighting> {
  const file = path
  if (type.remote) {
    const evidence = `${type.name}: its stores are shared between machines by leases`
    yield { id: 'disk.type', evidence, file }
  }
  const { freeBytes, bytes, freeFiles, files } = space
  const isBelow = (amount: number, part: number) => freeBytes < Math.min(amount, bytes / part)
  if (isBelow(64 * mebibyte, 10) || isBelow(1024 * mebibyte, 100)) {
    yield {
      id: 'disk.space',
      evidence: `${Math.floor(freeBytes / mebibyte)} of ${Math.floor(bytes / mebibyte)} MiB are free`,
      file,
      fix: room,
    }
  }
  if (files > 0 && freeFiles < 1_000) {
    const evidence = `${freeFiles} of ${files} files can still be made`
    yield { id: 'disk.inodes', evidence, file, fix: room }
  }
  if (typeof probe === 'string') {
    yield { id: 'disk.unprobed', evidence: probe, file }
    return
  }
  for (const { skill, problem } of probe.broken) {
    const id = `disk.${skill}` as const
    const fix = 'export STINT_HOME=DIR  # on another file system'
    yield { id, evidence: problem, file, ...(checks[id].severity === 'damage' ? { fix } : {}) }
  }
  if (Math.abs(probe.ahead) > 5_000) {
    const by = Math.round(Math.abs(probe.ahead) / 1_000)
    const evidence = `it is ${by} s ${probe.ahead > 0 ? 'ahead of' : 'behind'} this machine's`
    yield { id: 'disk.clock', evidence, file }
  }
}

const mebibyte = 1024 * 1024

/** Where there is no root yet, the disk is the one that it will be made on. */
function readDisk(root: string): Disk {
  let place = root
  while (findPlace(place) === undefined) place = path.dirname(place)
  return {
    path: root,
    type: disk.fileSystemOf(place),
    space: disk.spaceOf(place),
    probe: place === root ? tryProbe(root) : 'there is no root yet: the first session makes it',
  }
}

function tryProbe(root: string): Probed | string {
  try {
    return probeDisk(probeDir(root, process.pid))
  } catch (error) {
    const errno = disk.errnoOf(error)
    if (errno !== undefined) return `it cannot be written (${errno})`
    if (error instanceof Failure) return error.message
    throw error
  }
}

/** Directories of doctors that no longer run. */
export function listProbes(root: string): string[] {
  return (quietly(() => disk.listNames(root)) ?? [])
    .filter((name) => isProbe(name) && !isRunning(name))
    .map((name) => `${root}/${name}`)
}

function isRunning(name: string): boolean {
  return isThere(Number(name.slice(name.lastIndexOf('-') + 1)))
}

function lookAtConfig(env: Env, home: string): Ground['config'] {
  try {
    return { unknown: readConfig(env, home).warnings }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { problem: error.message, unknown: [] }
  }
}
