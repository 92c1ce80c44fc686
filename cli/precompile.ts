/** Has V8 compile the program's files, for the Node that runs this. Without it they are compiled in each command. */

import fs from 'node:fs'
import path from 'node:path'
import v8 from 'node:v8'
import vm from 'node:vm'
import { compiledDir, readChunk } from './compiled.ts'

/** What Node loads by itself. */
const own = ['stint.cjs', 'precompile.cjs']

function precompile(root: string): void {
  const dir = compiledDir(root)
  if (fs.existsSync(dir)) return
  const chunks = [root, `${root}/vendor`]
    .flatMap((parent) => fs.readdirSync(parent).map((name) => `${parent}/${name}`))
    .filter((file) => file.endsWith('.cjs') && !own.includes(path.basename(file)))
    .map((filename) => ({ filename, ...readChunk(filename) }))
  // Otherwise only what runs would be compiled.
  v8.setFlagsFromString('--no-lazy')
  const made = chunks.map(({ filename, source, hash }) => ({
    script: new vm.Script(source, { filename }),
    hash,
  }))
  // V8 takes what it made only under the flags that it had.
  v8.setFlagsFromString('--lazy')

  fs.mkdirSync(path.dirname(dir), { recursive: true })
  const temporary = fs.mkdtempSync(`${dir}.`)
  try {
    for (const { script, hash } of made) write(`${temporary}/${hash}`, script.createCachedData())
    fs.chmodSync(temporary, 0o755)
    fs.renameSync(temporary, dir)
  } catch (error) {
    fs.rmSync(temporary, { recursive: true })
    throw error
  }
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

precompile(__dirname)
