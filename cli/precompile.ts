/** Has V8 compile the program's files, for the Node that runs this. Without it they are compiled in each command. */

import fs from 'node:fs'
import path from 'node:path'
import v8 from 'node:v8'
import vm from 'node:vm'
import { compiledDir, hashOf, wrap } from './compiled.ts'

function precompile(root: string): void {
  const dir = compiledDir(root)
  if (fs.existsSync(dir)) return
  const sources = [root, `${root}/vendor`]
    .flatMap((parent) => fs.readdirSync(parent).map((name) => `${parent}/${name}`))
    .filter((file) => file.endsWith('.cjs'))
    .map((file) => fs.readFileSync(file, 'utf8'))
    .filter((source) => source.startsWith('//'))
  const scripts = new Map<string, vm.Script>()
  // Otherwise only what runs would be compiled.
  v8.setFlagsFromString('--no-lazy')
  for (const source of sources) scripts.set(source, new vm.Script(wrap(source)))
  // V8 takes what it made only under the flags that it had.
  v8.setFlagsFromString('--lazy')

  fs.mkdirSync(path.dirname(dir), { recursive: true })
  const temporary = fs.mkdtempSync(`${dir}.`)
  for (const [source, script] of scripts) {
    write(`${temporary}/${hashOf(source)}`, script.createCachedData())
  }
  fs.chmodSync(temporary, 0o755)
  fs.renameSync(temporary, dir)
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
