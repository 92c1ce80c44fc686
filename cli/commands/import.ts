import { type ImportRow, importConversations, importedTools } from '../../lib/index.ts'
import { misused } from '../argv.ts'
import { flag, given, type Handler, type Invocation, when } from '../command.ts'
import type { Context } from '../context.ts'
import { nearestOf } from '../nearest.ts'
import { openProgress } from '../progress.ts'
import { amount, bytes, some } from '../render/amount.ts'
import { agoCell } from '../render/session.ts'
import { type Column, printTable } from '../render/table.ts'
import { homeOf, settingsOf, storeOf } from '../session.ts'
import { isArchive, unpack } from '../unpack.ts'

/** Makes sessions of what an agent has stored by itself, or of an archive. */
export const handler: Handler = async (invocation, context) => {
  const [what = ''] = invocation.positionals
  if (importedTools.includes(what)) return importFrom(what, invocation, context)
  if (isArchive(what)) return unpack(what, invocation, context)
  const nearest = nearestOf(what, importedTools)
  throw misused(
    invocation.verb,
    `\`stint import\` takes ${importedTools.join(', ')} or the FILE of an archive, not ${JSON.stringify(what)}${
      nearest === undefined ? '' : `; did you mean ${nearest}?`
    }`,
  )
}

async function importFrom(tool: string, invocation: Invocation, context: Context): Promise<number> {
  if (flag(invocation, 'max-size')) {
    throw misused(invocation.verb, '--max-size goes with an archive')
  }
  const dryRun = flag(invocation, 'dry-run')
  const rows = await importRows(tool, invocation, context)
  const failed = rows.filter(({ act }) => act === 'failed')
  if (context.json) context.out.json(rows)
  else if (dryRun) await draw(rows, context)
  for (const { file, why } of failed) context.out.warn(`${file} was not imported: ${why}`)
  if (!context.json) {
    const none = `${tool} has stored no conversation here`
    context.out.talk(rows.length === 0 ? none : summaryOf(rows, dryRun))
  }
  return failed.length > 0 ? 1 : 0
}

async function importRows(
  tool: string,
  invocation: Invocation,
  context: Context,
): Promise<ImportRow[]> {
  using progress = openProgress(context)
  const rows: ImportRow[] = []
  const say = (read: number) => {
    const part = read === 0 ? '' : `, ${bytes(read)} of the next`
    progress.say(() => `${amount(rows.length, 'conversation')}${part}`)
  }
  const found = importConversations(storeOf(invocation, context), {
    tool,
    home: homeOf(context),
    dryRun: flag(invocation, 'dry-run'),
    byReference: flag(invocation, 'by-reference'),
    allProjects: flag(invocation, 'all-projects'),
    transcriptCap: settingsOf(context).transcript_cap,
    ...given({ since: when(invocation, 'since') }),
    onProgress: say,
  })
  for await (const row of found) {
    rows.push(row)
    say(0)
  }
  return rows
}

async function draw(rows: readonly ImportRow[], context: Context): Promise<void> {
  const columns: readonly Column[] = [
    { head: 'TOOL' },
    { head: 'CONVERSATION' },
    { head: 'CREATED' },
    { head: 'SIZE', align: 'right' },
    { head: 'PROJECT', shrink: true },
    { head: 'PROMPT', shrink: true, keep: true },
  ]
  await printTable(context, columns, (style) =>
    rows
      .filter(({ act }) => act === 'imported')
      .map((row) => [
        row.tool,
        row.provider_session_id ?? '',
        agoCell(row.created_at, context.now(), style),
        bytes(row.bytes ?? 0),
        row.project_path ?? '',
        row.prompt ?? '',
      ]),
  )
}

/** In one line, so that a job that runs each night says no more. */
function summaryOf(rows: readonly ImportRow[], dryRun: boolean): string {
  const count = (act: ImportRow['act']) => rows.filter((row) => row.act === act).length
  const reasons = new Map<string, number>()
  for (const { act, why } of rows) {
    if (act === 'skipped') reasons.set(why ?? '', (reasons.get(why ?? '') ?? 0) + 1)
  }
  return [
    `${count('imported')} of ${amount(rows.length, 'conversation')} ${dryRun ? 'would be imported' : 'imported'}`,
    ...some(count('known'), 'there already'),
    ...some(count('grown'), 'there already, and grown since: what is new was not added'),
    ...some(count('elsewhere'), 'of other projects (--all-projects)'),
    ...[...reasons].flatMap(([why, number]) => some(number, `passed over: ${why}`)),
    ...some(count('failed'), 'failed'),
  ].join('; ')
}
