/** Sweeps a session's first turn, and prints the pids of what it told to end: sweeper ID. */

import type { SessionId } from '../../lib/base/id.ts'
import { sweepSession } from '../../lib/run/sweep.ts'

const { told } = await sweepSession(process.argv[2] as SessionId, 1, 60_000)
process.stdout.write(`${JSON.stringify([...told.keys()])}\n`)
