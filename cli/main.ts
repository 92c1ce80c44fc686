#!/usr/bin/env node
/** The program: every part that needs the store lies in a file of its own beside this one. */

import { isTerminal, writeAll } from '../lib/index.ts'
import { runProgram } from './program.ts'

/** A name that is only known when it is called: the bundler leaves the file to itself. */
const load = (name: string) => {
  const file = `./${name}.cjs`
  return require(file)
}

void runProgram(
  {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: () => process.cwd(),
    now: Date.now,
    write: writeAll,
    isTerminal,
    process,
  },
  {
    command: (name) => load(name),
    help: () => load('help'),
  },
).then((status) => {
  // No exit: what is still being written gets out first.
  process.exitCode = status
})
