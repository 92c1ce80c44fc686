import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { alnum } from '../redact/samples.ts'
import { countCalls, replay } from '../support/power-cut.ts'
import { openScene, type Scene, stint } from './kit.ts'
import { ok } from './suite.ts'

const old = `one\nuse ghp${'_'}${alnum(36)}\nlast\n`
const redacted = 'one\nuse [REDACTED:github-token]\nlast\n'

const { scene, copy, discard } = openScene()
const logs = mkdtempSync(join(tmpdir(), 'stint-calls-'))
mkdirSync(scene.home, { recursive: true })
writeFileSync(join(scene.home, 'a.txt'), old)
afterAll(() => {
  discard()
  rmSync(logs, { recursive: true })
})

const fix = ({ home }: Scene) => ['redact', '-q', '--fix', join(home, 'a.txt')]
const read = ({ home }: Scene, name: string) => readFileSync(join(home, name), 'utf8')

/** One of the two contents, whole, the old one never without a name, and a next time that works. */
function expectWhole(left: Scene): void {
  const text = read(left, 'a.txt')
  expect([old, redacted]).toContain(text)
  const backup = join(left.home, 'a.txt.before-redact')
  if (text === redacted || existsSync(backup)) expect(readFileSync(backup, 'utf8')).toBe(old)
  ok(stint(left, fix(left)))
  expect(read(left, 'a.txt')).toBe(redacted)
  expect(readdirSync(left.home).filter((name) => name.includes('redacting'))).toEqual([])
}

describe('redact --fix of a file', () => {
  const whole = copy()
  const log = join(logs, 'calls')
  ok(stint(whole, fix(whole), { log }))
  const count = countCalls(log)

  test('changes files by more than a few calls', () => {
    expect(read(whole, 'a.txt')).toBe(redacted)
    expect(count).toBeGreaterThan(5)
  })

  test.each(['kill', 'torn', 'ENOSPC', 'EIO'])(
    'leaves the old file or the new one when %s strikes any call',
    (fault) => {
      for (let at = 1; at <= count; at++) {
        const struck = copy()
        const outcome = stint(struck, fix(struck), { at, do: fault })
        if (outcome.status === 0) expect(read(struck, 'a.txt')).toBe(redacted)
        try {
          expectWhole(struck)
        } catch (error) {
          throw new Error(`after call ${at}: ${JSON.stringify(outcome)}`, { cause: error })
        }
      }
    },
  )

  test.each(['synced', 'names', 'newest'] as const)(
    'leaves the old file or the new one when the power fails after any call and it keeps %s',
    (keeps) => {
      for (let upTo = 0; upTo <= count; upTo++) {
        const cut = { ...scene, home: join(logs, `cut-${keeps}-${upTo}`) }
        replay({ before: scene.home, log, upTo, into: cut.home, tail: 'zeros', keeps })
        if (upTo === count) expect(read(cut, 'a.txt')).toBe(redacted)
        try {
          expectWhole(cut)
        } catch (error) {
          throw new Error(`after call ${upTo}`, { cause: error })
        }
      }
    },
  )
})
