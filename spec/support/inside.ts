/** A command in the test's own process, from the sources: where it is its effect or its answer that counts. */

import { PassThrough } from 'node:stream'
import type { Handler } from '../../cli/command.ts'
import * as help from '../../cli/help.ts'
import { runProgram } from '../../cli/program.ts'
import { verbs } from '../../cli/verbs.ts'
import type { Store } from '../../lib/index.ts'

/** What it came to. */
export interface Answer {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs it in the store's project, which is its home as well. */
export async function callInside(store: Store, argv: readonly string[]): Promise<Answer> {
  const verb = argv[0] as string
  const file = `../../cli/commands/${verbs[verb]?.handler ?? verb}.ts`
  const { handler } = (await import(file)) as { handler: Handler }
  const heard = () => new PassThrough().resume()
  const written = { 1: '', 2: '' }
  const status = await runProgram(
    {
      argv,
      env: { HOME: store.projectPath, ...store.env },
      cwd: () => store.projectPath,
      now: Date.now,
      write: (fd, data) => {
        written[fd] += String(data)
      },
      isTerminal: () => false,
      process: {
        ...{ stdin: new PassThrough().end(), stdout: heard(), stderr: heard() },
        ...{ on: () => undefined, off: () => undefined },
      },
    },
    { command: () => ({ handler }), help: () => help },
  )
  return { status, stdout: written[1], stderr: written[2] }
}

/** Its exit status alone. */
export async function statusOf(store: Store, argv: readonly string[]): Promise<number> {
  return (await callInside(store, argv)).status
}
