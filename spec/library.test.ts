/**
 * docs/library.md: its blocks are one program, which is checked and run, and what it says of each function
 * is printed from the sources (`spec/library -u` behind the test command writes that anew).
 */

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'
import { expect, onTestFinished, test } from 'vitest'
import { makePlace } from './support/cli.ts'

const root = join(import.meta.dirname, '..')
const document = readFileSync(join(root, 'docs/library.md'), 'utf8')
const heading = '## Every function\n'

function makeProgram(): string {
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  // From here the library's packages are found.
  const dir = mkdtempSync(join(cache, 'stint-library-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const blocks = [...document.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block)
  writeFileSync(join(dir, 'program.mts'), blocks.join(''))
  return dir
}

test('the program of docs/library.md has no wrong type', () => {
  const file = join(makeProgram(), 'program.mts')
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  const program = ts.createProgram([file], {
    ...options,
    paths: { stint: [join(root, 'lib/index.ts')] },
  })
  const source = program.getSourceFile(file)
  const found = [
    ...program.getSyntacticDiagnostics(source),
    ...program.getSemanticDiagnostics(source),
  ]
  expect(
    found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
  ).toEqual([])
})

test('the program of docs/library.md does what it says', async () => {
  const dir = makeProgram()
  await build({
    entryPoints: [join(dir, 'program.mts')],
    outfile: join(dir, 'program.mjs'),
    alias: { stint: join(root, 'lib/index.ts') },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'warning',
  })
  const place = makePlace()
  const { cwd, env } = place
  const command = [process.execPath, [join(dir, 'program.mjs')], { cwd, env }] as const
  const { stdout, stderr } = await promisify(execFile)(...command)
  const id = /^(\w{26}) idle numbers$/m.exec(stdout)?.[1]
  expect(stderr).toBe('')
  expect(stdout.replace(/\d+(?=\nT)/, 'MS')).toBe(`${cwd} ${place.store()}
one
two
${/^success \d+$/m.exec(stdout)?.[0]}
${id} idle numbers
true 1 two
0 session null
1 turn_started null
2 output one
3 output two
4 turn_ended null
idle turn 1 ended: success
5 6
0 counted
1 notes
known counted 7
keep young
keep young
0
NOTHING_RUNS idle nothing of session ${id} runs: it is idle 1
`)
  expect(await place.json(['list'])).toMatchObject([
    { name: 'notes' },
    { id, name: 'counted', status: 'idle' },
  ])
})

test('docs/library.md tells what each function does', async () => {
  const [hand = ''] = document.split(heading)
  const printed = `${hand}${heading}\n${functionTable()}`
  await expect(printed).toMatchFileSnapshot('../docs/library.md')
})

test('every type that a function names can be imported', () => {
  const index = readFileSync(join(root, 'lib/index.ts'), 'utf8')
  const exported = new Set(index.match(/\b[A-Z]\w+\b/g))
  const native = new Set(
    'AbortSignal AsyncGenerator ErrnoException Generator Iterable Map NodeJS Promise Readonly ReadonlySet Record Uint8Array'.split(
      ' ',
    ),
  )
  const signatures = [...functionTable().matchAll(/^- `(.*?)`:/gm)].map(([, one = '']) => one)
  const named = signatures.flatMap((one) => one.match(/\b[A-Z]\w+\b/g) ?? [])
  expect(named.length).toBeGreaterThan(100)
  expect(named.filter((name) => !exported.has(name) && !native.has(name))).toEqual([])
})

/** The parts of the library, by their folders. */
const parts: Readonly<Record<string, readonly string[]>> = {
  'Sessions and stores': ['store', 'session', 'tree'],
  'Turns and processes': ['run', 'tools'],
  Redaction: ['redact', 'file'],
  'Archives and imports': ['archive', 'import'],
  Retention: ['retention'],
  Doctor: ['doctor'],
  'Checkpoints in git': ['checkpoint'],
  'Failures, texts, times and terminals': ['', 'base', 'os'],
}

/** The exported functions, part by part, with the signature and the first sentence of each. */
function functionTable(): string {
  const index = readFileSync(join(root, 'lib/index.ts'), 'utf8')
  const found = new Map<string, string[]>(Object.keys(parts).map((part) => [part, []]))
  for (const [, names = '', file = ''] of index.matchAll(/^export \{(.*?)\} from '(.*?)'$/gms)) {
    const source = readFileSync(join(root, 'lib', file), 'utf8')
    const compilerOptions = { removeComments: true, target: ts.ScriptTarget.ESNext }
    const declared = ts.transpileDeclaration(source, { compilerOptions }).outputText
    const [, folder = ''] = dirname(file).split('/')
    const part = Object.keys(parts).find((one) => parts[one]?.includes(folder))
    if (part === undefined) throw new Error(`${file} is of no part`)
    for (const name of names.split(',').map((word) => word.trim())) {
      const said = /^[a-z]\w*$/.test(name) ? sentenceOf(source, name) : undefined
      if (said !== undefined) found.get(part)?.push(`- \`${signatureOf(declared, name)}\`: ${said}`)
    }
  }
  const sections = [...found].map(([part, lines]) => `### ${part}\n\n${lines.sort().join('\n')}\n`)
  return sections.join('\n')
}

/** What it takes and gives, on one line. */
function signatureOf(declared: string, name: string): string {
  // Lines within it are indented, but for the one that closes a type of its own.
  const found = new RegExp(
    `^export declare function (${name}\\b.*?);$(?=\\n[^ }]|\\n*(?![^]))`,
    'ms',
  )
  return (found.exec(declared)?.[1] ?? name).replace(/;?\s+(?=\})/g, ' ').replace(/\s+/g, ' ')
}

/** The first sentence of a function's documentation; undefined for what is none. */
function sentenceOf(source: string, name: string): string | undefined {
  const start = new RegExp(`^export (?:async )?function\\*? ${name}\\b`, 'm').exec(source)?.index
  if (start === undefined) return undefined
  const comment = /\/\*\*((?:(?!\*\/).)*)\*\/\s*$/s.exec(source.slice(0, start))?.[1]
  if (comment === undefined) throw new Error(`${name} is not documented`)
  const text = comment
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return /^.*?[.](?=\s|$)/.exec(text)?.[0].slice(0, -1)
}
