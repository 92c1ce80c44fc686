import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { alnum, pem } from '../redact/samples.ts'
import { ended, started, writeSession } from '../store/sessions.ts'
import { type Scene, storeOf } from './kit.ts'
import { describeCrashes } from './suite.ts'

const at = Date.UTC(2026, 0, 2)
const token = `ghp${'_'}${alnum(36)}`

/** Of two turns, with secrets from the first changed entry on. */
function writeOld(scene: Scene, description: string): void {
  const key = pem('PRIVATE KEY', 3).split('\n')
  writeSession(storeOf(scene), {
    name: 'old',
    description,
    told: [
      started(1, at),
      ['output', { stream: 'stdout' }, { turn: 1, at, text: 'fine' }],
      ['usage', { input_tokens: 3 }, { turn: 1, at }],
      ended(1, at),
      started(2, at),
      ...key.map((text) => ['output', { stream: 'stdout' }, { turn: 2, at, text }] as never),
      ['message', { token }, { turn: 2, at, text: `use ${token}` }],
      ['usage', { input_tokens: 4 }, { turn: 2, at }],
      ['turn_ended', { outcome: 'failure', exit_code: 3, summary: token }, { turn: 2, at }],
    ],
  })
}

function expectDone(scene: Scene): void {
  const { dir } = storeOf(scene)
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    if (!statSync(join(dir, name)).isFile()) continue
    const text = readFileSync(join(dir, name), 'utf8')
    expect(text, name).not.toContain(token)
    expect(text, name).not.toContain('-----BEGIN')
  }
}

describeCrashes({
  verb: 'redact --fix',
  rewrites: true,
  prepare: (scene) => {
    writeOld(scene, 'In words')
    return ['redact', '-q', '--fix', 'old']
  },
  done: expectDone,
})

describeCrashes({
  verb: 'redact --fix of the first entry',
  rewrites: true,
  prepare: (scene) => {
    writeOld(scene, `About ${token}`)
    return ['redact', '-q', '--fix', 'old']
  },
  done: expectDone,
})
