import {
  Failure,
  findCaller,
  hasInput,
  isTerminal,
  type Resolved,
  type RunReport,
  type RunTarget,
  readConfig,
  resolveRef,
  runTurn,
  type SessionId,
  type Store,
  type Task,
} from '../../lib/index.ts'
import { misused, refuseTogether } from '../argv.ts'
import { duration, flag, given, type Handler, type Invocation, text } from '../command.ts'
import { type Context, columnsOf } from '../context.ts'
import { canDraw } from '../progress.ts'
import { questioner } from '../question.ts'
import { styleOf } from '../render/style.ts'
import { endText, TurnView } from '../render/turn.ts'
import { findMistyped, homeOf, pathOf, placeOf, resolve, storeOf, warnInside } from '../session.ts'
import { taskOf } from '../task.ts'
import { version } from '../version.ts'

/** How long `--wait` without a duration waits, in ms: in effect, until it may. */
const anyTime = 365 * 86_400_000

/** Runs a turn in a new session, or in the one that is named. */
export const handler: Handler = async (invocation, context) => {
  const { store, found } = aimOf(invocation, context)
  const config = readConfig(context.env, homeOf(context))
  const task = await taskOf(invocation, context, config.settings, found)
  const isAgent = task.kind !== 'command' || task.tool !== undefined
  const isInteractive = task.kind === 'interactive' || (task.kind === 'command' && task.interactive)
  // A person can answer only where there is one.
  const canAsk = isTerminal(0) && isTerminal(2)
  // The line with the session's id is the first one; what else there is to say comes after it.
  const warnings = [...config.warnings, ...staleTurn(store, context)]
  const speak = () => {
    for (const warning of warnings.splice(0)) context.out.warn(warning)
  }
  const isShown = isAgent && !isInteractive && !context.json && !flag(invocation, 'raw')
  const view = isShown ? viewOf(context) : undefined
  const isPassed = !isShown && !context.json && isTerminal(2)
  const calledIn = found && context.cwd
  const report = await runTurn(store, {
    task,
    config,
    timeout: duration(invocation, 'timeout'),
    idleTimeout: duration(invocation, 'idle-timeout'),
    get cwd() {
      return context.cwd
    },
    target:
      found === undefined
        ? newTarget(invocation, store)
        : resumeTarget(invocation, context, found.id),
    ignoreHup: flag(invocation, 'no-hup'),
    // An agent that is given its prompt waits for an open input, and takes it for more of it.
    stdin: task.kind === 'command' && hasInput(),
    ...(view && {
      show: (event) => view.take(event),
      onPassed: (name, chunk) => {
        if (name === 'stderr') view.yieldTo(chunk)
      },
      onStop: () => view.yield(),
    }),
    ...(isPassed && { onPassed: endingLines(context) }),
    ...(context.json ? {} : { stdout: context.stdout }),
    stderr: context.stderr,
    signals: context.signals,
    clientVersion: version,
    ...(canAsk ? { ask: questioner(context, view) } : {}),
    ...given({
      chdir: pathIn(invocation, context, 'cwd'),
      idFile: pathIn(invocation, context, 'id-file'),
    }),
    onStarted: ({ id, turn, cwd }) => {
      view?.yield()
      context.out.talk(`session ${id} turn ${turn}`)
      speak()
      if (found !== undefined && cwd !== calledIn) context.out.talk(`in ${cwd}`)
    },
    onNotice: (notice) => {
      view?.yield()
      context.out.warn(notice)
    },
  }).finally(() => {
    view?.end()
    speak()
  })
  const isGone = invocation.verb.name === 'run' && flag(invocation, 'ephemeral')
  const place = isGone ? undefined : placeOf(invocation)
  // What a tool leaves open when it ends well is over too.
  if (report.result.outcome !== 'success') view?.endBadly()
  if (isShown) context.out.styled(endText(report, styleOf(context.color.stderr), place))
  if (canAsk && !context.json && wantedTerminal(task, report)) {
    context.out.talk('the shell was given no terminal; --interactive gives it one')
  }
  return finish(report, invocation, context)
}

/** The session that goes on, where one is named, and the store of the turn. */
function aimOf(
  invocation: Invocation,
  context: Context,
): { readonly store: Store; readonly found: Resolved | undefined } {
  const ref = refOf(invocation)
  const found = ref === undefined ? undefined : resolve(invocation, context, ref)
  const isWaiting = flag(invocation, 'wait')
  if (found === undefined && isWaiting) {
    throw misused(invocation.verb, '--wait is for a session that is there already')
  }
  const store = found?.store ?? storeOf(invocation, context)
  const mistyped = findMistyped(store, invocation)
  if (mistyped !== undefined) throw new Failure('CWD_GONE', { cwd: mistyped })
  if (found !== undefined && isWaiting) warnInside(store, found.id, context)
  return { store, found }
}

/** A shell reads what it is to do, and without a terminal finds nothing. */
function wantedTerminal(task: Task, { result }: RunReport): boolean {
  if (task.kind !== 'command' || task.tool !== undefined || task.interactive) return false
  const [program = '', ...words] = task.argv
  const isShell = /(?:^|\/)(?:ba|c|da|fi|k|mk|tc|z)?sh$/.test(program)
  // Of its entries there are those of its start and its end.
  return isShell && words.every((word) => word.startsWith('-')) && result.events_count === 2
}

function finish(
  { result, status, recorded, failure }: RunReport,
  invocation: Invocation,
  context: Context,
): number {
  if (failure !== undefined) {
    const what = recorded ? '' : "the turn's end is not in the journal: "
    context.out.warn(`${what}${failure.message}`)
  }
  if (!context.json) return status
  try {
    context.out.json(result)
    return status
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'OutputClosed') throw error
    // The tool has run: 125 would say that it never started.
    const { session_id, turn } = result
    const words = ['stint result', ...placeOf(invocation), session_id, `--turn ${turn} --json`]
    const again = `\`${words.join(' ')}\` prints it again`
    context.out.warn(`the result cannot be printed: ${error.message}; ${again}`)
    return status || 7
  }
}

/** The REF of the session that goes on. */
function refOf(invocation: Invocation): string | undefined {
  const { verb, positionals } = invocation
  if (verb.name !== 'run') return positionals[0] ?? ''
  refuseTogether(invocation, 'session', 'last', 'fork', 'ephemeral')
  const ref = flag(invocation, 'last') ? '@last' : text(invocation, 'session')
  if (ref === undefined) return undefined
  for (const name of ['name', 'description', 'parent', 'shared']) {
    refuseTogether(invocation, name, 'session')
    refuseTogether(invocation, name, 'last')
  }
  return ref
}

function newTarget(invocation: Invocation, store: Store): RunTarget {
  refuseTogether(invocation, 'parent', 'fork')
  const parent = text(invocation, 'parent')
  const fork = text(invocation, 'fork')
  return {
    kind: 'new',
    ...given({
      name: text(invocation, 'name'),
      description: text(invocation, 'description'),
      parent: parent === undefined ? undefined : resolveRef(store, parent).id,
      fork: fork === undefined ? undefined : resolveRef(store, fork).id,
    }),
    ephemeral: flag(invocation, 'ephemeral'),
    shared: flag(invocation, 'shared'),
  }
}

function resumeTarget(invocation: Invocation, context: Context, id: SessionId): RunTarget {
  if (!flag(invocation, 'wait')) return { kind: 'resume', id }
  const wait = duration(invocation, 'wait') ?? anyTime
  return { kind: 'resume', id, wait, signal: context.signal }
}

function viewOf(context: Context): TurnView {
  return new TurnView({
    write: (words) => {
      if (context.stdout.writable) context.stdout.write(words)
    },
    talk: (words) => {
      context.stderr.write(words)
    },
    isQuiet: context.quiet,
    style: styleOf(context.color.stderr),
    isTerminal: isTerminal(1),
    isLive: isTerminal(2) && !context.quiet,
    canDraw: () => canDraw(context),
    columns: () => columnsOf(context.stderr),
  })
}

/** Has what is said at the terminal begin a line of its own, where the tool's output ends within one. */
function endingLines({ out, stderr }: Context): (name: string, chunk: Uint8Array) => void {
  const isOutThere = isTerminal(1)
  let isOpen = false
  out.beforeWriting(() => {
    if (isOpen) stderr.write('\n')
    isOpen = false
  })
  return (name, chunk) => {
    if (name === 'stderr' || isOutThere) isOpen = chunk.at(-1) !== 10
  }
}

/** A terminal multiplexer hands on for ever what it was started with. */
function staleTurn(store: Store, context: Context): string[] {
  const isStale =
    Boolean(context.env.STINT_SESSION_ID) && findCaller(store)?.store.dir !== store.dir
  return isStale
    ? [
        'STINT_SESSION_ID names no open turn of this project; this session is no child of it (a shell that kept it: `unset STINT_SESSION_ID`)',
      ]
    : []
}

function pathIn(invocation: Invocation, context: Context, name: string): string | undefined {
  const typed = text(invocation, name)
  return typed === undefined ? undefined : pathOf(context, typed)
}
