/** A preload: makes the file that PREPARED names once the program has loaded what its failures say. */

import { writeFileSync } from 'node:fs'
import { Module } from 'node:module'

const timer = setInterval(() => {
  if (!Object.keys(Module._cache).some((file) => file.endsWith('/_fail.cjs'))) return
  clearInterval(timer)
  writeFileSync(process.env.PREPARED, '')
}, 20).unref()
