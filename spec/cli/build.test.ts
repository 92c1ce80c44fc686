import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('build.mjs', () => {
  let dir = ''
  let out = ''

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stint-build-'))
    // A build writes beside its directory, too.
    out = join(dir, 'cli')
    await promisify(execFile)(process.execPath, [join(root, 'cli/build.mjs'), out])
  }, 60_000)

  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const stint = (...words: string[]) =>
    spawnSync(process.execPath, [join(out, 'stint.cjs'), ...words], { encoding: 'utf8' })

  it('makes a program that can be executed and knows its version', () => {
    expect(readFileSync(join(out, 'stint.cjs'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(statSync(join(out, 'stint.cjs')).mode & 0o111).toBe(0o111)
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(execFileSync(join(out, 'stint.cjs'), ['--version'], { encoding: 'utf8' })).toContain(
      `stint/${version} `,
    )
  })

  it('answers a wrong line and a cry for help', () => {
    expect(stint('list', '--bogus')).toMatchObject({ status: 2, stdout: '' })
    expect(stint('run', '--help')).toMatchObject({ status: 0, stderr: '' })
  })

  it('leaves packages, help and what failures say to chunks of their own', () => {
    const main = readFileSync(join(out, 'stint.cjs'), 'utf8')
    expect(main).not.toContain('vendor/')
    expect(main).not.toContain('GlobalCommand')
    // A sentence of help, and one of a failure.
    expect(main).not.toContain('Prints one line a session')
    expect(readFileSync(join(out, 'help.cjs'), 'utf8')).toContain('Prints one line a session')
    expect(readFileSync(join(out, '_fail.cjs'), 'utf8')).toContain('already something at the place')
    expect(readFileSync(join(out, 'is-alive.cjs'), 'utf8')).not.toContain(
      'already something at the place',
    )
    for (const name of ['write-file-atomic', 'proper-lockfile', 'toml-parse']) {
      expect(existsSync(join(out, 'vendor', `${name}.cjs`)), name).toBe(true)
    }
    const load = createRequire(join(out, 'vendor/'))
    expect(typeof load('./ulid.cjs').monotonicFactory).toBe('function')
    expect(typeof load('./write-file-atomic.cjs').sync).toBe('function')
    expect(typeof load('./proper-lockfile.cjs').lock).toBe('function')
    expect(load('./toml-parse.cjs')('a = 1')).toEqual({ a: 1 })
    expect(load('./string-width.cjs')('日')).toBe(2)
  })

  it('loads no package before a command calls for it', () => {
    const source = join(out, 'probe.ts')
    writeFileSync(
      source,
      `import { formatToml } from ${JSON.stringify(join(root, 'lib/base/toml.ts'))}
       import { findKoffi, createMint } from ${JSON.stringify(join(root, 'lib/os/packages.ts'))}
       import { measureFor } from ${JSON.stringify(join(root, 'cli/render/width.ts'))}
       const vendored = () => Object.keys(require.cache).filter((file) => file.includes('vendor'))
       export const probe = async () => {
         const before = vendored()
         formatToml({ a: 1 })
         const toml = vendored()
         createMint()
         const wide = (await measureFor(['日']))('日')
         return { before, toml, after: vendored(), wide, koffi: typeof findKoffi }
       }`,
    )
    execFileSync(process.execPath, [join(root, 'cli/build.mjs'), join(out, 'probed'), source])
    const run = `require(${JSON.stringify(join(out, 'probed/probe.cjs'))}).probe().then((x) => console.log(JSON.stringify(x)))`
    const got = JSON.parse(execFileSync(process.execPath, ['-e', run], { encoding: 'utf8' }))
    expect(got).toMatchObject({ before: [], wide: 2, koffi: 'function' })
    expect(got.toml).toEqual([])
    expect(got.after).toHaveLength(2)
  }, 60_000)

  it('keeps the licences of what it bundles', () => {
    const text = readFileSync(join(out, 'LICENSES.txt'), 'utf8')
    for (const name of ['cac', 'string-width', 'write-file-atomic', 'graceful-fs', '@iarna/toml']) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'))
    }
  })
})
