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
    expect(signals.kept).toBe(signal)
    for (const one of passedSignals) signals.on(one, () => heard.push(one))
    expect(heard).toEqual([signal])
    expect(signals.kept).toBeUndefined()
    send(signal)
    expect(heard).toEqual([signal, signal])
  })

  it('keeps the first that came, and what comes when nobody listens any more', () => {
    const { signals, send } = makeSource()
    const heard: string[] = []
    const listener = () => heard.push('TERM')
    send('SIGINT')
    send('SIGTERM')
    expect(signals.kept).toBe('SIGINT')
    signals.on('SIGTERM', listener)
    signals.off('SIGTERM', () => undefined)
    send('SIGTERM')
    expect(heard).toEqual(['TERM'])
    signals.on('SIGINT', listener)
    signals.off('SIGINT', listener)
    signals.off('SIGTERM', listener)
    send('SIGTERM')
    expect(signals.kept).toBe('SIGTERM')
    expect(heard).toHaveLength(2)
  })

  it('keeps no HUP that is to be left alone, and is not ended by it', () => {
    const { signals, send } = makeSource(true)
    expect(send('SIGHUP')).toBe(true)
    expect(signals.kept).toBeUndefined()
    send('SIGTERM')
    expect(signals.kept).toBe('SIGTERM')
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
