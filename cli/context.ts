/** What a handler gets of the process it runs in; whatever costs something is made on first use. */

import type { Readable, Writable } from 'node:stream'
import { type Env, Failure } from '../lib/index.ts'
import { type Colors, isColored } from './color.ts'
import { flag, type Invocation, text } from './command.ts'
import { createOut, type Out } from './out.ts'

/** The part of the process that the program uses; tests make their own. */
export interface Host {
  readonly argv: readonly string[]
  readonly env: Env
  readonly cwd: () => string
  readonly now: () => number
  readonly write: (fd: 1 | 2, data: string | Uint8Array) => void
  readonly isTerminal: (fd: 1 | 2) => boolean
  /** The streams, of which a reader that left is no error, and the signals that reach this process. */
  readonly process: {
    readonly stdin: Readable
    readonly stdout: Writable & { readonly columns?: number }
    readonly stderr: Writable & { readonly columns?: number }
    readonly on: (signal: NodeJS.Signals, handler: () => void) => unknown
    readonly off: (signal: NodeJS.Signals, handler: () => void) => unknown
  }
}

export interface Context {
  readonly env: Env
  /** Throws CWD_GONE when the directory was removed. */
  readonly cwd: string
  readonly now: () => number
  readonly out: Out
  readonly json: boolean
  readonly quiet: boolean
  readonly color: Colors
  /** How wide the terminal is; undefined when standard output is none. */
  readonly columns: number | undefined
  readonly stdin: Readable
  /** The streams themselves, for what a tool prints while it runs. */
  readonly stdout: Writable
  readonly stderr: Writable & { readonly columns?: number }
  /**
   * Aborts with INTERRUPTED at the first INT, TERM or HUP; the second has its ordinary effect.
   * A handler that never asks for it dies of signals as any program does.
   */
  readonly signal: AbortSignal
  /** The process's signals, for what passes them on. */
  readonly signals: Pick<Host['process'], 'on' | 'off'>
}

export function createContext(host: Host, invocation: Invocation): Context {
  const { env } = host
  let signal: AbortSignal | undefined
  const json = flag(invocation, 'json')
  const quiet = flag(invocation, 'quiet')
  const colored = (fd: 1 | 2) =>
    isColored(text(invocation, 'color'), env, () => host.isTerminal(fd))
  return {
    env,
    get cwd() {
      return findCwd(host)
    },
    now: host.now,
    out: createOut({ write: host.write, quiet, isTerminal: host.isTerminal, isColored: colored }),
    json,
    quiet,
    color: {
      get stdout() {
        return colored(1)
      },
      get stderr() {
        return colored(2)
      },
    },
    get columns() {
      return host.isTerminal(1) ? columnsOf(host.process.stdout) : undefined
    },
    get stdin() {
      return host.process.stdin
    },
    get stdout() {
      return host.process.stdout
    },
    get stderr() {
      return host.process.stderr
    },
    get signal() {
      signal ??= abortOnSignal(host)
      return signal
    },
    signals: host.process,
  }
}

/** How wide a terminal is; one that was never told, as of a container, says 0. */
export function columnsOf({ columns }: { readonly columns?: number }): number {
  return columns || 80
}

function findCwd(host: Host): string {
  try {
    return host.cwd()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Failure('CWD_GONE', { cwd: host.env.PWD ?? '.' }, { cause: error as Error })
  }
}

function abortOnSignal(host: Host): AbortSignal {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const handlers = names.map((name) => ({
    name,
    handle: () => {
      controller.abort(new Failure('INTERRUPTED', { signal: name }))
      // Once all have heard it: proper-lockfile's listener kills the process where no other is left.
      queueMicrotask(() => {
        for (const one of handlers) host.process.off(one.name, one.handle)
      })
    },
  }))
  for (const { name, handle } of handlers) host.process.on(name, handle)
  return controller.signal
}
