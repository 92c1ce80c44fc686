/** The signals that end a turn, for as long as there is one: before its tool, and after it, too. */

import { type PassedSignal, passedSignals, type SignalSource } from './supervise.ts'

/** A source whose signals do not end this process while nobody listens: they are kept. */
export interface KeptSignals extends SignalSource, Disposable {
  /** The first that nobody has heard. */
  readonly kept: PassedSignal | undefined
}

/** Keeps the signals of a source until it is disposed of; whoever listens first is told what was kept. */
export function keepSignals(source: SignalSource, ignoreHup: boolean): KeptSignals {
  let kept: PassedSignal | undefined
  const listeners = new Map<NodeJS.Signals, () => void>()
  const keepers = new Map<NodeJS.Signals, () => void>()
  for (const signal of passedSignals) {
    keepers.set(signal, () => {
      const listener = listeners.get(signal)
      if (listener !== undefined) listener()
      else if (!(ignoreHup && signal === 'SIGHUP')) kept ??= signal
    })
  }
  for (const [signal, keep] of keepers) source.on(signal, keep)
  return {
    get kept() {
      return kept
    },
    on: (signal, listener) => {
      if (!keepers.has(signal)) return source.on(signal, listener)
      listeners.set(signal, listener)
      if (kept !== signal) return
      kept = undefined
      listener()
    },
    off: (signal, listener) => {
      if (!keepers.has(signal)) source.off(signal, listener)
      else if (listeners.get(signal) === listener) listeners.delete(signal)
    },
    [Symbol.dispose]: () => {
      for (const [signal, keep] of keepers) source.off(signal, keep)
    },
  }
}
