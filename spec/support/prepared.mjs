/**
 * A preload: makes the file that PREPARED names once the program has loaded what its failures say, or
 * the file that LOADED names.
 */

import { writeFileSync } from 'node:fs'
import { Module } from 'node:module'

const { PREPARED, LOADED = '/_fail.cjs' } = process.env
const timer = setInterval(() => {
  if (!Object.keys(Module._cache).some((file) => file.endsWith(LOADED))) return
  clearInterval(timer)
  writeFileSync(PREPARED, '')
}, 20).unref()
