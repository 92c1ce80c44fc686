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
import { statusOf } from '../support/inside.ts'
import { isWrite, numberedIn, type ReplayOptions, replay } from '../support/power-cut.ts'
import { openScene, type Scene, stint, storeOf } from './kit.ts'
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
async function expectWhole(left: Scene): Promise<void> {
  const text = read(left, 'a.txt')
  expect([old, redacted]).toContain(text)
  const backup = join(left.home, 'a.txt.before-redact')
  if (text === redacted || existsSync(backup)) expect(readFileSync(backup, 'utf8')).toBe(old)
  expect(await statusOf(storeOf(left), fix(left))).toBe(0)
  expect(read(left, 'a.txt')).toBe(redacted)
  expect(readdirSync(left.home).filter((name) => name.includes('redacting'))).toEqual([])
}

describe('redact --fix of a file', () => {
  const whole = copy()
  const log = join(logs, 'calls')
  ok(stint(whole, fix(whole), { log }))
  const calls = numberedIn(log)
  const seen = new Set<string>()

  /** Looks at what the run that was recorded leaves when it ends after some call; at the same, once. */
  async function cut(options: Partial<ReplayOptions> & { upTo: number }): Promise<void> {
    const left = { ...scene, home: join(logs, 'cut') }
    const tree = replay({ before: scene.home, log, into: left.home, ...options })
    try {
      if (options.upTo === calls.length && !options.torn) expect(read(left, 'a.txt')).toBe(redacted)
      if (!seen.has(tree)) await expectWhole(left)
      seen.add(tree)
    } catch (error) {
      throw new Error(`after call ${options.upTo}`, { cause: error })
    } finally {
      rmSync(left.home, { recursive: true })
    }
  }

  test('changes files by more than a few calls', () => {
    expect(read(whole, 'a.txt')).toBe(redacted)
    expect(calls.length).toBeGreaterThan(5)
  })

  test('leaves the old file or the new one after a death at any call, and in any write', async () => {
    for (const { n } of calls) await cut({ upTo: n - 1, keeps: 'all' })
    for (const { n } of calls.filter(isWrite)) await cut({ upTo: n, keeps: 'all', torn: true })
  })

  test.each(['ENOSPC', 'EIO'])(
    'leaves the old file or the new one when %s strikes any call',
    async (fault) => {
      for (const { n: at } of calls) {
        const struck = copy()
        const outcome = stint(struck, fix(struck), { at, do: fault })
        if (outcome.status === 0) expect(read(struck, 'a.txt')).toBe(redacted)
        try {
          await expectWhole(struck)
        } catch (error) {
          throw new Error(`after call ${at}: ${JSON.stringify(outcome)}`, { cause: error })
        }
      }
    },
  )

  test.each(['synced', 'names', 'newest'] as const)(
    'leaves the old file or the new one when the power fails after any call and it keeps %s',
    async (keeps) => {
      for (let upTo = 0; upTo <= calls.length; upTo++) await cut({ upTo, tail: 'zeros', keeps })
    },
  )
})
