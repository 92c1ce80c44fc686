import fs, { readlinkSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { readTranscript, runTurn } from '../../lib/index.ts'
import { makeStore } from '../support/place.ts'

it.skipIf(process.platform !== 'linux')(
  'says what was left out once, also when the end of the turn had to be written twice',
  async () => {
    const store = makeStore({ env: { STINT_TRANSCRIPT_CAP: '60' } })
    const real = fs.writeSync as (...words: readonly unknown[]) => number
    let struck = 0
    const spy = vi.spyOn(fs, 'writeSync').mockImplementation((fd, data, ...rest) => {
      const text = String(data)
      const isEnd = text.includes('"turn_ended"')
      if (struck > 0 || !isEnd || !readlinkSync(`/proc/self/fd/${fd}`).includes('transcript')) {
        return real(fd, data, ...rest)
      }
      struck++
      real(fd, Buffer.from(text.slice(0, text.indexOf('\n') + 5)))
      throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO', syscall: 'write' })
    })
    try {
      const { recorded, result } = await runTurn(store, {
        task: { kind: 'command', argv: ['seq', '50'] },
        target: { kind: 'new' },
        cwd: store.projectPath,
      })
      expect([struck, recorded]).toEqual([1, true])
      const types = [...readTranscript(store, result.session_id)].map(({ entry }) => entry?.type)
      expect(types).toEqual(['session', 'turn_started', 'error', 'turn_ended'])
      expect(result.events_count).toBe(3)
    } finally {
      spy.mockRestore()
    }
  },
)
