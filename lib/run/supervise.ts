/** One tool from its start to its end: signals, deadlines, and the last bytes of its pipes. */

import { sleep } from '../base/async.ts'
import { canBeContinued, isChildStopped, stopSelf } from '../os/process.ts'
import type { Child, Exit } from '../os/spawn.ts'
import type { Pump } from './pump.ts'

/** The signals of terminals and service managers: they ask for the turn's end. */
export const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * What batch systems warn with, and an alarm(2) that was set before exec: what a tool makes of one is its
 * own business, and only of one that it dies of its turn was interrupted.
 */
const warningSignals = ['SIGALRM', 'SIGUSR1', 'SIGUSR2', 'SIGXCPU'] as const

export type PassedSignal = (typeof endingSignals)[number] | (typeof warningSignals)[number]

/** The signals that are passed on to the tool. Each would end this process, and not its tool. */
export const passedSignals: readonly PassedSignal[] = [...endingSignals, ...warningSignals]

/** How signals reach this process: real ones in a command, made ones in a test. */
export interface SignalSource {
  readonly on: (signal: NodeJS.Signals, handler: () => void) => void
  readonly off: (signal: NodeJS.Signals, handler: () => void) => void
}

export interface Limits {
  /** Of the whole turn, in ms. */
  readonly timeout: number | undefined
  /** Of its silence, in ms. */
  readonly idleTimeout: number | undefined
  /** Between TERM and KILL, in ms. */
  readonly killGrace: number
}

export interface Ending {
  readonly exit: Exit
  /** What stint ended the tool for: a deadline, `kill`, or the session is another machine's now. */
  readonly endedFor: 'timeout' | 'idle' | 'kill' | 'lease' | undefined
  /** The first signal passed on that asked for the end, or the warning that the tool died of. */
  readonly interruptedBy: PassedSignal | undefined
  /** It was over, and did not leave until it was told to. */
  readonly isDismissed: boolean
}

export interface SuperviseSpec {
  readonly child: Child
  readonly pumps: readonly Pump[]
  readonly limits: Limits
  readonly signals: SignalSource
  /** HUP is left alone: the terminal may go away. */
  readonly ignoreHup: boolean
  /** Whether this machine may not write the session any more. */
  readonly isLeaseLost: () => boolean
  /** Whether somebody wants the turn to end. Of tools only one that can be asked hears of it from here. */
  readonly isKillRequested: () => boolean
  /** When the tool has nothing more to do: it is expected to leave by itself. */
  readonly over?: Promise<void>
  /** Asks the tool to stop, in its own words; whether it has within so many ms. */
  readonly cancel?: (within: number) => Promise<boolean>
  /** Whether the tool waits for something of its own, or for a person: its silence means nothing then. */
  readonly isWorking: () => boolean
  /** Whether the tool said how its turn ended: one that is silent then is ended, not timed out. */
  readonly isDone: () => boolean
  /** Called before this process stops itself. */
  readonly onStop?: (() => void) | undefined
  /** Called the first time that a signal does not reach the tool, since it is another user's. */
  readonly onRefused?: () => void
  /** Called when the tool has exited, before its pipes are drained: others may hold them. */
  readonly onExit?: (ending: Ending) => Promise<void>
}

/** How often it is looked whether the turn is to end, where no deadline comes before, in ms. */
const tick = 1_000

/** The same where `stint kill` waits for the tool to be asked. */
const hearingTick = 100

/** How often it is looked whether a tool stopped itself, in ms: on macOS that starts a program. */
const stopTick = 250

/** How long a tool that is over may take to leave, and one to heed what it is asked, in ms. */
export const farewell = 2_000

/** So much later than `stint kill`, which sends its signals itself and says so: it may be gone. */
const standIn = 1_000

/** A timer that is set for longer rings at once. In ms: 24 days. */
const longestTimer = 2 ** 31 - 1

/** What a pipe may be silent for, after the tool's exit, before it counts as held by a stranger. */
const drainSilence = 250
const drainLimit = 5_000

/** Resolves when the tool has exited and its pipes are drained, or given up on. */
export async function supervise(spec: SuperviseSpec): Promise<Ending> {
  const { child, pumps, limits } = spec
  let exit: Exit | undefined
  let endedFor: Ending['endedFor']
  let interruptedBy: PassedSignal | undefined
  const warnings = new Set<PassedSignal>()
  let interrupts = 0
  let isRefused = false
  let isHurried = false

  const send = (signal: NodeJS.Signals) => {
    // Until its exit was seen the tool is this process's child, and its group cannot be another's.
    if (exit !== undefined || child.send(signal) !== 'refused' || isRefused) return
    isRefused = true
    spec.onRefused?.()
  }
  const tell = (signal: NodeJS.Signals, act = () => send(signal), patience = farewell) => {
    if (spec.cancel === undefined) act()
    else void spec.cancel(patience).then((isDone) => isDone || act())
    // A stopped tool hears it when it goes on.
    send('SIGCONT')
  }
  const terminate = () => {
    send('SIGTERM')
    setTimeout(() => send('SIGKILL'), Math.min(limits.killGrace, longestTimer)).unref()
  }
  let isDismissed = false
  const dismiss = () => {
    if (exit !== undefined) return
    isDismissed = true
    terminate()
  }
  void spec.over?.then(() => setTimeout(dismiss, farewell).unref())
  const handlers = new Map<NodeJS.Signals, () => void>()
  for (const signal of endingSignals) {
    handlers.set(signal, () => {
      // The terminal sends these two to both, and what the tool makes of them is its own business.
      if (child.hasTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT')) return
      if (signal === 'SIGHUP' && spec.ignoreHup) return
      // What comes while its pipes are drained ends nothing but the wait for a reader.
      isHurried ||= exit !== undefined
      if (exit !== undefined) return
      interruptedBy ??= signal
      if (signal === 'SIGINT' && ++interrupts > 1) send('SIGKILL')
      else tell(signal)
    })
  }
  for (const signal of warningSignals) {
    handlers.set(signal, () => {
      warnings.add(signal)
      send(signal)
    })
  }
  const clock = startClock()
  const stop = () => {
    if (!canBeContinued()) return
    // The tool's group is not the terminal's, where TSTP would do nothing.
    if (!child.hasTerminal) send('SIGSTOP')
    clock.pause()
    spec.onStop?.()
    stopSelf()
  }
  handlers.set('SIGTSTP', stop)
  handlers.set('SIGCONT', () => {
    clock.resume()
    send('SIGCONT')
  })
  for (const [signal, handler] of handlers) spec.signals.on(signal, handler)

  // A tool that stint itself makes wait, for a slow reader, is not idle.
  let workedAt = 0
  const lastBytes = () => {
    if (spec.isWorking()) workedAt = performance.now()
    const last = pumps.map((pump) => (pump.isWaiting() ? performance.now() : pump.lastBytes()))
    return Math.max(workedAt, ...last)
  }
  const findReason = (): Ending['endedFor'] => {
    const { timeout, idleTimeout } = limits
    if (timeout !== undefined && clock.elapsed() >= timeout) return 'timeout'
    if (idleTimeout !== undefined && clock.since(lastBytes()) >= idleTimeout) return 'idle'
    if (spec.isLeaseLost()) return 'lease'
    return spec.cancel !== undefined && spec.isKillRequested() ? 'kill' : undefined
  }
  const untilNext = () => {
    const { timeout = Number.POSITIVE_INFINITY, idleTimeout = Number.POSITIVE_INFINITY } = limits
    const left = Math.min(timeout - clock.elapsed(), idleTimeout - clock.since(lastBytes()))
    return Math.max(1, Math.min(left, spec.cancel === undefined ? tick : hearingTick))
  }
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    const over = findReason()
    if (isDismissed) return
    if (over === undefined) {
      timer = setTimeout(look, untilNext())
    } else if (over === 'idle' && spec.isDone()) {
      dismiss()
    } else {
      endedFor = over
      tell('SIGTERM', terminate, over === 'kill' ? farewell + standIn : farewell)
    }
  }
  look()

  const watch = child.hasTerminal ? watchForStop(child.group.pgid, stop) : undefined

  try {
    exit = await child.exited
    interruptedBy ??= passedSignals.find((one) => one === exit?.signal && warnings.has(one))
    clearTimeout(timer)
    clearInterval(watch)
    await spec.onExit?.({ exit, endedFor, interruptedBy, isDismissed })
    const wasEnded = endedFor !== undefined || interruptedBy !== undefined
    await drain(pumps, () => wasEnded || isHurried || spec.isKillRequested())
    return { exit, endedFor, interruptedBy, isDismissed }
  } finally {
    clearTimeout(timer)
    clearInterval(watch)
    for (const [signal, handler] of handlers) spec.signals.off(signal, handler)
  }
}

/**
 * Calls `stop` when a tool that has the terminal stopped itself, as agents do for Ctrl-Z: the shell sees
 * only whether its own child stands, and would never come back.
 */
function watchForStop(pid: number, stop: () => void): NodeJS.Timeout {
  let looks = 0
  return setInterval(() => {
    looks = isChildStopped(pid) ? looks + 1 : 0
    // One look may come just before the tool goes on together with this process.
    if (looks < 2) return
    looks = 0
    stop()
  }, stopTick)
}

/**
 * Waits for the pipes to close; a process that outlived the tool may hold them for ever. So may a reader
 * that sleeps: where the turn is to end, it is given up once nothing has moved for `drainLimit`.
 */
async function drain(pumps: readonly Pump[], isHurried: () => boolean): Promise<void> {
  let open = pumps.length
  const all = Promise.all(pumps.map((pump) => pump.closed.then(() => open--)))
  const exited = performance.now()
  let waited = 0
  let hurriedAt = 0
  while (open > 0) {
    await Promise.race([all, sleep(drainSilence / 5)])
    if (pumps.some((pump) => pump.isWaiting())) {
      // Our reader is slow, not the pipe.
      waited = performance.now()
      if (!isHurried()) hurriedAt = waited
      const moved = Math.max(exited, hurriedAt, ...pumps.map((pump) => pump.lastBytes()))
      if (waited - moved >= drainLimit) for (const pump of pumps) pump.letGo()
      continue
    }
    const now = performance.now()
    const last = Math.max(exited, waited, ...pumps.map((pump) => pump.lastBytes()))
    if (now - last >= drainSilence || now - Math.max(exited, waited) >= drainLimit) break
  }
  for (const pump of pumps) pump.stop()
  await all
}

/** Time that stands still while this process is stopped. */
function startClock() {
  const started = performance.now()
  let stoppedFor = 0
  let stoppedAt: number | undefined
  let resumedAt = started
  return {
    elapsed: () => (stoppedAt ?? performance.now()) - started - stoppedFor,
    since: (at: number) => (stoppedAt ?? performance.now()) - Math.max(at, resumedAt),
    pause: () => {
      stoppedAt ??= performance.now()
    },
    resume: () => {
      const now = performance.now()
      if (stoppedAt !== undefined) stoppedFor += now - stoppedAt
      stoppedAt = undefined
      resumedAt = now
    },
  }
}
