/** A line on a terminal that says how far long work is. */

import { isInForeground, isTerminal } from '../lib/index.ts'
import { type Context, columnsOf } from './context.ts'
import { atMost, cutToWidth } from './render/width.ts'

export interface Progress extends Disposable {
  /** Shows a text in place of the one before; made only when it is time for another. */
  readonly say: (text: () => string) => void
}

/** How long work is silent at first, and then between two lines, in ms. */
const patience = 500

/**
 * Whether a line that is shown for a while may be drawn on the terminal at standard error: it is this
 * process's now, and does not stand.
 */
export function canDraw({ stderr }: Context): boolean {
  return stderr.writableLength === 0 && isInForeground(2)
}

/**
 * A line on standard error, once the work takes a while, until the disposal; none where that is no
 * terminal. What is written meanwhile stands above it.
 */
export function openProgress(context: Context): Progress {
  const { json, quiet, stderr, out } = context
  const isShown = !json && !quiet && isTerminal(2)
  let last = performance.now()
  let isThere = false
  const clear = () => {
    if (isThere) stderr.write('\r\x1b[K')
    isThere = false
  }
  out.beforeWriting(clear)
  return {
    say: (text) => {
      if (!isShown || performance.now() - last < patience) return
      last = performance.now()
      if (!canDraw(context)) return
      isThere = true
      // Of a line that wraps only the end would be wiped away; within the last column too some terminals wrap.
      stderr.write(`\r\x1b[K${cutToWidth(text(), columnsOf(stderr) - 1, atMost)}`)
    },
    [Symbol.dispose]: clear,
  }
}
