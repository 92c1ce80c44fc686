/** Data to standard output, talk to standard error. */

import { formatJson, OutputClosed, systemErrno } from '../lib/index.ts'
import { styleOf } from './render/style.ts'
import { visible } from './render/visible.ts'

export interface Out {
  /** Writes data as it is; the caller ends its lines, and hands over many lines at once. */
  readonly data: (text: string | Uint8Array) => void
  /** Writes one JSON document: a line, or indented where a person reads it. */
  readonly json: (value: unknown) => void
  /** Says a line to the person; nothing with --quiet. Control characters are shown. */
  readonly talk: (text: string) => void
  /** The same for a text of ours, with styles; what of it is not ours was made visible before. */
  readonly styled: (text: string) => void
  /** Warns the person, also with --quiet. */
  readonly warn: (text: string) => void
  /** Has a line that is shown for a while taken away before anything else is written. */
  readonly beforeWriting: (clear: () => void) => void
}

type Write = (fd: 1 | 2, data: string | Uint8Array) => void

export interface OutOptions {
  readonly write: Write
  readonly quiet: boolean
  readonly isTerminal: (fd: 1 | 2) => boolean
  readonly isColored: (fd: 1 | 2) => boolean
}

export function createOut({ quiet, isTerminal, isColored, ...options }: OutOptions): Out {
  let clear = () => {}
  const write: Write = (fd, data) => {
    clear()
    options.write(fd, data)
  }
  return {
    data: (text) => write(1, text),
    json: (value) => write(1, `${formatJson(value, isTerminal(1) ? 2 : 0)}\n`),
    talk: (text) => {
      if (!quiet) tell(write, `${visible(text)}\n`)
    },
    styled: (text) => {
      if (!quiet) tell(write, `${text}\n`)
    },
    warn: (text) => tell(write, `${styleOf(isColored(2)).yellow('warning')}: ${visible(text)}\n`),
    beforeWriting: (given) => {
      clear = given
    },
  }
}

/**
 * Writes to standard error. Who cannot be told, having left or for want of a place to write to, keeps
 * nothing from being done.
 */
export function tell(write: Write, text: string): void {
  try {
    write(2, text)
  } catch (unsaid) {
    const isOutside = unsaid instanceof OutputClosed || systemErrno(unsaid as Error) !== undefined
    if (!isOutside) throw unsaid
  }
}
