/** What a tool says in one turn: where its streams go, and what they came to in the end. */

import type { Readable } from 'node:stream'
import { cutText } from '../base/text.ts'
import type { Session } from '../session/session.ts'
import type { TurnResult } from '../session/turn.ts'
import { redactorOf } from '../store/access.ts'
import type { Store } from '../store/store.ts'
import type { Dialogue, PrintingAdapter, Stream } from '../tools/adapter.ts'
import type { Verdict } from '../tools/event.ts'
import { EventLines, summaryOf } from './events.ts'
import type { Launch } from './follow.ts'
import type { RunOptions } from './options.ts'
import { type Budget, longestText, OutputLines, type Pump, silentLines, startPump } from './pump.ts'
import type { Recorder } from './recorder.ts'
import type { SuperviseSpec } from './supervise.ts'
import { lastTotal, UsageMeter } from './usage.ts'

export interface Voice {
  readonly pumps: readonly Pump[]
  /** What the supervisor must know of it. */
  readonly conduct: Pick<SuperviseSpec, 'isWorking' | 'isDone' | 'over' | 'cancel'>
  /** What it came to; after the pumps have closed. `status` is the tool's exit status. */
  readonly end: (status: number | null) => Promise<Account>
}

/** What a tool itself lets know of its turn. */
export interface Account {
  /** How the tool itself says that the turn ended; undefined when it never did, or never does. */
  readonly verdict: Verdict | undefined
  /** It speaks in events, and its last one tells how the turn ended. */
  readonly hasLastWord: boolean
  /** The provider's session that was asked for, when the provider does not know it any more. */
  readonly lostId: string | undefined
  /** The tool says that it goes on with no conversation. */
  readonly cannotResume: boolean
  readonly isCompacted: boolean
  readonly facts: Pick<TurnResult, 'summary' | 'provider_session_id' | 'usage' | 'cost_usd'>
  /** What the size cap kept out of the transcript. */
  readonly leftOut: Budget['leftOut']
}

/** Starts to listen, before the tool is let go. */
export async function openVoice(
  store: Store,
  session: Session,
  launch: Launch,
  recorder: Recorder,
  options: RunOptions,
): Promise<Voice> {
  const { child, work, file } = launch
  const { adapter, continues } = work
  const used = session.state.journal.streamed_bytes ?? 0
  const budget: Budget = {
    left: Math.max(0, launch.settings.transcript_cap - used),
    leftOut: { entries: 0, bytes: 0 },
  }
  const common = { session, recorder, turn: launch.started.turn, budget, now: store.now }
  const [stdout, stderr] = (['stdout', 'stderr'] as const).map(
    (name) => new OutputLines({ ...common, name, redaction: redactorOf(store).openStream() }),
  ) as [OutputLines, OutputLines]
  let events: EventLines | undefined
  const { ask, isAsking } = heeded(options.ask)
  const stream = await openStream(launch, options.clientVersion, ask, (event) =>
    events?.event(event),
  )
  const dialogue = stream !== undefined && 'over' in stream ? stream : undefined
  const meter = meterOf(session, launch)
  if (stream !== undefined) {
    events = new EventLines({
      ...common,
      stream,
      tool: work.tool,
      meter,
      output: stdout,
      requested: continues?.act === 'resume' ? continues.id : undefined,
      given: work.given,
      show: options.show,
      onNotice: (text) => options.onNotice?.(text),
    })
  }
  const complaint = adapter && keepTail(child.stderr)
  // Redacted before it is cut: the half of a secret looks like none.
  const safe = (text = '') => redactorOf(store).text(cutText(text, longestText)).value
  const isShown = options.show !== undefined && !stream?.isText
  const shownOn = [options.stdout, options.stderr].filter((one) => one !== undefined)
  const pumps = (['stdout', 'stderr'] as const).map((name) =>
    startPump({
      lines: name === 'stderr' ? stderr : file !== undefined ? silentLines : (events ?? stdout),
      source: child[name],
      sink: options[name],
      ...(name === 'stdout' && isShown && { shownOn }),
      outlivesTerminal: options.ignoreHup === true,
      beforeWrite: (chunk) => options.onPassed?.(name, chunk),
      recorder,
      onTrouble: (error) => options.onNotice?.(`${name} cannot be passed on: ${error.message}`),
    }),
  )
  // Who can say nothing more is not waited for.
  void pumps[0]?.closed.then(() => dialogue?.end())
  if (file !== undefined && events !== undefined) {
    const onTrouble = (error: Error) => options.onNotice?.(error.message)
    pumps.push(file.follow(events, () => recorder.isFull, onTrouble))
  }
  return {
    pumps,
    conduct: {
      isWorking: () => isAsking() || (events?.isWorking ?? false),
      isDone: () => events?.isDone ?? false,
      ...(dialogue && { over: dialogue.over, cancel: dialogue.cancel }),
    },
    end: async (status) => {
      await dialogue?.end()
      const verdict = stream?.verdict()
      const complains =
        verdict === undefined &&
        !(stream?.endsByExit && status === 0) &&
        adapter?.isSessionLost?.(complaint?.() ?? '')
      const last = events?.last ?? verdict?.text ?? stdout.last ?? stderr.last
      return {
        verdict,
        hasLastWord: stream !== undefined && !stream.endsByExit,
        lostId: stream?.isSessionLost?.() || complains ? continues?.id : undefined,
        cannotResume: dialogue?.cannotResume() ?? false,
        isCompacted: events?.isCompacted ?? false,
        facts: {
          summary: summaryOf(safe(verdict?.outcome === 'failure' ? (verdict.text ?? last) : last)),
          provider_session_id: events?.provider ?? null,
          usage: meter.sum,
          cost_usd: meter.sum?.cost_usd ?? null,
        },
        leftOut: budget.leftOut,
      }
    },
  }
}

/** The reader of an agent's events; undefined for a plain command. */
async function openStream(
  { child, work, started }: Launch,
  clientVersion = 'unknown',
  ask: RunOptions['ask'],
  onEvent: EventLines['event'],
): Promise<Stream | Dialogue | undefined> {
  const { adapter, request } = work
  // A command line of the user's own is one of a tool that prints.
  if (request === undefined) return (adapter as PrintingAdapter | undefined)?.open()
  return await adapter?.open({
    request,
    cwd: started.cwd,
    clientVersion,
    write: (line) => child.stdin?.write(line),
    closeInput: () => child.stdin?.end(),
    onEvent,
    ...(ask === undefined ? {} : { ask }),
  })
}

/** Asks the person, and knows whether one is asked now: the call that it is about may be no call of the agent's own. */
function heeded(ask: RunOptions['ask']): { ask: RunOptions['ask']; isAsking: () => boolean } {
  let questions = 0
  const counting: typeof ask = async (...question) => {
    questions++
    try {
      return await ask?.(...question)
    } finally {
      questions--
    }
  }
  return { ask: ask && counting, isAsking: () => questions > 0 }
}

/** Totals of a conversation go on from those of this session, or of the one it was copied from. */
function meterOf(session: Session, { work, source }: Launch): UsageMeter {
  const { continues } = work
  const copied = continues?.act === 'fork' ? continues.id : undefined
  return new UsageMeter(
    (id) =>
      lastTotal(session.dir, id) ??
      (source === undefined || copied === undefined
        ? undefined
        : lastTotal(source, copied, work.tool)),
    continues === undefined,
  )
}

/** The end of what a stream said, in UTF-8. */
function keepTail(stream: Readable): () => string {
  let tail = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-8192)
  })
  return () => tail.toString('utf8')
}
