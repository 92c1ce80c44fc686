/** A thrown value to what is printed and the exit status. */

import { type Failure, systemFailure } from '../lib/index.ts'
import type { Verb } from './command.ts'
import { styleOf } from './render/style.ts'
import { visible } from './render/visible.ts'

/** What lib has of a Failure; each bundle may carry a class of its own, so the shape decides. */
interface FailureLike {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly data: unknown
  readonly status: number
}

/** A failure as it is shown. `INTERNAL` is the code of a bug; every other one is lib's. */
export interface Report extends FailureLike {
  /** Where it was thrown; made when it is read, which takes a while. */
  readonly stack: string | undefined
}

/** Loads what is needed to say a failure, where it lies in a file of its own. */
export function prepareReports(): void {}

/**
 * What a thrown value means to the caller of `verb`.
 *
 * A verb that runs a tool gives way to the tool's own statuses: whatever kept the tool from starting
 * is 125, save wrong usage (2), what the tool's program itself is blamed for (126, 127) and an
 * interruption (130).
 */
export function reportOf(error: unknown, verb?: Verb): Report {
  const { code, message, hint, data, status } = failureOf(error) ?? {
    code: 'INTERNAL',
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    hint: 'this is a mistake in stint itself; STINT_DEBUG=1 shows where',
    data: {},
    status: 1,
  }
  const keeps = !verb?.runs || [2, 126, 127, 130].includes(status)
  return {
    ...{ code, message, hint, data },
    status: keeps ? status : 125,
    get stack() {
      return error instanceof Error ? stackOf(error) : undefined
    },
  }
}

/** The text for stderr: `error[CODE]: …` and a hint, or one line of JSON. */
export function formatReport(
  report: Report,
  options: {
    readonly json: boolean
    readonly color: boolean
    readonly debug: boolean
    /** The words that say which project or store is meant. */
    readonly place?: readonly string[]
  },
): string {
  const { code, message, data } = report
  const hint = report.hint && pointed(report.hint, options.place ?? [])
  const stack = options.debug ? report.stack : undefined
  if (options.json) {
    return `${JSON.stringify({ error: { code, message, hint, data, stack } })}\n`
  }
  const style = styleOf(options.color)
  const lines = [`${style.bold(style.red(`error[${code}]`))}: ${visible(message)}`]
  if (hint !== undefined) lines.push(`${style.cyan('hint')}: ${visible(hint)}`)
  if (stack !== undefined) lines.push(visible(stack))
  return `${lines.join('\n')}\n`
}

/** The commands of a hint, pointed at where the one that failed was pointed at. */
function pointed(hint: string, place: readonly string[]): string {
  return hint.replace(
    /`stint (?!project )([a-z-]+)(?=[ `])(?![^`]* --(?:all-projects|help)\b)/g,
    (start, verb) =>
      // The one verb of a hint that looks in one project only.
      [start, ...place.filter((word) => verb !== 'trash' || word !== '--all-projects')].join(' '),
  )
}

/** What went wrong first: that letting go of something went wrong after it does not count. */
export function firstOf(error: unknown): unknown {
  return error instanceof Error && error.name === 'SuppressedError'
    ? firstOf((error as Error & { suppressed?: unknown }).suppressed)
    : error
}

function failureOf(thrown: unknown): FailureLike | undefined {
  const error = firstOf(thrown)
  if (!(error instanceof Error)) return undefined
  if (isFailureLike(error)) return error
  if (error.name === 'AbortError' && error.cause instanceof Error) return failureOf(error.cause)
  return escaped(error)
}

function isFailureLike(error: Error): error is Error & FailureLike {
  const { code, status } = error as Error & { code?: unknown; status?: unknown }
  return error.name === 'Failure' && typeof code === 'string' && typeof status === 'number'
}

/** The last resort for an error of a system call that nobody below gave a meaning to. */
function escaped(error: NodeJS.ErrnoException & { dest?: string }): Failure | undefined {
  const { syscall, path = error.dest ?? syscall } = error
  return syscall === undefined ? undefined : systemFailure(error, path as string)
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error)
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own
}
