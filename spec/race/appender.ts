/** A process that appends entries to a session: appender STORE ID TAG COUNT */

import { homedir } from 'node:os'
import { appendEntry, isFailure, openStore, type SessionId } from '../../lib/index.ts'

const [dir = '', id = '', tag = '', count = ''] = process.argv.slice(2)
const store = openStore({ env: process.env, home: homedir(), cwd: process.cwd(), store: dir })
let busy = 0
for (let n = 0; n < Number(count); ) {
  try {
    await appendEntry(store, id as SessionId, { type: 'note', text: tag, data: { n } })
    n++
  } catch (error) {
    // Refused, so nothing was appended: on a slow disk eight writers can wait for longer than that.
    if (!isFailure(error, 'JOURNAL_BUSY') && !isFailure(error, 'LEASE_HELD')) throw error
    busy++
  }
}
process.stdout.write(`${JSON.stringify({ tag, busy })}\n`)
