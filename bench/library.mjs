/** The library and the parts of it that it does not export, bundled from the sources as they are. */

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

const parts = `
  export * from './lib/index.ts'
  export { session as sessionFiles, sessionDir, store as storeFiles } from './lib/layout.ts'
  export { tryLock } from './lib/os/lock-file.ts'
  export { thisMachine } from './lib/os/process.ts'
  export { createRedactor } from './lib/redact/redact.ts'
  export { Session } from './lib/session/session.ts'
  export { readSnapshot } from './lib/session/snapshot.ts'
  export { formatState } from './lib/session/codec.ts'
  export { projectResult } from './lib/session/turn.ts'
  export { accessOf } from './lib/store/access.ts'
`

/** Bundles lib/ into bench/dist/, from where its packages are found, and loads it. */
export async function loadLibrary() {
  const outfile = fileURLToPath(new URL('dist/library.mjs', import.meta.url))
  await build({
    stdin: { contents: parts, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'warning',
  })
  const library = await import(outfile)
  for (const [, names] of parts.matchAll(/export \{ ([^}]+) \}/g)) {
    for (const name of names.split(', ').map((one) => one.replace(/^.* as /, ''))) {
      // In TypeScript a name that is not exported may be a type, so the bundler says nothing.
      if (library[name] === undefined) throw new Error(`lib/ has no ${name} where bench/ looks`)
    }
  }
  return library
}
