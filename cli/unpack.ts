/** Restoring sessions from an archive. */

import { importArchive, isTerminal, isThere, type UnpackRow } from '../lib/index.ts'
import { misused } from './argv.ts'
import { flag, given, type Invocation, size } from './command.ts'
import type { Context } from './context.ts'
import { openProgress } from './progress.ts'
import { amount, bytes, some } from './render/amount.ts'
import { idCell, nameCells, nameColumns } from './render/session.ts'
import { type Column, printTable } from './render/table.ts'
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
  const rows = await restore(word, invocation, context)
  if (context.json) context.out.json(rows.map(toJson))
  else if (dryRun) await draw(rows, context)
  for (const { failure } of rows) {
    if (failure !== null) context.out.warn(`${failure.message}; ${failure.hint}`)
  }
  if (!context.json) context.out.talk(summaryOf(rows, dryRun))
  return rows.some(({ act }) => act === 'refused') ? 1 : 0
}

async function restore(
  word: string,
  invocation: Invocation,
  context: Context,
): Promise<UnpackRow[]> {
  using progress = openProgress(context)
  const { signal } = context
  const options = {
    dryRun: flag(invocation, 'dry-run'),
    ...given({ maxSize: size(invocation, 'max-size') }),
    onStep: (count: number, of: number) => {
      signal.throwIfAborted()
      progress.say(() => `${count} of ${amount(of, 'session')}`)
    },
  }
  const store = storeOf(invocation, context)
  if (word !== '-') return await importArchive(store, { file: pathOf(context, word), ...options })
  const { stdin } = context
  signal.addEventListener('abort', () => stdin.destroy(signal.reason))
  try {
    return await importArchive(store, { file: word, input: stdin, ...options })
  } finally {
    // Whoever writes there may go on for long, and what was refused waits for none of it.
    stdin.destroy()
  }
}

function toJson({ failure, ...row }: UnpackRow): object {
  return { ...row, code: failure?.code ?? null, why: failure?.message ?? null }
}

async function draw(rows: readonly UnpackRow[], context: Context): Promise<void> {
  const columns: readonly Column[] = [
    { head: 'SESSION' },
    { head: 'ENTRIES', align: 'right' },
    { head: 'SIZE', align: 'right' },
    { head: 'PROJECT', shrink: true },
    ...nameColumns,
  ]
  await printTable(context, columns, (style) =>
    rows
      .filter(({ act }) => act === 'imported')
      .map((row) => [
        idCell(row.id, context, style),
        String(row.entries),
        bytes(row.bytes),
        row.project_path,
        ...nameCells(row, style),
      ]),
  )
}

function summaryOf(rows: readonly UnpackRow[], dryRun: boolean): string {
  const count = (act: UnpackRow['act']) => rows.filter((row) => row.act === act).length
  return [
    `${count('imported')} of ${amount(rows.length, 'session')} ${dryRun ? 'would be restored' : 'restored'}`,
    ...some(count('known'), 'there already'),
    ...some(count('refused'), 'refused'),
  ].join('; ')
}
