/** A file that only one turn knows: beside the store, since what a tool writes there is not redacted. */

import type { Env } from '../base/env.ts'
import type { SessionId } from '../base/id.ts'
import { sha256 } from '../base/sha256.ts'
import { Failure, quietly } from '../errors.ts'
import { type PrivateFileName, privateFile, runtimeDirs } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { isThere, startTimeOf, thisMachine } from '../os/process.ts'
import { listCarriersWithin } from '../session/carriers.ts'
import type { Lines, Pump } from './pump.ts'

/** How often it is looked at, in ms. */
const tick = 100
const pieceBytes = 64 * 1024

/** An open private file; disposing of it removes it. */
export class PrivateFile {
  readonly #path: string
  readonly #fd: number
  #at: number
  #timer: NodeJS.Timeout | undefined

  /** Makes the file, of mode 0600 in a directory of mode 0700. Throws ACCESS_DENIED, DISK_FULL, IO_FAILED. */
  constructor(path: string, text: string) {
    makeRuntimeDir(disk.parentOf(path))
    const bytes = Buffer.from(text)
    this.#path = path
    this.#fd = disk.createFile(path)
    this.#at = bytes.length
    try {
      disk.writeAll(this.#fd, path, bytes)
    } catch (error) {
      this[Symbol.dispose]()
      throw error
    }
  }

  /** Hands on what is added, from now on and until the pump is stopped. */
  follow(lines: Lines, isFull: () => boolean, onTrouble: (error: Error) => void): Pump {
    let lastBytes = performance.now()
    const stop = () => {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    const read = (isPaused: () => boolean) => {
      try {
        while (!isPaused()) {
          const bytes = disk.readBytes(this.#fd, this.#path, this.#at, pieceBytes)
          if (bytes.length === 0) return
          this.#at += bytes.length
          lastBytes = performance.now()
          lines.take(bytes)
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        stop()
        onTrouble(error)
      }
    }
    this.#timer = setInterval(() => read(isFull), tick)
    return {
      // A file has no end to wait for: all that is there when the tool has gone is read then.
      closed: Promise.resolve(),
      isWaiting: () => false,
      lastBytes: () => lastBytes,
      letGo: () => undefined,
      stop: () => {
        stop()
        read(() => false)
        lines.end()
      },
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    disk.closeFile(this.#fd)
    // Otherwise left for the next turn to sweep: this one has ended, and says how.
    quietly(() => disk.removeFile(this.#path))
  }
}

/** Where the private file of this process's turn in a session is. */
export function privatePath(env: Env, session: SessionId): string {
  const { pid } = process
  const name = { session, pid, namespace: namespaceHere(), start: startOf(pid) ?? '' }
  return privateFile.format(findRuntimeDir(env), name)
}

/**
 * Removes what turns left whose stint was killed. Nobody's is a file whose maker is gone and whose
 * session has no process left here; what another container's process made is not ours to judge. What
 * cannot be removed is left for the next one: no turn fails for it.
 */
export function sweepPrivateFiles(env: Env): void {
  quietly(() => {
    const dir = findRuntimeDir(env)
    for (const name of disk.listNames(dir)) {
      const maker = privateFile.parse(name)
      if (maker !== undefined && isNobodys(maker)) disk.removeFile(`${dir}/${name}`)
    }
  })
}

function isNobodys({ session, pid, namespace, start }: PrivateFileName): boolean {
  const now = startOf(pid)
  if (namespace !== namespaceHere() || now === start) return false
  if (now === undefined && isThere(pid)) return false
  return listCarriersWithin(session, Number.MAX_SAFE_INTEGER).length === 0
}

/** When a process started, as a part of a file's name; undefined where none is shown. */
function startOf(pid: number): string | undefined {
  const time = startTimeOf(pid)
  return time === undefined ? undefined : sha256(`${thisMachine().boot_id} ${time}`).slice(0, 12)
}

function namespaceHere(): string {
  return /\d+/.exec(thisMachine().pid_ns)?.[0] ?? '0'
}

function userId(): number {
  return process.getuid?.() ?? 0
}

function findRuntimeDir(env: Env): string {
  const { own, shared } = runtimeDirs(env, userId())
  // What a user switched from is another one's.
  return own !== undefined && disk.findOwner(own) === userId() ? `${own}/stint` : shared
}

/** In a directory for everybody somebody else may have made it first. */
function makeRuntimeDir(dir: string): void {
  disk.makeDir(dir)
  const facts = disk.findFacts(dir)
  const isOurs = facts?.kind === 'directory' && disk.findOwner(dir) === userId()
  if (!isOurs || (facts.mode & 0o077) !== 0) {
    throw new Failure('ACCESS_DENIED', { path: dir, errno: 'EPERM' })
  }
}
