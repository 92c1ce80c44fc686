#!/usr/bin/env node
/** Loads the program: each of its files with what V8 made of it beforehand, where that is at hand. */

import fs from 'node:fs'
import vm from 'node:vm'
import { compiledDir, readChunk } from './compiled.ts'

const compiled = findCompiled()
const modules = new Map<string, { readonly exports: unknown }>()

function findCompiled(): string | undefined {
  try {
    return compiledDir(__dirname)
  } catch {
    return undefined
  }
}

/** What was made of a text. Without it, and for whatever reason it is not there, the text is compiled. */
function findMade(hash: string): Buffer | undefined {
  try {
    return fs.readFileSync(`${compiled}/${hash}`)
  } catch {
    return undefined
  }
}

function load(name: string): unknown {
  const known = modules.get(name)
  if (known !== undefined) return known.exports
  const filename = `${__dirname}/${name}`
  const { source, hash } = readChunk(filename)
  const script = new vm.Script(source, { filename, cachedData: findMade(hash) })
  const module = { exports: {} }
  modules.set(name, module)
  const own = (wanted: string) =>
    wanted.startsWith('./') ? load(wanted.slice(2)) : require(wanted)
  script.runInThisContext()(module.exports, own, module, filename, __dirname)
  return module.exports
}

load('main.cjs')
