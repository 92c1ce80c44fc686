/** The signals that end a turn, for as long as there is one: before its tool, and after it, too. */

import { endingSignals, type PassedSignal, passedSignals, type SignalSource } from './supervise.ts'

/** A source whose signals do not end this process while nobody listens: they are kept. */
export interface KeptSignals extends SignalSource, Disposable {
  /** Whether one that asks for the end came, and nobody has heard it. */
  readonly isEndWanted: () => boolean
}

/**
 * Keeps the signals of a source until it is disposed of; whoever listens is told what was kept: each
 * once, as the kernel keeps those of a process that stands.
 */
export function keepSignals(source: SignalSource, ignoreHup: boolean): KeptSignals {
  const kept = new Set<NodeJS.Signals>()
  const listeners = new Map<NodeJS.Signals, () => void>()
  const keepers = new Map<PassedSignal, () => void>()
  for (const signal of passedSignals) {
    keepers.set(signal, () => {
      const listener = listeners.get(signal)
      if (listener !== undefined) listener()
      else if (!(ignoreHup && signal === 'SIGHUP')) kept.add(signal)
    })
  }
  for (const [signal, keep] of keepers) source.on(signal, keep)
  const isPassed = (signal: NodeJS.Signals) => keepers.has(signal as PassedSignal)
  return {
    isEndWanted: () => endingSignals.some((signal) => kept.has(signal)),
    on: (signal, listener) => {
      if (!isPassed(signal)) return source.on(signal, listener)
      listeners.set(signal, listener)
      if (kept.delete(signal)) listener()
    },
    off: (signal, listener) => {
      if (!isPassed(signal)) source.off(signal, listener)
      else if (listeners.get(signal) === listener) listeners.delete(signal)
    },
    [Symbol.dispose]: () => {
      for (const [signal, keep] of keepers) source.off(signal, keep)
    },
  }
}
