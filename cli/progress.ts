/** On a terminal, a line that says how far something is, once it takes a while. */

import { isTerminal } from '../lib/index.ts'
import type { Context } from './context.ts'

export interface Progress {
  /** Says it, now and then; the text is made only when it is shown. */
  readonly say: (text: () => string) => void
  /** Takes the line away. */
  readonly end: () => void
}

/** Between one line and the next, and before the first, in ms. */
const pause = 500

export function openProgress({ json, quiet, stderr }: Context): Progress {
  const isShown = !json && !quiet && isTerminal(2)
  let last = performance.now()
  let isThere = false
  return {
    say: (text) => {
      if (!isShown || performance.now() - last < pause) return
      last = performance.now()
      isThere = true
      stderr.write(`\r\x1b[K${text()}`)
    },
    end: () => {
      if (isThere) stderr.write('\r\x1b[K')
    },
  }
}
