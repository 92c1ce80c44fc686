/** Builds the commands that end-to-end tests run, from the sources that are being tested. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The built program. */
    cli: string
  }
}

/** Into a directory of this run's own: two runs do not pull it away from under each other. */
export default function build(project: TestProject): () => void {
  const cache = join(import.meta.dirname, '../../node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const dir = mkdtempSync(join(cache, 'stint-spec-'))
  execFileSync(process.execPath, ['cli/build.mjs', join(dir, 'cli')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  project.provide('cli', join(dir, 'cli/stint.cjs'))
  return () => rmSync(dir, { recursive: true, force: true })
}
