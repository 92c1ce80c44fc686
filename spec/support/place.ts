/** Temporary places for tests: a directory that goes away, and a store in it. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { onTestFinished } from 'vitest'
import { openStore, type Store } from '../../lib/index.ts'

/** A directory that is removed when the test has finished. */
export function makeDir(): string {
  const dir = realpathSync(mkdtempSync(`${tmpdir()}/stint-`))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** An empty store of a project of its own; `now` counts up from a fixed instant unless given. */
export function makeStore(
  options: { now?: () => number; env?: Record<string, string> } = {},
): Store {
  const dir = makeDir()
  return openStore({
    env: { PATH: process.env.PATH, STINT_HOME: `${dir}/home`, ...options.env },
    home: dir,
    cwd: dir,
    ...(options.now === undefined ? {} : { now: options.now }),
  })
}
