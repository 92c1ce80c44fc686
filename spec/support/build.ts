/** Builds the commands that end-to-end tests run, from the sources that are being tested. */

import { execFileSync } from 'node:child_process'

export default function build(): void {
  execFileSync(process.execPath, ['cli/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
