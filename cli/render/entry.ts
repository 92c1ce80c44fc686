/** Entries of a transcript as people read them. */

import {
  commandLine,
  type Entry,
  formatDuration,
  formatJson,
  type Reading,
} from '../../lib/index.ts'
import { usage } from './amount.ts'
import { outcomePaint } from './session.ts'
import type { Style } from './style.ts'
import { callText } from './turn.ts'
import { visible, visibleLine } from './visible.ts'

/** Prints readings, each with its line end: output as it was, everything else marked. */
export function entryPrinter(style: Style): (reading: Reading) => string {
  return ({ line, entry }) =>
    entry === undefined
      ? `${style.red('not an entry:')} ${visible(line.text)}\n`
      : `${format(entry, style)}\n`
}

function format(entry: Entry, style: Style): string {
  const { type, data, text } = entry
  switch (type) {
    case 'output': {
      const shown = visible(text ?? '')
      const cut =
        data.truncated === true ? style.dim(` … (${textOf(data.bytes)} bytes in all)`) : ''
      return (data.stream === 'stderr' ? style.yellow(shown) : shown) + cut
    }
    case 'message':
      return data.role === 'user' ? style.cyan(`> ${visible(text ?? '')}`) : visible(text ?? '')
    case 'thought':
      return style.dim(visible(text ?? ''))
    case 'tool_call':
      return style.dim(`→ ${callText(textOf(data.name), data.input, data.title)}`)
    case 'tool_result': {
      const sign = data.status === 'ok' ? style.green('✓') : style.red('✗')
      const exit = typeof data.exit_code === 'number' ? `exit ${data.exit_code}` : ''
      const shown = visible(text ?? '').trimEnd()
      const mark = [sign, exit].filter(Boolean).join(' ')
      return shown === '' ? mark : `${mark}${shown.includes('\n') ? '\n' : ' '}${shown}`
    }
    case 'plan':
      return planText(data)
    case 'provider_session':
      return rule(
        style,
        entry,
        visibleLine(`${textOf(data.tool)} session ${textOf(data.provider_session_id)}`),
      )
    case 'usage': {
      return rule(style, entry, `used ${usage(data) || 'nobody knows how much'}`)
    }
    case 'session':
      return rule(style, entry, sessionText(entry))
    case 'turn_started':
      return rule(style, entry, [turnText(entry), commandText(entry)].join(': '))
    case 'turn_ended': {
      const outcome = textOf(data.outcome ?? 'unknown')
      const ended = outcomePaint(outcome, style)(visibleLine(outcome))
      const facts = endFacts(data).map(visibleLine)
      return rule(style, entry, [`turn ${entry.turn} ended: ${ended}`, ...facts].join(', '))
    }
    case 'error':
      return `${style.red('error:')} ${visible(text ?? textOf(data.code ?? ''))}`
    default:
      return `${style.dim(`${visibleLine(type)}:`)} ${visible(text ?? formatJson(data))}`
  }
}

const planSigns: ReadonlyMap<unknown, string> = new Map([
  ['completed', '[x]'],
  ['in_progress', '[~]'],
])

function planText({ items }: Entry['data']): string {
  return (Array.isArray(items) ? items : [])
    .map((item) => `${planSigns.get(item?.status) ?? '[ ]'} ${visibleLine(textOf(item?.text))}`)
    .join('\n')
}

/** A line that is no output: set off, with the time in this place. */
function rule(style: Style, entry: Entry, text: string): string {
  const at = new Date(entry.ts)
  const two = (part: number) => String(part).padStart(2, '0')
  const time = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  return `${style.dim(`── ${time}`)} ${text}`
}

function sessionText({ data }: Entry): string {
  const set = data.set as Readonly<Record<string, unknown>> | null | undefined
  const why = data.why ?? set?.name ?? set?.description
  const event = textOf(data.event ?? 'changed').replaceAll('_', ' ')
  return visibleLine(why === undefined ? event : `${event}: ${textOf(why)}`)
}

function turnText({ turn, data }: Entry): string {
  return data.tool === 'command'
    ? `turn ${turn}`
    : `turn ${turn} of ${visibleLine(textOf(data.tool))}`
}

function commandText({ data, text }: Entry): string {
  if (text !== null) return visibleLine(text)
  if (typeof data.prompt === 'string') return visibleLine(data.prompt)
  const { argv } = data
  return visibleLine(Array.isArray(argv) ? commandLine(argv.map(textOf)) : textOf(data.tool))
}

/** How a turn's tool exited, and how long the turn took, as far as an entry tells. */
export function endFacts({ signal, exit_code, duration_ms }: Entry['data']): string[] {
  const exit = signal ?? (typeof exit_code === 'number' ? `exit ${exit_code}` : undefined)
  const took = typeof duration_ms === 'number' ? formatDuration(duration_ms) : undefined
  return [exit, took].filter((fact) => fact !== undefined).map(textOf)
}

/** What should be a text, whatever it is: no conversion of an object may fail here, nor run out of stack. */
export function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? formatJson(value) : String(value)
}
