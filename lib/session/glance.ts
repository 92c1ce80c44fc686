/**
 * A state read at a glance: one pattern over the text that formatState writes.
 *
 * It tells enough to judge a session, and to pass over most of ten thousand, without a parser. Where
 * a text is anything else, or the journal has gone on, it tells nothing: readSnapshot then does.
 */

import type { SessionId } from '../base/id.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { foldVersion, type State, stateFormat, type TurnState, usageKeys } from './state.ts'

/** A part of a session's state. */
export interface Glance extends Pick<State, 'name' | 'phase'> {
  readonly turn?: Pick<TurnState, 'number' | 'ended_at' | 'outcome' | 'process'>
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

/** The same of the text, with how long the journal was when it was written. */
export function glanceAtText(
  id: SessionId,
  text: string,
): (Glance & { readonly bytes: number }) | undefined {
  const found = plainState.exec(text)?.groups
  if (found?.id !== id) return undefined
  const { name, phase = '', number, ended_at, outcome, bytes } = found
  return {
    ...(name === undefined ? {} : { name }),
    phase,
    ...(number === undefined
      ? {}
      : {
          turn: {
            number: Number(number),
            ...(ended_at === undefined ? {} : { ended_at }),
            ...(outcome === undefined ? {} : { outcome }),
            ...processOf(found),
          },
        }),
    bytes: Number(bytes),
  }
}

function processOf({ pgid, start_time = '', boot_id = '', pid_ns = '', host = '' }: Found) {
  return pgid === undefined
    ? {}
    : { process: { pgid: Number(pgid), start_time, boot_id, pid_ns, host } }
}

type Found = Readonly<Record<string, string>>

// Values as formatToml writes them, and of those only what every reader takes for the same.
const plain = '[^"\\\\\\x00-\\x1f\\x7f-\\x9f]*'
const text = '"(?:[^"\\\\\\x00-\\x1f\\x7f-\\x9f]|\\\\["\\\\bfnrt])*"'
const count = '(?:0|[1-9][0-9]{0,14})'
const amount = `${count}(?:\\.[0-9]{1,15})?`
const truth = '(?:true|false)'
const day =
  '(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)'
const date = `[1-9][0-9]{3}-${day}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z`

const line = (key: string, value: string) => `${key} = ${value}\\n`
const maybe = (key: string, value: string) => `(?:${line(key, value)})?`
const known = (name: string, key: string, value: string) => line(key, `(?<${name}>${value})`)
const table = (name: string, ...lines: string[]) => `\\n\\[${name}\\]\\n${lines.join('')}`

const plainState = new RegExp(
  [
    `^${line('format', String(stateFormat))}`,
    line('meta_session_id', '"(?<id>[0-9A-Z]{26})"'),
    maybe('description', text),
    `(?:${line('name', '"(?<name>[A-Za-z0-9._-]{1,64})"')})?`,
    line('project_path', text),
    line('created_at', date),
    line('last_accessed', date),
    line('phase', '"(?<phase>[a-z]{1,20})"'),
    line('pinned', truth),
    table(
      'genealogy',
      maybe('parent_session_id', text),
      maybe('fork_of_session_id', text),
      line('depth', count),
    ),
    table('context_status', line('is_compacted', truth), maybe('last_compacted_at', date)),
    `(?:${table(
      'tools\\.(?<tool>[A-Za-z0-9_-]{1,64})',
      '(?![^]*\\n\\[tools\\.\\k<tool>\\])',
      maybe('provider_session_id', text),
      maybe('provider_session_history', `\\[${text}(?:, ${text})*\\]`),
      maybe('last_action_summary', text),
      maybe('last_exit_code', count),
      maybe('updated_at', date),
    )})*`,
    `(?:${table(
      'git',
      maybe('branch', text),
      maybe('head_at_creation', text),
      maybe('cwd', text),
      maybe('cwd_redacted', truth),
    )})?`,
    `(?:${table(
      'turn',
      known('number', 'number', count),
      line('tool', text),
      line('started_at', date),
      `(?:${known('ended_at', 'ended_at', date)})?`,
      `(?:${line('outcome', '"(?<outcome>[a-z_]{1,40})"')})?`,
      maybe('exit_code', count),
      maybe('signal', text),
      maybe('kill_requested', truth),
    )}(?:${table(
      'turn\\.process',
      known('pgid', 'pgid', count),
      line('start_time', `"(?<start_time>${plain})"`),
      line('boot_id', `"(?<boot_id>${plain})"`),
      line('pid_ns', `"(?<pid_ns>${plain})"`),
      line('host', `"(?<host>${plain})"`),
    )})?)?`,
    `(?:${table('usage', ...usageKeys.map((key) => maybe(key, amount)))})?`,
    table(
      'journal',
      line('fold', String(foldVersion)),
      line('seq', count),
      known('bytes', 'bytes', count),
      maybe('streamed_bytes', count),
    ),
    '$',
  ].join(''),
)
