/** What a turn is asked for with, and what its caller is told of it. */

import type { Writable } from 'node:stream'
import type { SessionId } from '../base/id.ts'
import type { Failure } from '../errors.ts'
import type { TurnResult } from '../session/turn.ts'
import type { Config } from '../store/config.ts'
import type { OpenSpec } from '../tools/adapter.ts'
import type { ToolEvent } from '../tools/event.ts'
import type { SignalSource } from './supervise.ts'
import type { Next, Task } from './task.ts'

export interface RunOptions {
  /** Programs are looked for in the environment's PATH. */
  readonly task: Task
  readonly target: RunTarget
  /** What the user has set; by default read from the store's config.toml and environment. */
  readonly config?: Pick<Config, 'settings' | 'tools'>
  /** How long the turn may take, in ms, in place of the setting. */
  readonly timeout?: number | undefined
  /** How long the tool may be silent, in ms, in place of the setting. */
  readonly idleTimeout?: number | undefined
  /** The caller's working directory. */
  readonly cwd: string
  /** The directory to run in, when it was asked for. */
  readonly chdir?: string
  readonly ignoreHup?: boolean
  /** A file to write the session's id into before the tool starts. */
  readonly idFile?: string
  /** The tool reads this process's standard input, and not /dev/null. */
  readonly stdin?: boolean
  /**
   * Shows a tool's events, on `stdout` too, to which the tool's bytes go without it. A text that came in
   * deltas ends with an empty one. The tokens of usage are those of the turn so far.
   */
  readonly show?: (event: ToolEvent) => void
  /** Where the tool's bytes go on to. */
  readonly stdout?: Writable
  readonly stderr?: Writable
  /** Called before bytes of the tool go to `stdout` or `stderr`. */
  readonly onPassed?: (name: 'stdout' | 'stderr', chunk: Uint8Array) => void
  /** Called before this process stops, as a terminal asks it to. */
  readonly onStop?: () => void
  /**
   * The process's signals, to be passed on to the tool. Without it they do to this process what they
   * always do: a program that dies leaves its tool orphaned.
   */
  readonly signals?: SignalSource
  /** Asks a person what an agent may do; without it that is a no. */
  readonly ask?: OpenSpec['ask']
  /** What agents are told of who talks with them. */
  readonly clientVersion?: string
  /** Called once the turn is on the disk and before the tool starts. */
  readonly onStarted?: (started: Started) => void
  /** What a person should hear while the turn runs. */
  readonly onNotice?: (text: string) => void
}

export type RunTarget =
  | {
      readonly kind: 'new'
      readonly name?: string
      readonly description?: string
      readonly parent?: SessionId
      readonly fork?: SessionId
      readonly ephemeral?: boolean
      /** Other machines write to the store, too: marks one that is made now. */
      readonly shared?: boolean
    }
  | {
      readonly kind: 'resume'
      readonly id: SessionId
      /** How long to wait for a running turn, in ms; not at all when undefined. */
      readonly wait?: number
      readonly signal?: AbortSignal
    }

export interface Started {
  readonly id: SessionId
  readonly turn: number
  readonly cwd: string
  readonly dir: string
}

export interface RunReport {
  readonly result: TurnResult
  /** The exit status that stands for the turn. */
  readonly status: number
  /** Whether the turn's end is in the journal; if not, the next turn records it as crashed. */
  readonly recorded: boolean
  /** What the disk refused at the end. */
  readonly failure: Failure | undefined
  /** What a resume would do now; absent for a plain command, which takes no prompt. */
  readonly next: Next | undefined
}
