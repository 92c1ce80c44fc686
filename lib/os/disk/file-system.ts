/** What a file system is, how much it takes, and what its clock says. */

import fs from 'node:fs'
import { onDisk } from './call.ts'
import { readFacts } from './facts.ts'
import { closeFile } from './read.ts'
import { createFile, removeFile } from './write.ts'

/** The time by the clock that stamps the files in a directory, in ms since 1970. */
export function serverTime(dir: string): number {
  const path = `${dir}/.clock.${process.getBuiltinModule('node:crypto').randomUUID()}`
  const fd = createFile(path)
  try {
    return readFacts(fd, path).changedAt
  } finally {
    closeFile(fd)
    removeFile(path)
  }
}

/** Whether the path's file system keeps its files on another machine, and what it is called. */
export function fileSystemOf(path: string): { readonly name: string; readonly remote: boolean } {
  const type = onDisk(path, () => fs.statfsSync(path).type) >>> 0
  const name = remoteFileSystems[type]
  return name === undefined
    ? { name: `0x${type.toString(16)}`, remote: false }
    : { name, remote: true }
}

/** What is left of the path's file system. No count of files where it has no limit of them. */
export interface Space {
  readonly freeBytes: number
  readonly bytes: number
  readonly freeFiles: number
  readonly files: number
}

/** How much more the path's file system takes from this user. */
export function spaceOf(path: string): Space {
  const { bavail, blocks, bsize, ffree, files } = onDisk(path, () => fs.statfsSync(path))
  return { freeBytes: bavail * bsize, bytes: blocks * bsize, freeFiles: ffree, files }
}

/** Magic numbers of statfs(2) on Linux. */
const remoteFileSystems: Readonly<Record<number, string>> = {
  26985: 'nfs',
  4283649346: 'cifs',
  4266872130: 'smb2',
  20859: 'smb',
  12805120: 'ceph',
  198183888: 'lustre',
  1196443219: 'gpfs',
  1397113167: 'afs',
  1799439955: 'afs',
  16914839: '9p',
  1702057286: 'fuse',
  1952539503: 'ocfs2',
  18225520: 'gfs2',
}
