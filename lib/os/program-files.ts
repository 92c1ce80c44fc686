/**
 * The files of a program, each with what V8 made of it when the program was built or installed, so that a command
 * need not compile them.
 *
 * Each is a function of what a module is given, in ASCII, below a first line that tells it from any other.
 */

import fs from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'

/** Loads the file `main` of the directory, and what it requires of there by `./`; all else is asked of `require`. */
export function loadProgram(dir: string, main: string, require: (name: string) => unknown): void {
  const compiled = findCompiledDir(dir)
  const modules = new Map<string, { readonly exports: unknown }>()
  const load = (name: string): unknown => {
    const known = modules.get(name)
    if (known !== undefined) return known.exports
    const file = `${dir}/${name}`
    const { source, hash } = readProgramFile(file)
    const script = new vm.Script(source, { filename: file, cachedData: findMade(compiled, hash) })
    const module = { exports: {} }
    modules.set(name, module)
    const own = (wanted: string) =>
      wanted.startsWith('./') ? load(wanted.slice(2)) : require(wanted)
    script.runInThisContext()(module.exports, own, module, file, path.dirname(file))
    return module.exports
  }
  load(main)
}

/**
 * Has V8 compile the files of such a directory, and of its `vendor`, for the Node that runs this, if that was not done.
 * Without it they are compiled in each command.
 */
export function compileProgram(dir: string): void {
  const compiled = compiledDir(dir)
  if (fs.existsSync(compiled)) return
  const files = [dir, `${dir}/vendor`]
    .flatMap((parent) => fs.readdirSync(parent).map((name) => `${parent}/${name}`))
    .filter((file) => file.endsWith('.cjs'))
    .map((filename) => ({ filename, ...readProgramFile(filename) }))
    .filter(({ source }) => source.startsWith('//'))
  const v8 = process.getBuiltinModule('node:v8')
  // Otherwise only what runs would be compiled.
  v8.setFlagsFromString('--no-lazy')
  const made = files.map(({ filename, source, hash }) => ({
    script: new vm.Script(source, { filename }),
    hash,
  }))
  // V8 takes what it made only under the flags that it had.
  v8.setFlagsFromString('--lazy')

  fs.mkdirSync(path.dirname(compiled), { recursive: true })
  const temporary = fs.mkdtempSync(`${compiled}.`)
  try {
    for (const { script, hash } of made) write(`${temporary}/${hash}`, script.createCachedData())
    fs.chmodSync(temporary, 0o755)
    fs.renameSync(temporary, compiled)
  } catch (error) {
    fs.rmSync(temporary, { recursive: true })
    throw error
  }
}

/**
 * Of this very file of Node's: V8 believes what it is given when the version is right, and two builds of one are not
 * alike.
 */
export function compiledDir(dir: string): string {
  const { size, mtimeMs } = fs.statSync(process.execPath)
  return `${dir}/compiled/${process.version}-${size}-${Math.trunc(mtimeMs)}`
}

function findCompiledDir(dir: string): string | undefined {
  try {
    return compiledDir(dir)
  } catch {
    return undefined
  }
}

/** What was made of a text. Without it, and for whatever reason it is not there, the text is compiled. */
function findMade(compiled: string | undefined, hash: string): Buffer | undefined {
  if (compiled === undefined) return undefined
  try {
    return fs.readFileSync(`${compiled}/${hash}`)
  } catch {
    return undefined
  }
}

/** A file's text, and what stands in its first line: of two texts V8 compares the length only. */
export function readProgramFile(file: string): { readonly source: string; readonly hash: string } {
  const source = fs.readFileSync(file, 'latin1')
  return { source, hash: source.slice(2, source.indexOf('\n')) }
}

/** To the disk before its name is: half of it would be believed. */
function write(file: string, bytes: Uint8Array): void {
  const fd = fs.openSync(file, 'w')
  try {
    fs.writeFileSync(fd, bytes)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
