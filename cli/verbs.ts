/** Every verb: its words, its options and what it promises. */

import type { ExplainedVerb } from './command.ts'
import {
  checkpoint,
  importConversations,
  pin,
  project,
  redact,
  rename,
  unpin,
} from './verbs/change.ts'
import { clean, deleteSessions, doctor, gc, reap, trash } from './verbs/clean-up.ts'
import {
  artifacts,
  checkpoints,
  completion,
  config,
  du,
  exportSessions,
  isAlive,
  list,
  log,
  logs,
  ps,
  result,
  show,
  tools,
  wait,
} from './verbs/look.ts'
import { compress, kill, resume, run } from './verbs/run.ts'

/** By name, in the order of help. */
export const verbs: Readonly<Record<string, ExplainedVerb>> = {
  run,
  resume,
  compress,
  kill,
  tools,
  list,
  show,
  result,
  logs,
  artifacts,
  log,
  checkpoints,
  export: exportSessions,
  'is-alive': isAlive,
  wait,
  ps,
  du,
  config,
  completion,
  rename,
  pin,
  unpin,
  checkpoint,
  redact,
  import: importConversations,
  project,
  gc,
  clean,
  reap,
  delete: deleteSessions,
  trash,
  doctor,
}
