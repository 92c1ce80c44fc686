/**
 * A preload: calls of node:fs that a disk refuses to this user.
 *
 * STINT_REFUSALS has them as JSON: the name of a call, and a text that a path has in it which is there.
 */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { lstatSync } = fs

for (const [call, text] of Object.entries(JSON.parse(process.env.STINT_REFUSALS))) {
  const real = fs[call]
  const isRefused = (path) =>
    typeof path === 'string' &&
    path.includes(text) &&
    lstatSync(path, { throwIfNoEntry: false }) !== undefined
  fs[call] = (...args) => {
    const path = args.slice(0, 2).find(isRefused)
    if (path === undefined) return real(...args)
    const error = new Error(`EACCES: permission denied, ${call} '${path}'`)
    throw Object.assign(error, { code: 'EACCES', errno: -13, syscall: call, path })
  }
}
syncBuiltinESMExports()
