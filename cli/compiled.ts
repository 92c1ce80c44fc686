/** Where it is kept what V8 made of the program's files when it was built or installed. */

import fs from 'node:fs'

/**
 * Of this very file of Node's: V8 believes what it is given when the version is right, and two builds of one are not
 * alike.
 */
export function compiledDir(dir: string): string {
  const { size, mtimeMs } = fs.statSync(process.execPath)
  return `${dir}/compiled/${process.version}-${size}-${Math.trunc(mtimeMs)}`
}

/** A file of the program: a function of what a module is given, in ASCII; its first line tells it from others. */
export function readChunk(file: string): { readonly source: string; readonly hash: string } {
  const source = fs.readFileSync(file, 'latin1')
  return { source, hash: source.slice(2, source.indexOf('\n')) }
}
