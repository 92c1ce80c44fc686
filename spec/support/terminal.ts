/** The program at a terminal of its own, which script(1) makes. */

import { type How, type Place, program, type Running } from './cli.ts'

/** Starts the program at a terminal; what it prints there is its standard output, with CR LF. */
export function startAtTerminal(place: Place, args: readonly string[], how?: How): Running {
  const command = [process.execPath, program, ...args].map(quoted).join(' ')
  // Some shells would stay between the two, and script(1) stops only with its own child.
  return place.startOther(['script', '-qec', `exec ${command}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...how,
  })
}

/** The same from a shell with job control, which stays there. */
export function startFromShell(place: Place, args: readonly string[], how?: How): Running {
  const shell = place.startOther(['script', '-qec', 'bash --norc -i', '/dev/null'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...how,
    env: { PS1: '', ...how?.env },
  })
  shell.child.stdin?.write(`${[process.execPath, program, ...args].map(quoted).join(' ')}\n`)
  return shell
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
