/** A preload: counts into LISTINGS_FILE how often the program reads the names of a store's sessions. */

import fs from 'node:fs'

const { readdirSync } = fs
let count = 0

fs.readdirSync = (path, ...rest) => {
  if (String(path).endsWith('/sessions')) count++
  return readdirSync(path, ...rest)
}

process.on('exit', () => fs.writeFileSync(process.env.LISTINGS_FILE, String(count)))
