import {
  type ArchivedSession,
  type ExportReport,
  exportSessions,
  isTerminal,
  openShared,
  type Resolved,
  writeTarget,
} from '../../lib/index.ts'
import { misused } from '../argv.ts'
import { flag, type Handler, type Invocation, size, text } from '../command.ts'
import type { Context } from '../context.ts'
import { openProgress } from '../progress.ts'
import { amount, bytes } from '../render/amount.ts'
import { type ShareFormat, shareText } from '../render/share.ts'
import { visibleLine } from '../render/visible.ts'
import { pathOf, resolve, withDescendants } from '../session.ts'

/** Writes sessions into an archive, or one of them as a document. */
export const handler: Handler = async (invocation, context) => {
  const { verb, positionals } = invocation
  const to = text(invocation, 'to')
  const target =
    to === undefined || to === '-'
      ? undefined
      : { file: pathOf(context, to), force: flag(invocation, 'force') }
  const named = positionals.map((ref) => resolve(invocation, context, ref))
  const format = text(invocation, 'format') as ShareFormat | undefined
  if (format !== undefined) {
    const [one] = named
    if (one === undefined || named.length > 1 || flag(invocation, 'tree')) {
      throw misused(verb, '--format takes one session')
    }
    if (flag(invocation, 'max-size')) {
      throw misused(verb, '--max-size goes with an archive')
    }
    if (target === undefined && context.json && format !== 'json') {
      throw misused(verb, `--format ${format} writes the document to standard output`)
    }
    return share(one, format, target, context)
  }
  if (to === undefined) throw misused(verb, 'an archive needs --to FILE, or --to - for a pipe')
  if (target === undefined && (context.json || isTerminal(1))) {
    throw misused(
      verb,
      `--to - writes the archive to standard output${context.json ? '' : ', and that is a terminal'}`,
    )
  }
  const wanted = flag(invocation, 'tree') ? named.flatMap((one) => withDescendants(one)) : named
  const report = await write(wanted, target ?? { write: context.out.data }, invocation, context)
  tell(report, target?.file ?? null, context)
  return 0
}

async function write(
  wanted: readonly Resolved[],
  to: Parameters<typeof exportSessions>[1],
  invocation: Invocation,
  context: Context,
): Promise<ExportReport> {
  using progress = openProgress(context)
  return await exportSessions(wanted, to, size(invocation, 'max-size'), {
    onRead: (count) => progress.say(() => `${count} of ${amount(wanted.length, 'session')} read`),
    // Asked for only now: there is a file to take away, and reading hears of no signal.
    onWrite: () => context.signal.throwIfAborted(),
  })
}

async function share(
  { store, id }: Resolved,
  format: ShareFormat,
  target: Parameters<typeof writeTarget>[0] | undefined,
  { out, json }: Context,
): Promise<number> {
  const pieces = shareText(openShared(store, id), format)
  if (target === undefined) for (const piece of pieces) out.data(piece)
  else {
    const length = await writeTarget(target, (write) => {
      for (const piece of pieces) write(Buffer.from(piece))
    })
    if (json) out.json({ file: target.file, bytes: length })
    else out.talk(`1 session, ${bytes(length)}, exported to ${target.file}`)
  }
  return 0
}

function tell(
  { sessions, bytes: length }: ExportReport,
  file: string | null,
  { out, json }: Context,
): void {
  for (const { id, left_out } of sessions) {
    const [first] = left_out
    if (first === undefined) continue
    const more = left_out.length === 1 ? '' : `, and ${left_out.length - 1} more`
    out.warn(`session ${id}: ${visibleLine(first.path)} was left out: ${first.why}${more}`)
  }
  if (json) out.json({ file, bytes: length, sessions: sessions.map(rowOf) })
  else {
    const open = sessions.filter(({ open_turn }) => open_turn).length
    const many = amount(sessions.length, 'session')
    const live = open === 0 ? '' : `; ${open} in the middle of a turn`
    out.talk(`${many}, ${bytes(length)}, exported${file === null ? '' : ` to ${file}`}${live}`)
  }
}

function rowOf({ files, ...session }: ArchivedSession): object {
  return { ...session, files: files.length }
}
