import { formatDuration, readResult, type TurnResult } from '../../lib/index.ts'
import { count, type Handler } from '../command.ts'
import { bytes, usage } from '../render/amount.ts'
import { visibleLine } from '../render/visible.ts'
import { resolveFirst } from '../session.ts'

/** Prints the result of a turn. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const result = readResult(store, id, count(invocation, 'turn'))
  if (context.json) context.out.json(result)
  else context.out.data(describe(result))
  return 0
}

function describe(result: TurnResult): string {
  const rows: [string, string | null][] = [
    ['session', result.session_id],
    ['turn', `${result.turn} of ${result.tool}`],
    ['outcome', result.outcome],
    ['exit', result.signal ?? (result.exit_code === null ? null : String(result.exit_code))],
    ['took', formatDuration(result.duration_ms)],
    ['ended', result.completed_at],
    ['usage', usage(result.usage ?? {}) || null],
    ['summary', result.summary],
    ['entries', String(result.events_count)],
    ...(result.artifacts ?? []).map(({ path, size_bytes }): [string, string] => [
      'artifact',
      `${path} (${bytes(size_bytes)})`,
    ]),
    ['artifact', result.artifacts_truncated ? 'and more, see `stint artifacts`' : null],
  ]
  return rows
    .filter((row): row is [string, string] => row[1] !== null && row[1] !== undefined)
    .map(([label, text]) => `${label.padEnd(8)}  ${visibleLine(text)}\n`)
    .join('')
}
