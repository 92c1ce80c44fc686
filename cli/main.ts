#!/usr/bin/env node
/** The program: every part that needs the store lies in a file of its own beside this one. */

import { isTerminal, leaveClosedTerminals, leaveFiles, writeAll } from '../lib/index.ts'
import { runProgram } from './program.ts'

/** A name that is only known when it is called: the bundler leaves the file to itself. */
const load = (name: string) => {
  const file = `./${name}.cjs`
  return require(file)
}

/** Whether a stream is in use: what was written to it may still be on its way out. */
let streams = false

/** In ms: sooner than a terminal is closed under a command. */
const shortLife = 100

process.on('exit', () => {
  if (process.uptime() * 1000 > shortLife) leaveClosedTerminals()
})

void runProgram(
  {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: () => process.cwd(),
    now: Date.now,
    write: writeAll,
    isTerminal,
    process: {
      get stdin() {
        return process.stdin
      },
      get stdout() {
        streams = true
        return process.stdout
      },
      get stderr() {
        streams = true
        return process.stderr
      },
      on: (signal, handler) => process.on(signal, handler),
      off: (signal, handler) => process.off(signal, handler),
    },
  },
  {
    command: (name) => load(name),
    help: () => load('help'),
  },
).then((status) => {
  // Not before: what a bug says of itself comes last of all.
  process.on('exit', leaveFiles)
  if (streams) process.exitCode = status
  // Spares the tearing down of what the system takes back anyway.
  else process.exit(status)
})
