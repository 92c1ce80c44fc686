/** One turn with an agent that speaks the Agent Client Protocol on its standard input and output. */

import type { AnyMessage, ClientContext, RequestPermissionRequest } from '@agentclientprotocol/sdk'
import { poll, sleep } from '../base/async.ts'
import { isTable } from '../base/decode.ts'
import { openPermissions } from './acp-permission.ts'
import { openUpdates, usageOf } from './acp-updates.ts'
import type { OpenSpec, TurnRequest } from './adapter.ts'
import type { ToolEvent, Verdict } from './event.ts'
import { type Fields, fieldsIn, isSince, messageIn, readFields, textIn } from './fields.ts'

export type ConversationSpec = Omit<OpenSpec, 'request'> &
  Pick<TurnRequest, 'act' | 'prompt' | 'permission' | 'providerSession' | 'primed'>

/** A turn that goes on. */
export interface Conversation {
  /**
   * Takes a line of the agent's standard output, without its LF; false when it is no message of the
   * protocol. Throws only what `onEvent` throws.
   */
  readonly take: (line: string) => boolean
  /** Nothing more comes: what was begun and never said whole. */
  readonly rest: () => readonly ToolEvent[]
  /** The agent's standard output has ended. */
  readonly end: () => void
  /** Asks the agent to stop; whether the turn was over within so many ms. */
  readonly cancel: (within: number) => Promise<boolean>
  /** How the turn ended; undefined when the agent was gone before it said so. */
  readonly done: Promise<Ending | undefined>
  /** Whether the agent has said that it goes on with no session. */
  readonly cannotResume: () => boolean
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

/** How long it may take to say which sessions it has, in ms, and in how many answers. */
const listWithin = 5_000
const mostLists = 100

/** Agents cut a list at 50, and do not say so: a session is missed in a shorter one alone. */
const longestList = 40

/** How much of what an agent refuses with is read for its reason, in UTF-16 units. */
const longestSentence = 4_096

/** What compaction is called as a command. */
const compactions = ['compact', 'compress', 'summarize']

/** Begins a turn: what the agent says goes into `take` from now on. */
export async function converse(spec: ConversationSpec): Promise<Conversation> {
  const { client, methods, PROTOCOL_VERSION, RequestError } = await import(
    '@agentclientprotocol/sdk'
  )
  /** Claude's agents give the cost of their process: in each turn it begins at 0. */
  let countsAnew = false
  const updates = openUpdates(() => countsAnew)
  /** Aborts when nobody waits for an answer any more. */
  const stop = new AbortController()
  let session: string | undefined
  /** What is said before belongs to earlier turns, or to none. */
  let isPrompted = false
  let isCancelled = false
  let heard = 0
  let cannotResume = false
  let isBroken = false
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
    isBroken = statusIn(params.update) ?? isBroken
    if (isPrompted) emit(updates.parse(params.update))
  }

  const permit = openPermissions(spec, stop.signal)
  const answerPermission = async (request: RequestPermissionRequest, signal: AbortSignal) => {
    // Nothing is to be allowed before there is a prompt.
    if (!isPrompted) return { outcome: { outcome: 'cancelled' } } as const
    const { toolCall, sessionId } = request
    if (sessionId === session) emit(updates.introduce(toolCall))
    const { outcome, isDeclined } = await permit(request, signal)
    if (isDeclined) updates.decline(toolCall.toolCallId)
    const method = methods.client.session.requestPermission
    if (!isOver) emit([{ type: 'raw', data: { method, ...request, outcome } }])
    return { outcome }
  }

  const run = async (): Promise<Ending | undefined> => {
    let logins: readonly string[] = []
    const endingFor = (error: unknown, isOpening: boolean): Ending | undefined => {
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
    try {
      const hello: unknown = await agent.request(methods.agent.initialize, {
        protocolVersion: PROTOCOL_VERSION,
        clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
        clientInfo: { name: 'stint', version: spec.clientVersion },
      })
      const told = isTable(hello) ? hello : {}
      const { protocolVersion, authMethods } = told
      const about = fieldsIn(told, 'agentInfo')
      // Before that it counted what its process cost, and not, as the protocol has it, its session.
      const isClaude = /\bclaude\b/i.test(textIn(about, 'name') ?? '')
      countsAnew = isClaude && !isSince('0.80.0', textIn(about, 'version'))
      if (protocolVersion !== PROTOCOL_VERSION) {
        const version = JSON.stringify(protocolVersion) ?? 'no'
        return cannot(`it speaks version ${version} of the protocol, not ${PROTOCOL_VERSION}`)
      }
      logins = namesOf(authMethods)
      const capabilities = fieldsIn(told, 'agentCapabilities')
      cannotResume = resumptionIn(capabilities) === undefined
      const open = async (act: ConversationSpec['act']) => {
        try {
          return await openSession(agent, { ...spec, act }, capabilities)
        } catch (error) {
          const ending = endingFor(error, act !== 'new')
          const isVague = act !== 'new' && ending?.outcome === 'failure' && !('why' in ending)
          if (!isVague || !has(capabilities, 'list')) return ending
          const late = sleep(listWithin, stop.signal).then(() => false)
          const isLost = await Promise.race([isUnlisted(agent, spec), late])
          return isLost ? ({ ...ending, why: 'session_lost' } as const) : ending
        }
      }
      let opened = await open(spec.act)
      const primed = isUncopied(opened) && spec.act === 'fork' ? spec.primed : undefined
      if (primed !== undefined) opened = await open('new')
      if (opened === undefined || 'outcome' in opened) return opened
      session = opened.id
      emit([
        {
          type: 'provider_session',
          id: session,
          ...(primed === undefined ? {} : { primed_from: primed.from }),
        },
      ])
      if (opened.replays) await untilQuiet()
      let text = primed?.prompt ?? spec.prompt
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
      emit(usageOf(answer))
      let ending = endingOf(isTable(answer) ? answer.stopReason : undefined)
      if (isBroken && ending.outcome === 'success') {
        ending = { outcome: 'failure', text: 'the agent says that its conversation is in error' }
      }
      if (spec.act === 'compact' && ending.outcome === 'success') emit([{ type: 'compacted' }])
      return ending
    } catch (error) {
      return endingFor(error, false)
    }
  }

  /**
   * The replay of a loaded session may go on after the answer, and nothing in it says that it is one. It
   * is over when a while passes without an update. Of an agent that pauses for longer, or goes on for
   * longer than `longestReplay`, the rest of the history is taken for its answer to the prompt.
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
      } else if (typeof method === 'string' || awaited.delete(id)) {
        const isOpen = !hasEnded && !connection.signal.aborted
        if (isOpen) input?.enqueue(message as unknown as AnyMessage)
      }
      return true
    },
    rest: updates.rest,
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
    cannotResume: () => cannotResume,
  }
}

/** A session that takes prompts. */
interface Opened {
  readonly id: string
  /** Whether its history is sent again. */
  readonly replays: boolean
}

/** Makes the session that the prompt goes to, or says why there is none. */
async function openSession(
  agent: ClientContext,
  { act, cwd, providerSession: sessionId }: ConversationSpec,
  capabilities: Fields,
): Promise<Opened | Ending> {
  const place = { cwd, mcpServers: [] }
  const request = async (method: string, params: object, known?: string) => {
    const id = idIn(await agent.request<unknown>(method, params)) ?? known
    return id === undefined
      ? ({ outcome: 'failure', text: 'the agent gave its session no id' } as const)
      : { id, replays: method === 'session/load' || method === 'session/fork' }
  }
  if (act === 'new') return await request('session/new', place)
  const params = { ...place, sessionId }
  if (act === 'fork') {
    return has(capabilities, 'fork')
      ? await request('session/fork', params)
      : cannot('it cannot fork a session')
  }
  const method = resumptionIn(capabilities)
  if (method === undefined) return cannot('it cannot go on with a session')
  return await request(method, params, sessionId)
}

/**
 * Whether the agent lists its sessions, and not this one: opencode says of one that is lost that it
 * failed. One of another directory may be in the list of all directories only.
 */
async function isUnlisted(agent: ClientContext, spec: ConversationSpec): Promise<boolean> {
  const { cwd, providerSession } = spec
  const isListed = (place: { readonly cwd?: string }) =>
    findListed(agent, providerSession, place).catch(() => undefined)
  return (await isListed({ cwd })) === false && (await isListed({})) !== true
}

/** Whether the session is in the agent's list; undefined when the list may be cut. */
async function findListed(
  agent: ClientContext,
  sessionId: string | undefined,
  place: { readonly cwd?: string },
): Promise<boolean | undefined> {
  let cursor: unknown
  for (let lists = 0; lists < mostLists; lists++) {
    const params = { ...place, ...(cursor === undefined ? {} : { cursor }) }
    const answer = await agent.request<unknown>('session/list', params)
    const { sessions, nextCursor } = isTable(answer) ? answer : {}
    if (!Array.isArray(sessions)) return undefined
    if (sessions.some((one: unknown) => isTable(one) && one.sessionId === sessionId)) return true
    cursor = nextCursor ?? undefined
    if (cursor === undefined) return sessions.length < longestList ? false : undefined
  }
  return undefined
}

/** How the agent goes on with a session; undefined when it does not. */
function resumptionIn(capabilities: Fields): string | undefined {
  if (has(capabilities, 'resume')) return 'session/resume'
  return capabilities.loadSession === true ? 'session/load' : undefined
}

function has({ sessionCapabilities }: Fields, name: string): boolean {
  return isTable(sessionCapabilities) && isTable(sessionCapabilities[name])
}

/** Whether there is no way to what was to be gone on with, and nothing else is wrong. */
function isUncopied(opened: Opened | Ending | undefined): boolean {
  const why = opened !== undefined && 'why' in opened ? opened.why : undefined
  return why === 'unsupported' || why === 'session_lost'
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
        text:
          stopReason === undefined
            ? 'the agent did not say why it stopped'
            : `the agent stopped for a reason that is not known: ${JSON.stringify(stopReason)}`,
      }
  }
}

/** The message of a JSON-RPC error, and what its data says beside it. */
function sentenceOf({ message: told, data }: { message: string; data?: unknown }): string {
  // The provider's own error may stand at the end of it, as JSON.
  const start = told.endsWith('}') ? told.indexOf('{') : -1
  const message =
    start < 0 ? told : told.slice(0, start) + (messageIn(told.slice(start)) ?? told.slice(start))
  const more = isTable(data) ? (data.details ?? messageIn(data)) : data
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
  if (isOpening && code === methodMissing) return { text, why: 'unsupported' }
  // The second search takes time by the square of the length.
  const head = text.slice(0, longestSentence)
  const isLost =
    code === notFound ||
    (/session|conversation|thread/i.test(head) &&
      /not ?found|no\b.*\bfound|no such|unknown|invalid|not exist/i.test(head))
  return isOpening && isLost ? { text, why: 'session_lost' } : { text }
}

function namesOf(methods: unknown): readonly string[] {
  if (!Array.isArray(methods)) return []
  return methods.flatMap((it: unknown) => {
    const name = isTable(it) ? (it.name ?? it.id) : undefined
    return typeof name === 'string' ? [name] : []
  })
}

/**
 * Whether codex's agent says that its conversation is in error: it tells of a refusal as of an answer, and
 * ends the turn as any other. Undefined when the update is not about that.
 */
function statusIn(update: unknown): boolean | undefined {
  const meta = isTable(update) ? fieldsIn(update, '_meta') : {}
  const status = fieldsIn(meta, 'codex').threadStatus
  return isTable(status) ? status.type === 'systemError' : undefined
}

/** The commands in an update that compact; undefined when it is not about commands. */
function compactionsIn(update: unknown): readonly string[] | undefined {
  if (!isTable(update) || update.sessionUpdate !== 'available_commands_update') return undefined
  if (!Array.isArray(update.availableCommands)) return undefined
  const names = update.availableCommands.map((it: unknown) => (isTable(it) ? it.name : undefined))
  return compactions.filter((name) => names.includes(name))
}

/** A JSON-RPC message; no batch, which the protocol does not have. */
function parseMessage(line: string): Fields | undefined {
  const message = readFields(line)
  if (message?.jsonrpc !== '2.0') return undefined
  const { id } = message
  const hasId = id === null || typeof id === 'string' || typeof id === 'number'
  if ('method' in message) {
    return typeof message.method === 'string' && (hasId || !('id' in message)) ? message : undefined
  }
  return hasId && ('result' in message || 'error' in message) ? message : undefined
}
