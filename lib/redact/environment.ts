/** Secrets that a process is given by its environment. */

import type { Env } from '../base/env.ts'
import { pickSecrets } from './secrets.ts'
import { isTelling } from './telling.ts'

/**
 * Values of variables whose names say that they are secret, passwords in addresses, and the values
 * of the variables in `named`, whatever they look like. Paths, addresses, words and numbers are not
 * taken for secrets, and what is shorter than eight characters is not looked for.
 */
export function secretsIn(env: Env, named: readonly string[] = []): string[] {
  const variables = Object.entries(env).filter(
    (one): one is [string, string] =>
      one[1] !== undefined &&
      (isTelling(one[0]) || named.includes(one[0]) || one[1].includes('://')),
  )
  return variables.length === 0 ? [] : pickSecrets(variables, named)
}
