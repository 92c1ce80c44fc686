/** The program: every part that needs the store lies in a file of its own beside this one. */

import {
  findTerminal,
  isTerminal,
  leaveClosedTerminals,
  leaveFiles,
  writeAll,
} from '../lib/index.ts'
import type { Host } from './context.ts'
import { runProgram } from './program.ts'

/** A name that is only known when it is called: the bundler leaves the file to itself. */
const load = (name: string) => {
  const file = `./${name}.cjs`
  return require(file)
}

type Stream = Host['process']['stdout']

/** The streams that are in use: what was written to them may still be on its way out. */
const streams = new Map<1 | 2, Stream>()

function streamOf(fd: 1 | 2): Stream {
  const known = streams.get(fd)
  if (known !== undefined) return known
  const own = isTerminal(fd) ? findTerminal(fd) : undefined
  const stream = own ?? (fd === 1 ? process.stdout : process.stderr)
  // Mostly that nobody reads any more: that ends nothing but what is written.
  stream.on('error', () => {})
  streams.set(fd, stream)
  return stream
}

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
    write: (fd, data) => {
      // What still waits for the terminal is not overtaken, nor the program kept by what follows.
      if (streams.size > 0 && isTerminal(fd)) streamOf(fd).write(data)
      else writeAll(fd, data)
    },
    isTerminal,
    process: {
      get stdin() {
        return process.stdin
      },
      get stdout() {
        return streamOf(1)
      },
      get stderr() {
        return streamOf(2)
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
  if (streams.size > 0) process.exitCode = status
  // Spares the tearing down of what the system takes back anyway.
  else process.exit(status)
})
