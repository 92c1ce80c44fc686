/** One turn with an agent that speaks the Agent Client Protocol on its standard input and output. */

import type {
  AnyMessage,
  ClientContext,
  RequestPermissionRequest,
  RequestPermissionResponse,
} from '@agentclientprotocol/sdk'
import { poll, sleep } from '../base/async.ts'
import { isTable } from '../base/decode.ts'
import { openUpdates, usageOf } from './acp-updates.ts'
import type { Permission } from './adapter.ts'
import type { EventData, ToolEvent, Verdict } from './event.ts'

export interface ConversationSpec {
  /** To the agent's standard input: a line with its LF. */
  readonly write: (line: string) => void
  /** Nothing is written after it. Called once, when the turn is over; agents then exit. */
  readonly closeInput: () => void
  /** In the order they happened, from within `take` or later. */
  readonly onEvent: (event: ToolEvent) => void
  readonly cwd: string
  readonly act: 'new' | 'resume' | 'fork' | 'compact'
  /** The session that is gone on with, or copied; absent for a new one. */
  readonly providerSession?: string
  readonly prompt: string
  readonly permission: Permission
  /** Asks a person when the permission is `ask`: gives the id of an option, or undefined for no. */
  readonly ask?: (question: Question, signal: AbortSignal) => Promise<string | undefined>
  readonly clientVersion: string
}

/** What an agent wants to be allowed to do, and what it can be answered. */
export type Question = Pick<RequestPermissionRequest, 'toolCall' | 'options'>

/** A turn that goes on. */
export interface Conversation {
  /**
   * Takes a line of the agent's standard output, without its LF; false when it is no message of the
   * protocol. Throws only what `onEvent` throws.
   */
  readonly take: (line: string) => boolean
  /** The agent's standard output has ended. */
  readonly end: () => void
  /** Asks the agent to stop; whether the turn was over within so many ms. */
  readonly cancel: (within: number) => Promise<boolean>
  /** How the turn ended; undefined when the agent was gone before it said so. */
  readonly done: Promise<Ending | undefined>
}

export interface Ending extends Verdict {
  /**
   * `session_lost`: the agent does not know the session any more; `unsupported`: it has no way to do
   * what was asked; `login_needed`: the user has to log in to it first.
   */
  readonly why?: 'session_lost' | 'unsupported' | 'login_needed'
}

/** Silence after a session was loaded, in ms, that ends the replay of its history. */
const quiet = 250
const longestReplay = 10_000

/** How long the agent may take to say which commands it has, in ms. */
const commandsWithin = 2_000

/** What compaction is called as a command. */
const compactions = ['compact', 'compress', 'summarize']

/** How many questions may wait for an answer; more are answered with no. */
const mostQuestions = 16

/** Begins a turn: what the agent says goes into `take` from now on. */
export async function converse(spec: ConversationSpec): Promise<Conversation> {
  const { client, methods, PROTOCOL_VERSION, RequestError } = await import(
    '@agentclientprotocol/sdk'
  )
  const updates = openUpdates()
  /** Aborts when nobody waits for an answer any more. */
  const stop = new AbortController()
  let session: string | undefined
  /** What is said before belongs to earlier turns, or to none. */
  let isPrompted = false
  let isCancelled = false
  let heard = 0
  /** Those of the agent's commands that compact. */
  let commands: readonly string[] | undefined

  const emit = (events: readonly ToolEvent[]) => events.forEach(spec.onEvent)

  // The SDK takes the answers and the requests. Updates do not go through it: it drops those of kinds
  // that it does not know, and says so on stderr; nor do answers to what was never asked.
  const awaited = new Set<unknown>()
  let input: ReadableStreamDefaultController<AnyMessage> | undefined
  const connection = client()
    .onRequest(methods.client.session.requestPermission, ({ params, signal }) =>
      answerPermission(params, signal),
    )
    .connect({
      readable: new ReadableStream({
        start: (controller) => {
          input = controller
        },
      }),
      writable: new WritableStream({
        write: (message) => {
          if ('id' in message && 'method' in message) awaited.add(message.id)
          spec.write(`${JSON.stringify(message)}\n`)
        },
      }),
    })
  const { agent } = connection

  let resolveDone: (ending: Ending | undefined) => void = () => undefined
  let rejectDone: (error: unknown) => void = () => undefined
  const done = new Promise<Ending | undefined>((resolve, reject) => {
    resolveDone = resolve
    rejectDone = reject
  })
  // Whoever waits for it gets the error all the same.
  done.catch(() => undefined)
  let isOver = false
  const settle = (ending: Ending | undefined) => {
    if (isOver) return
    isOver = true
    stop.abort()
    connection.close()
    spec.closeInput()
    try {
      emit(updates.end())
      resolveDone(ending)
    } catch (error) {
      rejectDone(error)
    }
  }

  const hear = (method: string, params: unknown) => {
    if (method !== methods.client.session.update) {
      if (isPrompted) emit([{ type: 'raw', data: { method, params } }])
      return
    }
    if (!isTable(params)) return
    // Another session of this connection is a subagent's.
    if (session !== undefined && params.sessionId !== session) return
    heard++
    commands = compactionsIn(params.update) ?? commands
    if (isPrompted) emit(updates.parse(params.update))
  }

  let questions = Promise.resolve()
  let waiting = 0
  /** Asks one question after the other. */
  const askUser = async (question: Question, signal: AbortSignal): Promise<string | undefined> => {
    const { ask } = spec
    if (ask === undefined || waiting >= mostQuestions) return undefined
    waiting++
    const answer = questions.then(() => (signal.aborted ? undefined : ask(question, signal)))
    const given = Promise.race([answer.catch(() => undefined), aborted(signal)])
    questions = given.then(() => undefined)
    try {
      return await given
    } finally {
      waiting--
    }
  }

  const answerPermission = async (
    { toolCall, options, sessionId }: RequestPermissionRequest,
    requested: AbortSignal,
  ): Promise<RequestPermissionResponse> => {
    const pick = (...kinds: readonly string[]) =>
      kinds.flatMap((kind) => options.filter((option) => option.kind === kind))[0]
    const signal = AbortSignal.any([requested, stop.signal])
    const isOurs = isPrompted && sessionId === session
    if (isOurs) emit(updates.introduce(toolCall))
    let option = pick('reject_once', 'reject_always')
    if (spec.permission === 'allow') option = pick('allow_once', 'allow_always')
    else if (spec.permission === 'ask' && isPrompted) {
      const id = await askUser({ toolCall, options }, signal)
      option = options.find(({ optionId }) => optionId === id) ?? option
    }
    // Nothing is asked for before there is a prompt.
    if (!isPrompted || signal.aborted) option = undefined
    if (option?.kind.startsWith('reject')) updates.decline(toolCall.toolCallId)
    const outcome: RequestPermissionResponse['outcome'] =
      option === undefined
        ? { outcome: 'cancelled' }
        : { outcome: 'selected', optionId: option.optionId }
    const method = methods.client.session.requestPermission
    if (isPrompted) emit([{ type: 'raw', data: { method, sessionId, toolCall, options, outcome } }])
    return { outcome }
  }

  const run = async (): Promise<Ending | undefined> => {
    let logins: readonly string[] = []
    let isOpening = false
    try {
      const hello: unknown = await agent.request(methods.agent.initialize, {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
        clientInfo: { name: 'stint', version: spec.clientVersion },
      })
      const { protocolVersion, authMethods, agentCapabilities } = isTable(hello) ? hello : {}
      if (protocolVersion !== PROTOCOL_VERSION) {
        const version = JSON.stringify(protocolVersion) ?? 'no'
        return cannot(`it speaks version ${version} of the protocol, not ${PROTOCOL_VERSION}`)
      }
      logins = namesOf(authMethods)
      isOpening = spec.providerSession !== undefined
      const opened = await openSession(
        agent,
        spec,
        isTable(agentCapabilities) ? agentCapabilities : {},
      )
      isOpening = false
      if (typeof opened !== 'string') return opened
      session = opened
      emit([{ type: 'provider_session', id: session }])
      if (spec.act !== 'new') await untilQuiet()
      let text = spec.prompt
      if (spec.act === 'compact') {
        await poll(() => commands, { timeout: commandsWithin, signal: stop.signal })
        const command = compactions.find((name) => commands?.includes(name))
        if (command === undefined) return cannot('it has no command that compacts')
        text = `/${command} ${text}`.trim()
      }
      if (stop.signal.aborted) return undefined
      isPrompted = true
      const answer: unknown = await agent.request(methods.agent.session.prompt, {
        sessionId: session,
        prompt: [{ type: 'text', text }],
      })
      const usage = usageOf(answer)
      if (usage !== undefined) emit([usage])
      const ending = endingOf(isTable(answer) ? answer.stopReason : undefined)
      if (spec.act === 'compact' && ending.outcome === 'success') emit([{ type: 'compacted' }])
      return ending
    } catch (error) {
      if (error instanceof RequestError) {
        const text = sentenceOf(error)
        // An agent that breaks off its work may well answer with what that broke.
        if (isCancelled) return { outcome: 'cancelled', text }
        return { outcome: 'failure', ...reasonOf(error.code, text, isOpening, logins) }
      }
      // The connection closes when the agent is gone; anything else is a bug.
      if (connection.signal.aborted) return undefined
      throw error
    }
  }

  /**
   * The replay of a loaded session may go on after the answer, and nothing in it says that it is one. It
   * is over when a while passes without an update: an agent that pauses for longer, with the rest of
   * its history still to come, has that taken for its answer to the prompt.
   */
  const untilQuiet = async () => {
    const deadline = performance.now() + longestReplay
    const slices = 5
    // Slices, so that time in which this process stood still does not count as silence.
    for (let silent = 0; silent < slices && performance.now() < deadline; silent++) {
      const before = heard
      await sleep(quiet / slices, stop.signal)
      if (stop.signal.aborted) return
      if (heard !== before) silent = -1
    }
  }

  run().then(settle, (error) => {
    rejectDone(error)
    settle(undefined)
  })
  let hasEnded = false
  return {
    take: (line) => {
      const message = parseMessage(line)
      if (message === undefined) return false
      const { method, id } = message
      if (typeof method === 'string' && !('id' in message) && !method.startsWith('$/')) {
        hear(method, message.params)
      } else if (!hasEnded && !connection.signal.aborted) {
        if (typeof method === 'string' || awaited.delete(id)) {
          input?.enqueue(message as unknown as AnyMessage)
        }
      }
      return true
    },
    end: () => {
      if (hasEnded) return
      hasEnded = true
      stop.abort()
      // What it said before is still read.
      if (!connection.signal.aborted) input?.close()
    },
    cancel: async (within) => {
      if (!isPrompted) {
        settle({ outcome: 'cancelled' })
      } else if (!isCancelled && !isOver && session !== undefined) {
        // The connection may close meanwhile, which is as good.
        agent.notify(methods.agent.session.cancel, { sessionId: session }).catch(() => undefined)
      }
      isCancelled = true
      stop.abort()
      const waited = new AbortController()
      const late = sleep(within, waited.signal).then(() => false)
      const over = done.then(
        () => true,
        () => true,
      )
      const inTime = await Promise.race([over, late])
      waited.abort()
      return inTime
    },
    done,
  }
}

/** The id of the session that the prompt goes to, or why there is none. */
async function openSession(
  agent: ClientContext,
  { act, cwd, providerSession: sessionId }: ConversationSpec,
  capabilities: EventData,
): Promise<string | Ending> {
  const place = { cwd, mcpServers: [] }
  const { loadSession, sessionCapabilities } = capabilities
  const has = (name: string) => isTable(sessionCapabilities) && isTable(sessionCapabilities[name])
  if (act === 'new' || sessionId === undefined) {
    const answer = await agent.request<unknown>('session/new', place)
    return idIn(answer) ?? { outcome: 'failure', text: 'the agent gave its session no id' }
  }
  if (act === 'fork') {
    if (!has('fork')) return cannot('it cannot fork a session')
    // Not in the SDK's stable part yet.
    const answer = await agent.request<unknown>('session/fork', { ...place, sessionId })
    return idIn(answer) ?? { outcome: 'failure', text: 'the agent gave its session no id' }
  }
  const method = has('resume')
    ? 'session/resume'
    : loadSession === true
      ? 'session/load'
      : undefined
  if (method === undefined) return cannot('it cannot go on with a session')
  return idIn(await agent.request<unknown>(method, { ...place, sessionId })) ?? sessionId
}

function idIn(answer: unknown): string | undefined {
  const id = isTable(answer) ? answer.sessionId : undefined
  return typeof id === 'string' && id !== '' ? id : undefined
}

function cannot(problem: string): Ending {
  return { outcome: 'failure', text: `the agent cannot do this: ${problem}`, why: 'unsupported' }
}

function endingOf(stopReason: unknown): Ending {
  switch (stopReason) {
    case 'end_turn':
      return { outcome: 'success' }
    case 'cancelled':
      return { outcome: 'cancelled' }
    case 'refusal':
      return { outcome: 'failure', text: 'the agent refused to go on' }
    case 'max_tokens':
      return { outcome: 'failure', text: 'the model has reached its limit of tokens' }
    case 'max_turn_requests':
      return {
        outcome: 'failure',
        text: 'the agent has made as many requests as one turn may have',
      }
    default:
      return {
        outcome: 'failure',
        text: `the agent stopped for a reason that is not known: ${JSON.stringify(stopReason)}`,
      }
  }
}

/** The message of a JSON-RPC error, and what its data says beside it. */
function sentenceOf({ message, data }: { message: string; data?: unknown }): string {
  const more = isTable(data) ? (data.details ?? data.message) : data
  return typeof more === 'string' && more !== '' && !message.includes(more)
    ? `${message}: ${more}`
    : message
}

/** Agents have no common way to say that a session is gone: some have the code, all say it in words. */
function reasonOf(
  code: number,
  text: string,
  isOpening: boolean,
  logins: readonly string[],
): Pick<Ending, 'text' | 'why'> {
  const authRequired = -32000
  const notFound = -32002
  const methodMissing = -32601
  if (code === authRequired && (logins.length > 0 || /auth|log ?in/i.test(text))) {
    const ways = logins.length === 0 ? '' : ` (its ways to log in: ${logins.join(', ')})`
    return { text: `${text}${ways}`, why: 'login_needed' }
  }
  const isLost =
    code === notFound ||
    (code !== methodMissing &&
      /session|conversation|thread/i.test(text) &&
      /not ?found|no\b.*\bfound|no such|unknown|invalid|not exist/i.test(text))
  return isOpening && isLost ? { text, why: 'session_lost' } : { text }
}

function namesOf(methods: unknown): readonly string[] {
  if (!Array.isArray(methods)) return []
  return methods.flatMap((it: unknown) => {
    const name = isTable(it) ? (it.name ?? it.id) : undefined
    return typeof name === 'string' ? [name] : []
  })
}

/** The commands in an update that compact; undefined when it is not about commands. */
function compactionsIn(update: unknown): readonly string[] | undefined {
  if (!isTable(update) || update.sessionUpdate !== 'available_commands_update') return undefined
  if (!Array.isArray(update.availableCommands)) return undefined
  const names = update.availableCommands.map((it: unknown) => (isTable(it) ? it.name : undefined))
  return compactions.filter((name) => names.includes(name))
}

/** A JSON-RPC message; no batch, which the protocol does not have. */
function parseMessage(line: string): EventData | undefined {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isTable(message) || message.jsonrpc !== '2.0') return undefined
  const { id } = message
  const hasId = id === null || typeof id === 'string' || typeof id === 'number'
  if ('method' in message) {
    return typeof message.method === 'string' && (hasId || !('id' in message)) ? message : undefined
  }
  return hasId && ('result' in message || 'error' in message) ? message : undefined
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
