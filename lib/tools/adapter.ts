/**
 * The contract between a turn and the program that does it: an adapter plans the program's command line
 * and opens a stream, which makes events of what the program puts out.
 */

import type { PermissionSpec } from './acp-permission.ts'
import type { ToolEvent, Verdict } from './event.ts'

/** A tool that stint can speak to. */
export interface Adapter {
  readonly name: string
  /** Looked for in PATH, unless the config names another. */
  readonly program: string
  readonly supports: {
    /** Going on with a session of the provider by its id. */
    readonly resume: boolean
    /** A new session of the provider that begins as a copy of another. */
    readonly fork: boolean
    /** Compaction without a terminal. */
    readonly compact: boolean
  }
  /** The command line for a turn; undefined when the tool has none for it. */
  readonly plan: (request: TurnRequest) => CommandLine | undefined
  /** Follows one turn. */
  readonly open: (spec: OpenSpec) => Stream | Promise<Dialogue>
  /**
   * Whether what the tool wrote to stderr, when it ended, says that the provider lost the id; absent where
   * it never says that there.
   */
  readonly isSessionLost?: (stderr: string) => boolean
  /** What its environment has beside the caller's. */
  readonly env?: Readonly<Record<string, string>>
  /** It has no ids, and what it goes on with is what the transcript tells: `past` in the request. */
  readonly isToldPast?: true
  /**
   * The command line for a turn in which the tool has the terminal: absent where it has no such way. An
   * id is that of the conversation to go on with, or one for a new conversation to take.
   */
  readonly interact?: (request: InteractRequest) => CommandLine & { readonly takesId?: true }
  /**
   * Whether a command line of the user's own goes on with, or copies, an earlier conversation.
   * Needed where the tool's totals go over all of it.
   */
  readonly continues?: (argv: readonly string[]) => 'resume' | 'fork' | undefined
  /** Of one that is talked with: what of `supports` it really can, it says only once it runs. */
  readonly isAsked?: true
  /** Loads what `open` would load later; absent where that is nothing. */
  readonly load?: () => Promise<unknown>
}

/** A tool that prints events and is told nothing more once it runs. */
export interface PrintingAdapter extends Adapter {
  readonly open: () => Stream
}

/** What one turn puts out, line by line. Nothing in it throws. */
export interface Stream {
  /** What a line says; undefined when it is no event at all. */
  readonly parse: (line: string) => readonly ToolEvent[] | undefined
  /** How the tool said that the turn ended; undefined when it never did. */
  readonly verdict: () => Verdict | undefined
  /** Its output has ended: what was begun in it and never said whole. */
  readonly rest?: () => readonly ToolEvent[]
  /** It says at most that a turn failed: else the exit status tells how it ended. */
  readonly endsByExit?: boolean
  /** No line is an event, and people are shown the bytes as they come. */
  readonly isText?: boolean
  /** Whether the tool said that its provider lost the id. */
  readonly isSessionLost?: () => boolean
}

/** A stream that stint answers: it tells its events itself, and `parse` gives none. */
export interface Dialogue extends Stream {
  /** When the turn is over, and the tool has nothing more to do. */
  readonly over: Promise<void>
  /** Its output has ended; resolves when the verdict is known. */
  readonly end: () => Promise<void>
  /** Asks the tool to stop, in its own words; whether it has within so many ms. */
  readonly cancel: (within: number) => Promise<boolean>
  /** Whether the tool said that it goes on with no conversation. */
  readonly cannotResume: () => boolean
}

/** In UTF-16 units. */
export const longestProviderId = 512

/** Whether an id of a provider's can go into a command line: as an argument, and as no option. */
export function isProviderId(id: string): boolean {
  // Nearly all are ASCII, for which no classes need be made.
  const isPlain = /^[!-,.-~][ -~]*$/.test(id) || /^[^\p{C}\s-][^\p{C}\p{Zl}\p{Zp}]*$/u.test(id)
  return isPlain && id.length <= longestProviderId && !id.includes('[REDACTED:')
}

/** What a turn is to do. */
export interface TurnRequest {
  readonly act: 'new' | 'resume' | 'fork' | 'compact'
  readonly prompt: string
  /** The id of the session that the turn is in. */
  readonly session: string
  /** Where the private file is, if the command line asks for one. */
  readonly file: string
  /** Where one with the prompt is, if the command line asks for that. */
  readonly promptFile: string
  /** The session that is gone on with, or copied; absent for a new one. */
  readonly providerSession?: string
  /** What was said before, redacted, for a tool that is told. */
  readonly past?: readonly Remark[]
  /** For a fork of a tool that is asked: how a new conversation begins where there is no copy. */
  readonly primed?: Primed
  /** `allow`: nothing is asked; otherwise what the tool does by itself. */
  readonly permission: Permission
  /** From the config: goes before the prompt. */
  readonly args: readonly string[]
}

export interface InteractRequest {
  readonly act: 'new' | 'resume'
  readonly id: string | undefined
  /** What is said first; the person says all the rest. */
  readonly prompt: string | undefined
  readonly args: readonly string[]
}

export type Permission = 'allow' | 'deny' | 'ask'

export interface Remark {
  readonly by: 'user' | 'assistant'
  readonly text: string
}

/** A prompt that begins with what was said last in another session. */
export interface Primed {
  readonly prompt: string
  /** That session's id. */
  readonly from: string
}

/** How a program is started. */
export interface CommandLine {
  /** In place of the adapter's own. */
  readonly program?: string
  /** Without the program itself. */
  readonly args: readonly string[]
  /** A text is written to its standard input, which is closed then; otherwise it has none. */
  readonly stdin?: { readonly text: string } | 'conversation'
  /** The id that the tool was told of its session, when it does not say one itself. */
  readonly providerSession?: string
  /**
   * A file that only this turn knows, beginning with this text. What the tool adds to it is parsed in
   * place of its standard output, which says the same once more; it is gone when the turn has ended.
   */
  readonly file?: { readonly text: string }
  /** The prompt stands in a file of that kind. */
  readonly promptFile?: true
}

/** For a tool that one talks with: the way to it, and where what it says goes. */
export interface OpenSpec extends Pick<PermissionSpec, 'ask'> {
  readonly request: TurnRequest
  readonly cwd: string
  readonly clientVersion: string
  /** A line with its LF, to the tool's standard input. */
  readonly write: (line: string) => void
  /** Nothing is written after it. Called once, when the turn is over; agents then exit. */
  readonly closeInput: () => void
  /**
   * In the order they happened, while a line is parsed or later. What an agent says after its answer to
   * the prompt comes too, until its output ends.
   */
  readonly onEvent: (event: ToolEvent) => void
}
