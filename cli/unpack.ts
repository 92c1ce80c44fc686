/** Restoring sessions from an archive. */

import { importArchive, isTerminal, isThere, type UnpackRow } from '../lib/index.ts'
import { misused } from './argv.ts'
import { flag, given, type Invocation, size } from './command.ts'
import type { Context } from './context.ts'
import { openProgress } from './progress.ts'
import { amount, bytes } from './render/amount.ts'
import { styleOf } from './render/style.ts'
import { table } from './render/table.ts'
import { pathOf, storeOf } from './session.ts'

/** Whether a word is meant as the file of an archive. */
export function isArchive(word: string): boolean {
  return word === '-' || word.includes('/') || /\.(?:tar\.gz|tgz)$/.test(word) || isThere(word)
}

export async function unpack(
  word: string,
  invocation: Invocation,
  context: Context,
): Promise<number> {
  const { verb } = invocation
  for (const name of ['since', 'by-reference', 'all-projects']) {
    if (invocation.values.has(name)) throw misused(verb, `--${name} does not go with an archive`)
  }
  if (word === '-' && isTerminal(0)) throw misused(verb, 'standard input is a terminal')
  const dryRun = flag(invocation, 'dry-run')
  const source = word === '-' ? { input: context.stdin } : {}
  const file = word === '-' ? word : pathOf(context, word)
  const { signal } = context
  if (word === '-') signal.addEventListener('abort', () => context.stdin.destroy(signal.reason))
  const progress = openProgress(context)
  const end = () => {
    progress.end()
    // Whoever writes there may go on for long, and what was refused waits for none of it.
    if (word === '-') context.stdin.destroy()
  }
  const rows = await importArchive(storeOf(invocation, context), {
    file,
    ...source,
    dryRun,
    ...given({ maxSize: size(invocation, 'max-size') }),
    onStep: (count, of) => {
      signal.throwIfAborted()
      progress.say(() => `${count} of ${of} sessions`)
    },
  }).finally(end)
  if (context.json) context.out.json(rows.map(toJson))
  else if (dryRun) context.out.data(await draw(rows, context))
  for (const { failure } of rows) {
    if (failure !== null) context.out.warn(`${failure.message}; ${failure.hint}`)
  }
  if (!context.json) context.out.talk(summaryOf(rows, dryRun))
  return rows.some(({ act }) => act === 'refused') ? 1 : 0
}

function toJson({ failure, ...row }: UnpackRow): object {
  return { ...row, code: failure?.code ?? null, why: failure?.message ?? null }
}

async function draw(rows: readonly UnpackRow[], context: Context): Promise<string> {
  const columns = [
    { head: 'SESSION' },
    { head: 'ENTRIES', align: 'right' },
    { head: 'SIZE', align: 'right' },
    { head: 'NAME', shrink: true, keep: true },
    { head: 'PROJECT', shrink: true },
    { head: 'DESCRIPTION', shrink: true },
  ] as const
  const cells = rows
    .filter(({ act }) => act === 'imported')
    .map((row) => [
      row.id,
      String(row.entries),
      bytes(row.bytes),
      row.name ?? '',
      row.project_path,
      row.description ?? '',
    ])
  const heads = context.columns === undefined ? false : styleOf(context.color.stdout).dim
  return table(columns, cells, { width: context.columns, heads })
}

function summaryOf(rows: readonly UnpackRow[], dryRun: boolean): string {
  const count = (act: UnpackRow['act']) => rows.filter((row) => row.act === act).length
  const some = (number: number, words: string) => (number === 0 ? [] : [`${number} ${words}`])
  return [
    `${count('imported')} of ${amount(rows.length, 'session')} ${dryRun ? 'would be restored' : 'restored'}`,
    ...some(count('known'), 'there already'),
    ...some(count('refused'), 'refused'),
  ].join('; ')
}
