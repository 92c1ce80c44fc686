/** A command in the test's own process, from the sources: where it is its effect that counts. */

import { PassThrough } from 'node:stream'
import type { Handler } from '../../cli/command.ts'
import * as help from '../../cli/help.ts'
import { runProgram } from '../../cli/program.ts'
import type { Store } from '../../lib/index.ts'

/** Runs it in the store's project, which is its home as well; gives the exit status. */
export async function statusOf(store: Store, argv: readonly string[]): Promise<number> {
  const file = `../../cli/commands/${argv[0]}.ts`
  const { handler } = (await import(file)) as { handler: Handler }
  const heard = () => new PassThrough().resume()
  return runProgram(
    {
      argv,
      env: { HOME: store.projectPath, ...store.env },
      cwd: () => store.projectPath,
      now: Date.now,
      write: () => undefined,
      isTerminal: () => false,
      process: {
        ...{ stdin: new PassThrough().end(), stdout: heard(), stderr: heard() },
        ...{ on: () => undefined, off: () => undefined },
      },
    },
    { command: () => ({ handler }), help: () => help },
  )
}
