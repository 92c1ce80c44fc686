import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import vm from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledDir, hashOf, wrap } from '../../cli/compiled.ts'

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
    const main = readFileSync(join(out, 'main.cjs'), 'utf8')
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

  const chunks = () =>
    readdirSync(out, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.cjs$/.test(name) && !/^(?:stint|precompile|probed)\b/.test(name))
      .map((name) => ({ name, source: readFileSync(join(out, name), 'utf8') }))

  it('has V8 compile all of them beforehand, as this Node takes it', () => {
    const dir = compiledDir(out)
    const known = chunks()
    expect(known.length).toBeGreaterThan(40)
    expect(new Set(readdirSync(dir))).toEqual(new Set(known.map(({ source }) => hashOf(source))))
    for (const { name, source } of known) {
      const cachedData = readFileSync(join(dir, hashOf(source)))
      const script = new vm.Script(wrap(source), { cachedData })
      expect(script.cachedDataRejected, name).toBe(false)
    }
  })

  it('tells texts apart that differ in a letter', () => {
    const hashes = chunks().map(({ source }) => hashOf(source))
    expect(new Set(hashes).size).toBe(hashes.length)
    for (const { name, source } of chunks()) {
      const [, text = ''] = source.split(/(?<=^\S+\n)/)
      const hash = createHash('sha256').update(text).digest('hex')
      expect(hash.slice(0, 16), name).toBe(hashOf(source))
    }
  })

  it('does without what was compiled, where it is not there or is nothing to V8', () => {
    const alone = join(dir, 'alone')
    cpSync(out, alone, { recursive: true })
    const answer = () => {
      const args = [join(alone, 'stint.cjs'), 'list', '--bogus']
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      return { status, stderr }
    }
    const usual = answer()
    expect(usual.status).toBe(2)
    expect(usual.stderr).toContain('--bogus')
    const compiled = compiledDir(alone)
    for (const name of readdirSync(compiled)) {
      const made = readFileSync(join(compiled, name))
      writeFileSync(join(compiled, name), made.subarray(0, made.length / 2))
    }
    expect(answer()).toEqual(usual)
    for (const name of readdirSync(compiled)) writeFileSync(join(compiled, name), '')
    expect(answer()).toEqual(usual)
    rmSync(compiled, { recursive: true })
    expect(answer()).toEqual(usual)
    execFileSync(process.execPath, [join(alone, 'precompile.cjs')])
    expect(readdirSync(compiled)).toEqual(readdirSync(compiledDir(out)))
  })

  it('keeps the licences of what it bundles', () => {
    const text = readFileSync(join(out, 'LICENSES.txt'), 'utf8')
    for (const name of ['cac', 'string-width', 'write-file-atomic', 'graceful-fs', '@iarna/toml']) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'))
    }
  })
})
