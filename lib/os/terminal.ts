/** A terminal as a stream that holds nobody up. */

import fs from 'node:fs'
import { Writable } from 'node:stream'
import { isTerminal } from './descriptor.ts'

/** What writes to a terminal. */
export interface TerminalStream extends Writable {
  readonly columns: number
}

const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = fs.constants

/** How long until a terminal that is full is tried again, in ms: soon, then ever less often. */
const longestPause = 50

/**
 * What is written waits here while the terminal stands (Ctrl-S, a connection that hangs). With Node's own
 * stream the whole process waits, with its deadlines and all that is asked of it.
 */
class Terminal extends Writable implements TerminalStream {
  readonly isTTY = true
  readonly #fd: number
  readonly #standard: 1 | 2
  #pause = 1
  #retry: NodeJS.Timeout | undefined

  constructor(fd: number, standard: 1 | 2) {
    super()
    this.#fd = fd
    this.#standard = standard
  }

  /** Node's own hears when that changes. */
  get columns(): number {
    return (this.#standard === 1 ? process.stdout : process.stderr).columns
  }

  override _write(bytes: Buffer, _: string, done: (error?: Error) => void): void {
    let rest = bytes
    try {
      while (rest.length > 0) {
        rest = rest.subarray(fs.writeSync(this.#fd, rest))
        this.#pause = 1
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') this.#wait(rest, done)
      else done(error as Error)
      return
    }
    done()
  }

  #wait(rest: Buffer, done: (error?: Error) => void): void {
    this.#retry = setTimeout(() => this._write(rest, '', done), this.#pause)
    this.#pause = Math.min(this.#pause * 2, longestPause)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Its number may be another file's next.
    clearTimeout(this.#retry)
    fs.closeSync(this.#fd)
    done(error)
  }
}

const terminals = new Map<string, Terminal>()

/**
 * The stream of the terminal that standard output or error is at: one for both, so that nothing overtakes
 * what the other has still to write. Undefined where it is at none, or at one that cannot be opened here.
 */
export function findTerminal(standard: 1 | 2): TerminalStream | undefined {
  // Elsewhere what is opened by a descriptor's name is no terminal of its own.
  if (process.platform !== 'linux' || !isTerminal(standard)) return undefined
  const { dev, ino } = fs.fstatSync(standard)
  const name = `${dev}:${ino}`
  const known = terminals.get(name)
  if (known !== undefined) return known
  try {
    // Opened anew: what is set for a descriptor is set for the shell that gave it, too.
    const fd = fs.openSync(`/proc/self/fd/${standard}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
    const terminal = new Terminal(fd, standard)
    terminals.set(name, terminal)
    return terminal
  } catch {
    return undefined
  }
}
