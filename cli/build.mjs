/**
 * Makes dist/cli: `stint.cjs`, which loads the others, `main.cjs` with all that needs no store, a chunk for each handler of
 * verbs and for help, one for what is rarely called, and one for each package, so that a command loads no more than it
 * uses; and what V8 makes of all these.
 *
 * `node cli/build.mjs [DIR [FILE.ts…]]`: into another directory, with more chunks than the commands.
 */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [into = join(root, 'dist/cli'), ...more] = process.argv.slice(2)
const outdir = resolve(into)
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

/** Packages that get a chunk of their own. */
const vendored = {
  'write-file-atomic': 'write-file-atomic',
  'proper-lockfile': 'proper-lockfile',
  '@iarna/toml/parse-string.js': 'toml-parse',
  'tar/header': 'tar-header',
  'tar/pax': 'tar-pax',
  ulid: 'ulid',
  'string-width': 'string-width',
  '@agentclientprotocol/sdk': 'acp-sdk',
}

const createdRequire = 'const require = createRequire(import.meta.url)\n'
const createRequireImport = "import { createRequire } from 'node:module'\n"

/** Lets the bundler see the packages' requires, and sends each to its chunk. */
const packages = {
  name: 'packages',
  setup(builder) {
    builder.onLoad(
      { filter: /[/\\]lib[/\\](os[/\\]packages|base[/\\]toml)\.ts$/ },
      async ({ path }) => {
        const source = await readFile(path, 'utf8')
        if (!source.includes(createdRequire)) throw new Error(`${path}: no line ${createdRequire}`)
        let contents = source.replace(createdRequire, '')
        // Only the declaration goes when something else in the file still creates one.
        const rest = contents.replace(createRequireImport, '')
        if (!/\bcreateRequire\b/.test(rest)) contents = rest
        return { contents, loader: 'ts' }
      },
    )
    builder.onResolve({ filter: /^[@a-z]/ }, ({ path }) =>
      Object.hasOwn(vendored, path)
        ? { path: `./vendor/${vendored[path]}.cjs`, external: true }
        : undefined,
    )
  },
}

/**
 * Modules that get a chunk of their own, loaded when one of their functions is first called: compiling
 * what is read costs a short command more than running what it needs. No verb begins with a `_`.
 */
const rare = {
  _fail: ['cli/fail.ts', 'lib/failures.ts'],
  _acp: ['lib/tools/acp-agent.ts'],
  _terminal: ['lib/os/terminal.ts'],
}
/**
 * The same for verbs that programs ask over and over, mostly by a whole id and of a session in order:
 * one look, and a change of one entry, mostly of a word in which no secret can be.
 */
const rareToShort = {
  ...rare,
  _search: ['lib/store/search.ts'],
  _careful: ['lib/session/catch-up.ts'],
  _redact: ['lib/redact/engine.ts', 'lib/redact/user-rules.ts'],
  _secrets: ['lib/redact/secrets.ts'],
}
const rareToLook = { ...rareToShort, _project: ['lib/store/project.ts'] }
const rareToChange = { ...rareToShort, _lease: ['lib/os/lease.ts'] }
/** What a failure says is part of a supervisor: by then its files may be an update's, or none can be opened. */
const { _fail, ...rareToRun } = rare
const verbsOfTheirOwn = {
  'is-alive': rareToLook,
  rename: rareToChange,
  pin: rareToChange,
  run: rareToRun,
}
const allRare = { ...rareToLook, ...rareToChange }

/** Puts functions in place of these modules that load the chunk and call the like-named one. */
const lateLoading = (modules) => ({
  name: 'late-loading',
  setup(builder) {
    builder.onResolve({ filter: /^rare:/ }, ({ path }) => ({ path, namespace: 'rare' }))
    builder.onLoad({ filter: /./, namespace: 'rare' }, ({ path }) => ({
      contents: allRare[path.slice(5)].map((file) => `export * from './${file}'`).join('\n'),
      resolveDir: root,
    }))
    const chunkOf = new Map(
      Object.entries(modules).flatMap(([name, files]) => files.map((it) => [join(root, it), name])),
    )
    builder.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind, namespace }) => {
      const file = join(resolveDir, path)
      return kind !== 'entry-point' && namespace !== 'rare' && chunkOf.has(file)
        ? { path: file, namespace: 'late', sideEffects: false }
        : undefined
    })
    builder.onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const exported = [...source.matchAll(/^export (?!type|interface)(.*)$/gm)].map(([, it]) => it)
      const names = exported.map((it) => /^(?:async )?function (\w+)/.exec(it)?.[1])
      if (names.includes(undefined)) throw new Error(`${path} exports more than functions`)
      const load = `require('./${chunkOf.get(path)}.cjs')`
      return {
        contents: names
          .map((name) => `export const ${name} = (...args) => ${load}.${name}(...args)`)
          .join('\n'),
        resolveDir: dirname(path),
      }
    })
    builder.onResolve({ filter: /^\.\/\w+\.cjs$/ }, ({ path }) => ({ path, external: true }))
  },
})

/** Files that are taken as the text they are. */
const raw = {
  name: 'raw',
  setup(builder) {
    builder.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice(0, -'?raw'.length)),
      namespace: 'raw',
    }))
    builder.onLoad({ filter: /./, namespace: 'raw' }, async ({ path }) => ({
      contents: await readFile(path),
      loader: 'text',
    }))
  },
}

/** esbuild would copy a module of Node's property by property, for a default export it has not. */
const builtins = {
  name: 'builtins',
  setup(builder) {
    builder.onResolve({ filter: /^node:(fs|path|vm)$/ }, ({ path, namespace }) =>
      namespace === 'builtin' ? { path, external: true } : { path, namespace: 'builtin' },
    )
    builder.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `export default require('${path}')`,
    }))
  },
}

/** Leaves out of the table of verbs what only help prints. */
const grammarOnly = {
  name: 'grammar-only',
  setup(builder) {
    builder.onLoad({ filter: /[/\\]cli[/\\]verbs\.ts$/ }, async () => {
      const { outputFiles } = await build({
        ...shared,
        entryPoints: ['cli/verbs.ts'],
        format: 'esm',
        write: false,
      })
      const [{ text }] = outputFiles
      const { verbs } = await import(`data:text/javascript,${encodeURIComponent(text)}`)
      const words = ['group', 'summary', 'details', 'exits', 'examples', 'help']
      // Each is a text until it is asked for: a command is of one verb.
      const getters = Object.entries(verbs).map(([name, verb]) => {
        const grammar = JSON.stringify(verb, (key, value) =>
          words.includes(key) ? undefined : value,
        )
        return `get '${name}'() { return JSON.parse(${JSON.stringify(grammar)}) }`
      })
      return { contents: `export const verbs = { ${getters.join(', ')} }` }
    })
  },
}

const shared = {
  absWorkingDir: root,
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  // V8 reads a file of plain ASCII a quarter faster.
  charset: 'ascii',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // A native import() would start the ES module loader, which costs more than what it loads.
  supported: { 'dynamic-import': false },
}
const ours = {
  ...shared,
  // Node's own would load ten of its modules to say as much.
  banner: { js: '"use strict";const performance={now:()=>process.uptime()*1e3};' },
  define: { STINT_VERSION: JSON.stringify(version), 'import.meta.dirname': '__dirname' },
  external: ['koffi'],
}

const commands = (await readdir(join(root, 'cli/commands')))
  .filter((name) => name.endsWith('.ts') && !Object.hasOwn(verbsOfTheirOwn, basename(name, '.ts')))
  .map((name) => `cli/commands/${name}`)
const named = (files) =>
  Object.fromEntries(files.map((file) => [basename(file, '.ts'), resolve(root, file)]))

await rm(outdir, { recursive: true, force: true })
await mkdir(outdir, { recursive: true })
const programs = await Promise.all([
  build({
    ...ours,
    entryPoints: { main: 'cli/main.ts' },
    plugins: [grammarOnly, lateLoading(rare), builtins, packages],
  }),
  ...Object.entries(verbsOfTheirOwn).map(([name, modules]) =>
    build({
      ...ours,
      entryPoints: { [name]: `cli/commands/${name}.ts` },
      plugins: [lateLoading(modules), builtins, packages],
    }),
  ),
  build({
    ...ours,
    entryPoints: {
      ...Object.fromEntries(Object.keys(allRare).map((name) => [name, `rare:${name}`])),
      ...named(['cli/help.ts', ...commands, ...more]),
    },
    plugins: [raw, lateLoading(rare), builtins, packages],
  }),
])

const vendor = []
for (const [name, chunk] of Object.entries(vendored)) {
  // A default export stands alone, so that it is the same whether bundled or imported.
  const what = name === 'string-width' ? `require('${name}').default` : `require('${name}')`
  vendor.push(
    await build({
      ...shared,
      // Its form for Node loads node:crypto, to find the randomness that it is given.
      ...(name === 'ulid' && { platform: 'neutral' }),
      stdin: { contents: `module.exports = ${what}`, resolveDir: root, sourcefile: `${chunk}.js` },
      outdir: undefined,
      outfile: join(outdir, 'vendor', `${chunk}.cjs`),
    }),
  )
}

// As V8 takes it from stint.cjs, with what tells it from another in its first line.
for (const name of await readdir(outdir, { recursive: true })) {
  const file = join(outdir, name)
  if (!name.endsWith('.cjs')) continue
  // The bundler leaves the letters of patterns as they are.
  const text = (await readFile(file, 'utf8')).replace(
    /[^\t\n\r -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const wrapped = `(function(exports,require,module,__filename,__dirname){${text}\n})`
  const hash = createHash('sha256').update(wrapped).digest('hex').slice(0, 16)
  await writeFile(file, `//${hash}\n${wrapped}`)
}
await build({
  ...ours,
  banner: {},
  entryPoints: { stint: 'cli/start.ts', precompile: 'cli/precompile.ts' },
  plugins: [builtins, packages],
})

// The first require of a program looks for the nearest one; the package's own is farther up, and longer.
await writeFile(join(outdir, 'package.json'), '{ "type": "commonjs" }\n')
await writeFile(join(outdir, 'LICENSES.txt'), await licences([...programs, ...vendor]))
await chmod(join(outdir, 'stint.cjs'), 0o755)

execFileSync(process.execPath, [join(outdir, 'precompile.cjs')], { stdio: 'inherit' })

// In a checkout, a directory for PATH; npm makes its own for what it installs.
const bin = join(dirname(outdir), 'bin')
await mkdir(bin, { recursive: true })
await rm(join(bin, 'stint'), { force: true })
await symlink(`../${basename(outdir)}/stint.cjs`, join(bin, 'stint'))

/** The licences of everything that was bundled. */
async function licences(builds) {
  const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  const dirs = new Set()
  for (const input of inputs) {
    const dir = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]
    if (dir !== undefined) dirs.add(dir)
  }
  const texts = []
  for (const dir of [...dirs].sort()) {
    const about = createRequire(import.meta.url)(join(root, dir, 'package.json'))
    const file = (await readdir(join(root, dir))).find((name) => /^licen[cs]e/i.test(name))
    const text = file === undefined ? about.license : await readFile(join(root, dir, file), 'utf8')
    texts.push(`${about.name} ${about.version}\n\n${String(text).trim()}\n`)
  }
  return texts.join(`\n${'-'.repeat(72)}\n\n`)
}
