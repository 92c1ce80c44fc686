import { nearestWord, readConfig } from '../../lib/index.ts'
import { misused } from '../argv.ts'
import type { Handler } from '../command.ts'
import { printTable } from '../render/table.ts'
import { homeOf } from '../session.ts'

/** Shows the settings and where each comes from. */
export const handler: Handler = async (invocation, context) => {
  const { rows, warnings } = readConfig(context.env, homeOf(context))
  for (const warning of warnings) context.out.warn(warning)
  const key = invocation.positionals[0]
  const shown = key === undefined ? rows : rows.filter((row) => row.key === key)
  if (key !== undefined && shown.length === 0) {
    const nearest = nearestWord(
      key,
      rows.map((row) => row.key),
    )
    const remedy = nearest === undefined ? '' : `; did you mean ${nearest}?`
    throw misused(invocation.verb, `there is no setting ${key === '' ? '""' : key}${remedy}`)
  }
  if (context.json) context.out.json(key === undefined ? shown : shown[0])
  else if (key !== undefined) context.out.data(`${shown[0]?.value}\n`)
  else {
    const columns = [
      { head: 'KEY' },
      { head: 'VALUE', keep: true },
      { head: 'FROM' },
      { head: 'MEANING', shrink: true },
    ]
    await printTable(context, columns, ({ bold, dim }) =>
      shown.map((row) => [
        { text: row.key, paint: bold },
        row.value,
        { text: row.source ?? row.origin, paint: dim },
        row.help,
      ]),
    )
  }
  return 0
}
