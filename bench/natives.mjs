/** The small C programs, compiled where they are run. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const programs = ['measure', 'read-states', 'print-lines']

/** Compiles them into `dir`: their paths by name, or `{ missing }` with the reason. */
export function compileNatives(dir) {
  try {
    const paths = programs.map((name) => {
      const source = fileURLToPath(new URL(`native/${name}.c`, import.meta.url))
      execFileSync('cc', ['-O2', '-o', `${dir}/${name}`, source], { stdio: 'pipe' })
      return [name, `${dir}/${name}`]
    })
    return Object.fromEntries(paths)
  } catch (error) {
    return { missing: `no C compiler (cc): ${firstLine(error)}` }
  }
}

export function firstLine(error) {
  return String(error.message).split('\n')[0]
}
