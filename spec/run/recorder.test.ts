import { expect, it } from 'vitest'
import { createSession } from '../../lib/index.ts'
import { Recorder } from '../../lib/run/recorder.ts'
import { makeStore } from '../support/place.ts'

it('tells of what was lost in bytes, whatever its characters', async () => {
  const { session, lock } = await createSession(makeStore(), {})
  using _lock = lock
  using _session = session
  const recorder = new Recorder(session, 1, () => {})
  const data = {}
  const entry = session.encode({ type: 'message', turn: 1, text: 'ä€😀', data, at: Date.now() })
  recorder.push(entry)
  const bytes = Buffer.byteLength(entry.tail)
  expect(recorder.close()?.tail).toContain(`"lost_entries":1,"lost_bytes":${bytes}`)
})
