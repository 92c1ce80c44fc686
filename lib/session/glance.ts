/**
 * A state read at a glance: line by line as formatState writes it.
 *
 * It tells enough to judge a session, and to pass over most of ten thousand, without a parser. Where
 * a text is anything else, or the journal has gone on, it tells nothing: readSnapshot then does.
 */

import type { SessionId } from '../base/id.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import type { GroupIdentity } from '../os/process.ts'
import { foldVersion, stateFormat, usageKeys } from './state.ts'

/** A part of a session's state. */
export interface Glance {
  readonly name: string | undefined
  readonly phase: string
  readonly turn: GlancedTurn | undefined
  /** How long the journal was when the state was written. */
  readonly bytes: number
}

export interface GlancedTurn {
  readonly number: number
  readonly ended_at: string | undefined
  readonly outcome: string | undefined
  readonly process: GroupIdentity | undefined
}

/** What a session's state says, or undefined where it takes a closer look. */
export function glanceAt(id: SessionId, dir: string): Glance | undefined {
  try {
    const text = disk.findHead(files.state(dir))
    const glance = text === undefined ? undefined : glanceAtText(id, text)
    if (glance === undefined) return undefined
    return disk.findSize(files.transcript(dir)) === glance.bytes ? glance : undefined
  } catch (error) {
    // A link, a directory, no permission: to be looked at in earnest.
    if (disk.errnoOf(error) === undefined) throw error
    return undefined
  }
}

/** The same of the text alone. */
export function glanceAtText(id: SessionId, text: string): Glance | undefined {
  // From 1,000 characters on V8 compiles a pattern at once, which takes a third of interpreting it.
  const found = plain.exec(text.padEnd(1_000))
  if (found === null || found[group.id] !== id || controls.test(text) || doubtful.test(text))
    return undefined
  const word = (name: keyof typeof group) => found[group[name]] as string
  return {
    name: found[group.name],
    phase: word('phase'),
    turn:
      found[group.number] === undefined
        ? undefined
        : {
            number: Number(word('number')),
            ended_at: found[group.ended_at],
            outcome: found[group.outcome],
            process:
              found[group.pgid] === undefined
                ? undefined
                : {
                    pgid: Number(word('pgid')),
                    start_time: word('start_time'),
                    boot_id: word('boot_id'),
                    pid_ns: word('pid_ns'),
                    host: word('host'),
                  },
          },
    bytes: Number(word('bytes')),
  }
}

/** The groups of the pattern, in its order. */
const group = {
  id: 1,
  name: 2,
  phase: 3,
  tool: 4,
  number: 5,
  ended_at: 6,
  outcome: 7,
  pgid: 8,
  start_time: 9,
  boot_id: 10,
  pid_ns: 11,
  host: 12,
  bytes: 13,
} as const

// Values as formatToml writes them, and of those only what every reader takes for the same.
const word = '[^"\\\\]*'
const text = '"(?:[^"\\\\]|\\\\["\\\\bfnrt])*"'
const count = '(?:0|[1-9][0-9]*)'
const amount = `${count}(?:\\.[0-9]+)?`
const truth = '(?:true|false)'
const day = '(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])'
const time = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}'
const instant = `[1-9][0-9]{3}-${day}T${time}Z`
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/
/** Days that not every year or no month has, and numbers that a double may not hold. */
const doubtful = /-(?:02-29|02-3\d|0[469]-31|11-31)T| = \d{16}/

const line = (key: string, value: string) => `${key} = ${value}\n`
const may = (...lines: string[]) => `(?:${lines.join('')})?`
const mayLine = (key: string, value: string) => may(line(key, value))

const plain = new RegExp(
  [
    `^format = ${stateFormat}\n`,
    line('meta_session_id', '"([0-9A-Z]+)"'),
    mayLine('description', text),
    mayLine('name', `"(${word})"`),
    line('project_path', text),
    line('created_at', instant),
    line('last_accessed', instant),
    line('phase', `"(${word})"`),
    line('pinned', truth),
    '\n\\[genealogy\\]\n',
    mayLine('parent_session_id', text),
    mayLine('fork_of_session_id', text),
    line('depth', count),
    '\n\\[context_status\\]\n',
    line('is_compacted', truth),
    mayLine('last_compacted_at', instant),
    // Each of them once.
    '(?:\n\\[tools\\.([A-Za-z0-9_-]+)\\]\n(?![^]*\n\\[tools\\.\\4\\])',
    mayLine('provider_session_id', text),
    mayLine('provider_session_history', `\\[${text}(?:, ${text})*\\]`),
    mayLine('last_action_summary', text),
    mayLine('last_exit_code', count),
    mayLine('updated_at', instant),
    ')*',
    may(
      '\n\\[git\\]\n',
      mayLine('branch', text),
      mayLine('head_at_creation', text),
      mayLine('cwd', text),
      mayLine('cwd_redacted', truth),
    ),
    may(
      '\n\\[turn\\]\n',
      line('number', `(${count})`),
      line('tool', text),
      line('started_at', instant),
      mayLine('ended_at', `(${instant})`),
      mayLine('outcome', `"(${word})"`),
      mayLine('exit_code', count),
      mayLine('signal', text),
      mayLine('kill_requested', truth),
      may(
        '\n\\[turn\\.process\\]\n',
        line('pgid', `(${count})`),
        ...['start_time', 'boot_id', 'pid_ns', 'host'].map((key) => line(key, `"(${word})"`)),
      ),
    ),
    may('\n\\[usage\\]\n', ...usageKeys.map((key) => mayLine(key, amount))),
    `\n\\[journal\\]\nfold = ${foldVersion}\n`,
    line('seq', count),
    line('bytes', `(${count})`),
    mayLine('streamed_bytes', count),
    ' *$',
  ].join(''),
)
