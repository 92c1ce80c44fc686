/** A preload: says in OPENS_FILE, as JSON, how often the program has opened files of each name. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { openSync, renameSync, writeFileSync } = fs
const said = process.env.OPENS_FILE
const counts = {}

fs.openSync = (path, ...rest) => {
  const name = String(path).slice(String(path).lastIndexOf('/') + 1)
  counts[name] = (counts[name] ?? 0) + 1
  if (said !== undefined && !String(path).startsWith(said)) {
    writeFileSync(`${said}.new`, JSON.stringify(counts))
    renameSync(`${said}.new`, said)
  }
  return openSync(path, ...rest)
}
syncBuiltinESMExports()
