/** What a directory holds, so that a test sees whether anything in it was touched. */

import { lstatSync, readdirSync, readFileSync } from 'node:fs'

/** Every path below `dir` with its inode, size, mode, and when it and its inode changed. */
export function fingerprint(dir: string): string[] {
  const found: string[] = []
  const walk = (path: string) => {
    const { ino, size, mode, mtimeNs, ctimeNs, isDirectory } = factsOf(path)
    found.push([path.slice(dir.length), ino, size, mode, mtimeNs, ctimeNs].join(' '))
    if (isDirectory) for (const name of readdirSync(path).sort()) walk(`${path}/${name}`)
  }
  walk(dir)
  return found
}

/** The same without inodes and times: names and contents. */
export function contents(dir: string): string[] {
  const found: string[] = []
  const walk = (path: string) => {
    const stats = lstatSync(path)
    const text = stats.isFile() ? readFileSync(path, 'latin1') : ''
    found.push(`${path.slice(dir.length)} ${stats.mode} ${text}`)
    if (stats.isDirectory()) for (const name of readdirSync(path).sort()) walk(`${path}/${name}`)
  }
  walk(dir)
  return found
}

function factsOf(path: string) {
  const stats = lstatSync(path, { bigint: true })
  return {
    ino: stats.ino,
    size: stats.size,
    mode: stats.mode,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    isDirectory: stats.isDirectory(),
  }
}
