/** Programs of the tests that use the library's insides, each as one file that Node runs. */

import { basename, dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'
import { inject } from 'vitest'

/** Bundles a source; gives the path of the program, which is this worker's own. */
export async function bundle(source: string): Promise<string> {
  const name = `${basename(source, '.ts')}-${process.pid}.mjs`
  const outfile = join(dirname(inject('cli')), name)
  await build({
    entryPoints: [resolve(source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  return outfile
}
