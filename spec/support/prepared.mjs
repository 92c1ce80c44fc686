/**
 * A preload: makes the file that PREPARED names once the program has loaded what its failures say, or
 * the file that LOADED names.
 */

import fs from 'node:fs'

const { PREPARED, LOADED = '/_fail.cjs' } = process.env
const { readFileSync, writeFileSync } = fs
fs.readFileSync = (file, ...rest) => {
  const text = readFileSync(file, ...rest)
  // Not before it has run, too.
  if (String(file).endsWith(LOADED)) setTimeout(() => writeFileSync(PREPARED, ''), 20)
  return text
}
