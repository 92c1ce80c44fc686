/**
 * The process's own standard output and error, written directly.
 *
 * `process.stdout` and `process.stderr` load the network and terminal modules, a seventh of the
 * whole cost of a small command, so only what streams uses them.
 */

import fs from 'node:fs'
import { block } from '../base/async.ts'
import { findKoffi } from './packages.ts'

/** Nobody reads the descriptor any more. */
export class OutputClosed extends Error {
  override readonly name: string = 'OutputClosed'
}

/** Writes everything, waiting for a slow reader of a non-blocking pipe. Throws OutputClosed. */
export function writeAll(fd: number, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  let at = 0
  while (at < bytes.length) {
    try {
      at += fs.writeSync(fd, bytes, at)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EPIPE' || code === 'EBADF') throw new OutputClosed(code, { cause: error })
      if (code !== 'EAGAIN' && code !== 'EINTR') {
        throw Object.assign(error as Error, {
          path: fd === 1 ? 'standard output' : 'standard error',
        })
      }
      block(5)
    }
  }
}

/** Undefined for one that is not open. */
function findStats(fd: number): fs.Stats | undefined {
  try {
    return fs.fstatSync(fd)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBADF') return undefined
    throw error
  }
}

/** Whether this process's standard input is a pipe or a file: a terminal is none for a tool. */
export function hasInput(): boolean {
  const stats = findStats(0)
  return stats !== undefined && (stats.isFIFO() || stats.isSocket() || stats.isFile())
}

/** Whether a person looks at the descriptor. */
export function isTerminal(fd: number): boolean {
  const stats = findStats(fd)
  return stats !== undefined && isDevice(stats) && process.getBuiltinModule('node:tty').isatty(fd)
}

/** Tells a pipe, a file and Linux's /dev/null from a terminal without loading the module for those. */
function isDevice(stats: fs.Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev !== 0x103
}

/**
 * Puts /dev/null in place of those of the standard descriptors whose terminal was closed: Node sets a
 * terminal's modes again when it ends, and aborts where it cannot.
 */
export function leaveClosedTerminals(): void {
  leave((fd, stats) => isDevice(stats) && !isTerminal(fd))
}

/**
 * Puts /dev/null in place of those of the standard descriptors that are files, for the end of a program:
 * once koffi is loaded, it syncs them when the process ends, and hangs where the disk refuses that.
 */
export function leaveFiles(): void {
  leave((_, stats) => stats.isFile())
}

function leave(is: (fd: number, stats: fs.Stats) => boolean): void {
  for (const fd of [0, 1, 2]) {
    const stats = findStats(fd)
    if (stats === undefined || !is(fd, stats)) continue
    fs.closeSync(fd)
    try {
      // It gets the lowest number that is free.
      fs.openSync('/dev/null', fs.constants.O_RDWR)
    } catch {
      // Whatever the reason, the program has done what it was called for.
    }
  }
}

let isAhead: ((fd: number) => boolean) | undefined

/**
 * Whether this process is in a terminal's foreground, where it may draw over the line that it is at:
 * in the background that is the shell's prompt, or what somebody types there. True where it cannot
 * be known.
 */
export function isInForeground(fd: number): boolean {
  isAhead ??= chooseForeground()
  return isAhead(fd)
}

function chooseForeground(): (fd: number) => boolean {
  const libc = findKoffi()?.load(null)
  if (libc === undefined) return () => true
  const foreground = libc.func('int tcgetpgrp(int fd)')
  const own = libc.func('int getpgrp()')
  return (fd) => {
    const group = foreground(fd)
    return group === -1 || group === own()
  }
}
