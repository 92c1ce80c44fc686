/** What verbs of several groups have in common. */

import type { ExplainedOption, ExplainedVerb } from '../command.ts'

/** Of positionals that may be any number. */
export const many: number = Number.MAX_SAFE_INTEGER

type Exits = ExplainedVerb['exits']

export const refused: Exits = [
  ['2', 'wrong usage'],
  ['3, 4', 'no such session; REF fits several'],
]

/** Of what changes a session. */
export const changed: Exits = [
  ['0', 'done, and on the disk'],
  ...refused,
  ['5', 'the session is busy: locked by another process; try again later'],
  ['6, 7', 'damaged or newer data; the environment failed (disk full, permission)'],
]

/** Of what prints something of a session. */
export const looked: Exits = [
  ['0', 'printed'],
  ...refused,
  ['6, 7', 'the data is damaged or newer; the environment failed'],
]

export const finishedTurn: ExplainedOption = {
  name: 'turn',
  value: 'N',
  kind: 'count',
  min: 1,
  help: 'this turn instead of the newest finished one',
}
