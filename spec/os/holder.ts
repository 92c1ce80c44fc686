/** Processes that hold a lock with flock(1), independent of what is being tested. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** Starts a process that holds the file's lock; resolves once it does. End it with `end`. */
export async function holdLock(
  path: string,
  options: { shared?: boolean } = {},
): Promise<{ child: ChildProcess; end: () => Promise<void> }> {
  const kind = options.shared ? '-s' : '-x'
  // The shell's own descriptor holds the lock, so that the end of this process is the end of it.
  const script = 'exec 9<>"$0"; flock -n "$1" 9 || exit 9; echo held; exec cat'
  const child = spawn('/bin/sh', ['-c', script, path, kind], { stdio: ['pipe', 'pipe', 'inherit'] })
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(end)
  const held = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'exit').then(() => false),
  ])
  if (!held) throw new Error('the lock could not be taken')
  return { child, end }
}

/** Calls `look` until it gives something true; fails after ten seconds. */
export async function until<T>(look: () => T): Promise<T> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const seen = look()
    if (seen) return seen
    if (performance.now() > deadline) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
