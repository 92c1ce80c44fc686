/** When output is coloured. */

import type { Env } from '../lib/index.ts'

export type ColorChoice = 'auto' | 'always' | 'never'

export interface Colors {
  readonly stdout: boolean
  readonly stderr: boolean
}

/**
 * Whether to colour a stream: the choice if there is one, then FORCE_COLOR, NO_COLOR, TERM=dumb,
 * then whether it is a terminal.
 */
export function isColored(choice: ColorChoice, env: Env, terminal: () => boolean): boolean {
  if (choice !== 'auto') return choice === 'always'
  const forced = env.FORCE_COLOR
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return env.TERM !== 'dumb' && terminal()
}

/** What was chosen by the flag, else by STINT_COLOR; an unknown word there is passed over. */
export function colorChoice(given: string | undefined, env: Env): ColorChoice {
  for (const choice of [given, env.STINT_COLOR]) {
    if (choice === 'auto' || choice === 'always' || choice === 'never') return choice
  }
  return 'auto'
}
