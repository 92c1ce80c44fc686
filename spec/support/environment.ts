/** Every test runs under a root of its own and sees no session of the person who runs it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, expect } from 'vitest'

for (const name of Object.keys(process.env)) if (name.startsWith('STINT_')) delete process.env[name]
// Node parses these certificates at every start, which doubles the time of each command.
delete process.env.NODE_EXTRA_CA_CERTS
process.env.STINT_TEST = '1'
const home = mkdtempSync(`${tmpdir()}/stint-spec-`)
process.env.STINT_HOME = `${home}/state`
process.env.XDG_CONFIG_HOME = `${home}/config`

afterAll(() => rmSync(home, { recursive: true, force: true }))

// Otherwise toMatchObject takes any text for a pattern, which has no property that could differ.
expect.addEqualityTesters([
  (is, wanted) => (wanted instanceof RegExp && !(is instanceof RegExp) ? false : undefined),
])
