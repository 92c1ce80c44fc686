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

/** Tells a text from others: its first line, a comment of the build's. V8 looks at the length only. */
export function hashOf(source: string): string {
  return source.slice(2, source.indexOf('\n'))
}

/** The text as a function of what a module is given; its first line is of no use to anybody else. */
export function wrap(source: string): string {
  return `(function(exports,require,module,__filename,__dirname){${source}\n})`
}
