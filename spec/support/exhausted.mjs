/** A preload: from when the file that EXHAUSTED names is there, the system has no more files to open. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { accessSync } = fs
const isExhausted = () => {
  try {
    accessSync(process.env.EXHAUSTED)
    return true
  } catch {
    return false
  }
}

for (const call of ['openSync', 'readdirSync', 'opendirSync', 'readFileSync']) {
  const real = fs[call]
  fs[call] = (...args) => {
    // A descriptor is open already.
    if (typeof args[0] === 'number' || !isExhausted()) return real(...args)
    const error = new Error(`ENFILE: file table overflow, ${call} '${args[0]}'`)
    throw Object.assign(error, { code: 'ENFILE', errno: -23, syscall: call, path: args[0] })
  }
}
syncBuiltinESMExports()
