import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { keepSignals } from '../../lib/run/signals.ts'
import { passedSignals } from '../../lib/run/supervise.ts'

/** Signals as a process hears them; one that nobody listens to would end it. */
function makeSource(ignoreHup = false) {
  const source = new EventEmitter()
  const on = (signal: string, handler: () => void) => void source.on(signal, handler)
  const off = (signal: string, handler: () => void) => void source.off(signal, handler)
  const signals = keepSignals({ on, off }, ignoreHup)
  return { signals, send: (signal: string) => source.emit(signal), source }
}

describe('keepSignals', () => {
  it.each(passedSignals)('tells whoever listens first of a %s that came before, once', (signal) => {
    const { signals, send } = makeSource()
    const heard: string[] = []
    expect(send(signal)).toBe(true)
    for (const one of passedSignals) signals.on(one, () => heard.push(one))
    expect(heard).toEqual([signal])
    send(signal)
    expect(heard).toEqual([signal, signal])
  })

  it('keeps each that came once, and what comes when nobody listens any more', () => {
    const { signals, send } = makeSource()
    const heard: string[] = []
    const listen = (signal: NodeJS.Signals) => {
      const listener = () => heard.push(signal)
      signals.on(signal, listener)
      return () => signals.off(signal, listener)
    }
    for (const signal of ['SIGUSR1', 'SIGTERM', 'SIGINT', 'SIGTERM']) send(signal)
    const deafen = listen('SIGTERM')
    signals.off('SIGTERM', () => undefined)
    expect(heard).toEqual(['SIGTERM'])
    listen('SIGUSR1')
    expect(heard).toEqual(['SIGTERM', 'SIGUSR1'])
    deafen()
    send('SIGTERM')
    expect(heard).toHaveLength(2)
    listen('SIGTERM')
    listen('SIGINT')
    expect(heard).toEqual(['SIGTERM', 'SIGUSR1', 'SIGTERM', 'SIGINT'])
  })

  it.each(passedSignals)('knows whether a %s that was kept asks for the end', (signal) => {
    const { signals, send } = makeSource()
    expect(signals.isEndWanted()).toBe(false)
    send(signal)
    expect(signals.isEndWanted()).toBe(/INT|TERM|HUP|QUIT/.test(signal))
    signals.on(signal, () => undefined)
    expect(signals.isEndWanted()).toBe(false)
  })

  it('keeps no HUP that is to be left alone, and is not ended by it', () => {
    const { signals, send } = makeSource(true)
    expect(send('SIGHUP')).toBe(true)
    expect(signals.isEndWanted()).toBe(false)
  })

  it('hands on what ends nothing, and leaves nothing behind', () => {
    const { signals, send, source } = makeSource()
    let stops = 0
    const listener = () => void stops++
    expect(send('SIGTSTP')).toBe(false)
    signals.on('SIGTSTP', listener)
    send('SIGTSTP')
    signals.off('SIGTSTP', listener)
    send('SIGTSTP')
    expect(stops).toBe(1)
    signals[Symbol.dispose]()
    expect(source.eventNames()).toEqual([])
  })
})
