/** Which variables of an environment hold secrets. */

import { SHORTEST_KNOWN } from './known.ts'
import { findKind } from './names.ts'
import { looksSecret } from './values.ts'

const address = /^[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/@:]{0,256}:([^\s/]{1,512})@/i

/** The values of these variables that are secrets; of those in `named`, whatever they look like. */
export function pickSecrets(
  variables: readonly (readonly [name: string, value: string])[],
  named: readonly string[],
): string[] {
  const found = new Set<string>()
  for (const [name, value] of variables) {
    if (value.length < SHORTEST_KNOWN) continue
    const kind = findKind(name)
    const password = address.exec(value)?.[1]
    if (named.includes(name) || (kind !== undefined && isSecret(value))) found.add(value)
    else if (password !== undefined && isSecret(decoded(password))) found.add(decoded(password))
  }
  return [...found].filter((value) => value.length >= SHORTEST_KNOWN)
}

/** Stricter than where a name stands beside its value: this one is looked for everywhere. */
function isSecret(value: string): boolean {
  return looksSecret(value, 'secret', 'quoted')
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
