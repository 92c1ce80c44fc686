/** A preload: makes the file that LISTENS_FILE names once the program handles SIGINT itself. */

import fs from 'node:fs'

process.on('newListener', (name) => {
  if (name !== 'SIGINT') return
  setImmediate(() => fs.writeFileSync(process.env.LISTENS_FILE, '\n'))
})
