import { type ImportRow, importConversations, importedTools } from '../../lib/index.ts'
import { misused } from '../argv.ts'
import { flag, given, type Handler, type Invocation, when } from '../command.ts'
import type { Context } from '../context.ts'
import { nearestOf } from '../nearest.ts'
import { openProgress } from '../progress.ts'
import { ago, amount, bytes } from '../render/amount.ts'
import { styleOf } from '../render/style.ts'
import { table } from '../render/table.ts'
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
  const rows: ImportRow[] = []
  const progress = openProgress(context)
  const say = (read: number) => {
    const part = read === 0 ? '' : `, ${bytes(read)} of the next`
    progress.say(() => `${rows.length} conversations${part}`)
  }
  const found = importConversations(storeOf(invocation, context), {
    tool,
    home: homeOf(context),
    dryRun,
    byReference: flag(invocation, 'by-reference'),
    allProjects: flag(invocation, 'all-projects'),
    transcriptCap: settingsOf(context).transcript_cap,
    ...given({ since: when(invocation, 'since') }),
    onProgress: say,
  })
  try {
    for await (const row of found) {
      rows.push(row)
      say(0)
    }
  } finally {
    progress.end()
  }
  const failed = rows.filter(({ act }) => act === 'failed')
  if (context.json) context.out.json(rows)
  else if (dryRun) context.out.data(await draw(rows, context))
  for (const { file, why } of failed) context.out.warn(`${file} was not imported: ${why}`)
  if (!context.json) {
    const none = `${tool} has stored no conversation here`
    context.out.talk(rows.length === 0 ? none : summaryOf(rows, dryRun))
  }
  return failed.length > 0 ? 1 : 0
}

async function draw(rows: readonly ImportRow[], context: Context): Promise<string> {
  const columns = [
    { head: 'TOOL' },
    { head: 'CONVERSATION' },
    { head: 'AGE' },
    { head: 'SIZE', align: 'right' },
    { head: 'PROJECT', shrink: true },
    { head: 'PROMPT', shrink: true, keep: true },
  ] as const
  const cells = rows
    .filter(({ act }) => act === 'imported')
    .map((row) => [
      row.tool,
      row.provider_session_id ?? '',
      ago(Date.parse(row.created_at ?? ''), context.now()),
      bytes(row.bytes ?? 0),
      row.project_path ?? '',
      row.prompt ?? '',
    ])
  const heads = context.columns === undefined ? false : styleOf(context.color.stdout).dim
  return table(columns, cells, { width: context.columns, heads })
}

/** In one line, so that a job that runs each night says no more. */
function summaryOf(rows: readonly ImportRow[], dryRun: boolean): string {
  const count = (act: ImportRow['act']) => rows.filter((row) => row.act === act).length
  const some = (number: number, words: string) => (number === 0 ? [] : [`${number} ${words}`])
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
