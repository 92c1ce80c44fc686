import {
  checkSession,
  Failure,
  type FileFinding,
  type FileReport,
  findingsOf,
  isTerminal,
  isThere,
  openRedactor,
  type Redactor,
  type Resolved,
  redactPath,
  redactSession,
  type SessionFinding,
  type SessionId,
  TextRedaction,
} from '../../lib/index.ts'
import { misused, refuseTogether } from '../argv.ts'
import { flag, type Handler, type Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { filter, readUntil } from '../filter.ts'
import { openProgress } from '../progress.ts'
import { amount } from '../render/amount.ts'
import { visibleLine } from '../render/visible.ts'
import { homeOf, resolve } from '../session.ts'

/** Takes secrets out of what passes through, or looks for them in sessions and files. */
export const handler: Handler = async (invocation, context) => {
  refuseTogether(invocation, 'check', 'fix')
  const fix = flag(invocation, 'fix')
  const { verb, positionals } = invocation
  if (fix || flag(invocation, 'check')) {
    if (fix && positionals.length === 0) throw misused(verb, '--fix needs REF, FILE or DIR')
    return look(invocation, context, fix)
  }
  if (positionals.length > 0) {
    throw misused(verb, 'a session, a file or a directory goes with --check or --fix')
  }
  if (context.json) throw misused(verb, '--json goes with --check or --fix')
  refuseTerminal(invocation)
  await filter(context, redactorOf(context))
  return 0
}

function redactorOf(context: Context): Redactor {
  return openRedactor(context.env, homeOf(context))
}

type Target = { readonly session: Resolved } | { readonly path: string }

/** Everything that was found, and what became of it. */
interface Report {
  readonly findings: (FileFinding | SessionFinding)[]
  /** How many were looked through. */
  files: number
  sessions: number
  readonly changed: ({ readonly file: string; readonly backup: string } | { session: string })[]
  readonly passedOver: { readonly why: string }[]
  /** Of the first that could not be looked at. */
  status: number
}

async function look(invocation: Invocation, context: Context, fix: boolean): Promise<number> {
  const targets = invocation.positionals.map((word) => targetOf(word, invocation, context))
  const report: Report = {
    ...{ findings: [], files: 0, sessions: 0 },
    ...{ changed: [], passedOver: [], status: 0 },
  }
  const found = (findings: readonly (FileFinding | SessionFinding)[]) => {
    for (const finding of findings) report.findings.push(finding)
    if (!context.json && findings.length > 0) context.out.data(findings.map(lineOf).join(''))
  }
  const redactor = redactorOf(context)
  if (targets.length === 0) {
    refuseTerminal(invocation)
    report.files++
    await checkInput(context, redactor, found)
  }
  using progress = openProgress(context)
  const search = async (target: Target) => {
    if ('session' in target) {
      const { store, id } = target.session
      const findings = fix ? await redactSession(store, id) : checkSession(store, id)
      report.sessions++
      found(findings)
      progress.say(() => `${amount(report.sessions, 'session')} looked through`)
      if (fix && countOf(findings) > 0) report.changed.push({ session: id })
    } else {
      for (const one of redactPath(target.path, { redactor, fix })) {
        note(one, report, context, found)
        progress.say(() => `${amount(report.files, 'file')} looked through`)
      }
    }
  }
  for (const target of targets) {
    try {
      await search(target)
    } catch (failure) {
      // The others are none the worse for it.
      if (!(failure instanceof Failure) || targets.length === 1) throw failure
      const what = 'session' in target ? { session: target.session.id } : { file: target.path }
      passOver(what, failure.message, report, context, failure)
    }
  }
  if (context.json) context.out.json(jsonOf(report, fix))
  summarise(report, context, fix)
  const isUnsearched = report.findings.some(({ rule }) => rule === 'error')
  const isAnswerNo = isUnsearched || (!fix && report.findings.length > 0)
  return report.status || (isAnswerNo ? 1 : 0)
}

/** What is a path is told by its form alone: a name never means one thing here and another there. */
function targetOf(word: string, invocation: Invocation, context: Context): Target {
  if (word.includes('/') || word === '.' || word === '..') return { path: word }
  try {
    return { session: resolve(invocation, context, word) }
  } catch (error) {
    throw isThere(word) ? withFile(error, word) : error
  }
}

function withFile(error: unknown, file: string): unknown {
  if (!(error instanceof Failure)) return error
  const { code, data } = error as Failure<'SESSION_UNKNOWN' | 'REF_MALFORMED'>
  return code === 'SESSION_UNKNOWN' || code === 'REF_MALFORMED'
    ? new Failure(code, { ...data, file } as never, { cause: error })
    : error
}

async function checkInput(
  { stdin, signal }: Context,
  redactor: Redactor,
  found: (findings: readonly FileFinding[]) => void,
): Promise<void> {
  const redaction = new TextRedaction(redactor)
  const give = (lines: ReturnType<TextRedaction['take']>) => {
    for (const { line, counts } of lines) {
      if (counts !== undefined) found(findingsOf('-', line, counts))
    }
  }
  for await (const chunk of readUntil(stdin, signal)) give(redaction.take(chunk))
  give(redaction.end())
  signal.throwIfAborted()
}

function note(
  one: FileReport,
  report: Report,
  context: Context,
  found: (findings: readonly FileFinding[]) => void,
): void {
  const { file } = one
  if ('why' in one) {
    passOver({ file }, one.why, report, context, one.failure)
    return
  }
  report.files++
  found(one.findings)
  const { backup } = one
  if (backup === undefined) return
  report.changed.push({ file, backup })
  if (context.json) return
  context.out.talk(`${file}: what it was is kept as ${backup}, with the secrets in it`)
}

function passOver(
  what: { readonly file: string } | { readonly session: SessionId },
  why: string,
  report: Report,
  { out }: Context,
  failure: Failure | undefined,
): void {
  report.passedOver.push({ ...what, ...(failure && { code: failure.code }), why })
  if (failure !== undefined) report.status ||= failure.status
  const name = 'file' in what ? what.file : `session ${what.session}`
  if (why === binary) return
  out.warn(why.startsWith(name) ? `passed over: ${why}` : `${name} was passed over: ${why}`)
}

/** The reason that is so common that it is only counted. */
const binary = 'it is binary'

function lineOf(finding: FileFinding | SessionFinding): string {
  const { rule, count } = finding
  return `${placeOf(finding)}: ${rule}${count > 1 ? ` x${count}` : ''}\n`
}

function placeOf(finding: FileFinding | SessionFinding): string {
  if (!('session' in finding)) return `${visibleLine(finding.file)}:${finding.line}`
  const { session, seq, file, line } = finding
  if (seq !== undefined) return `${session} seq ${seq}`
  return `${session} ${file}${line === undefined ? '' : `:${line}`}`
}

function jsonOf({ findings, files, sessions, changed, passedOver }: Report, fix: boolean): object {
  return { findings, files, sessions, ...(fix ? { changed } : {}), passed_over: passedOver }
}

function summarise(report: Report, { out, json }: Context, fix: boolean): void {
  const { findings } = report
  const unsearched = findings.filter(({ rule }) => rule === 'error').length
  if (unsearched > 0) {
    out.warn(`${amount(unsearched, 'place')} could not be searched and may hold secrets`)
  }
  if (json) return
  const secrets = countOf(findings)
  const files = new Set(findings.map((one) => ('session' in one ? undefined : one.file)))
  const sessions = new Set(findings.map((one) => ('session' in one ? one.session : undefined)))
  files.delete(undefined)
  sessions.delete(undefined)
  const part = (found: number, all: number, noun: string) =>
    all === 0 ? [] : secrets === 0 ? [amount(all, noun)] : [`${found} of ${amount(all, noun)}`]
  const where = [
    ...part(files.size, report.files, 'file'),
    ...part(sessions.size, report.sessions, 'session'),
  ].join(' and ')
  const none = unsearched === 0 ? 'no secrets' : 'no secrets found'
  const what = secrets === 0 ? none : amount(secrets, 'secret')
  const binaries = report.passedOver.filter(({ why }) => why === binary).length
  const rest = binaries === 0 ? '' : `; ${amount(binaries, 'binary file')} passed over`
  out.talk(`${what} ${fix && secrets > 0 ? 'taken out of' : 'in'} ${where || 'no file'}${rest}`)
}

function countOf(findings: readonly { rule: string; count: number }[]): number {
  return findings.reduce((sum, { rule, count }) => sum + (rule === 'error' ? 0 : count), 0)
}

function refuseTerminal({ verb }: Invocation): void {
  if (isTerminal(0)) {
    throw misused(verb, 'standard input is a terminal: pipe a text into it, or name what to check')
  }
}
