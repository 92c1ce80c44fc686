/** When output is coloured. */

import type { Env } from '../lib/index.ts'

export interface Colors {
  readonly stdout: boolean
  readonly stderr: boolean
}

/**
 * Whether to colour a stream: what the flag says, else STINT_COLOR, where that is one of the three words;
 * then FORCE_COLOR, NO_COLOR, TERM=dumb, then whether it is a terminal.
 */
export function isColored(given: string | undefined, env: Env, terminal: () => boolean): boolean {
  const choice = [given, env.STINT_COLOR].find((word) => /^(?:auto|always|never)$/.test(word ?? ''))
  if (choice === 'always' || choice === 'never') return choice === 'always'
  const forced = env.FORCE_COLOR
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return env.TERM !== 'dumb' && terminal()
}
