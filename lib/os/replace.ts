/** Replacing a file whole: readers see the old bytes or the new ones. */

import { Failure } from '../errors.ts'
import * as disk from './disk.ts'
import { loadWriteFileAtomic } from './packages.ts'

/**
 * Replaces a small text file, of mode 0600, and brings it and its name to the disk.
 *
 * Throws DISK_FULL, ACCESS_DENIED or IO_FAILED when the old file is still there as it was, and
 * returns false when the new file is in place but the directory could not be synced.
 *
 * write-file-atomic takes one write(2) for the whole however much it wrote, which on a full disk puts
 * a truncated file in place of the good one; so it gets no data, and the hook that runs between its
 * open and its fsync writes all bytes or throws.
 */
export function replaceText(path: string, text: string): boolean {
  const bytes = Buffer.from(text)
  try {
    loadWriteFileAtomic().sync(path, null as unknown as string, {
      mode: 0o600,
      tmpfileCreated: (temporary: string) => {
        const fd = disk.openWrite(temporary, { create: false })
        try {
          disk.writeAll(fd, temporary, bytes)
        } finally {
          disk.closeFile(fd)
        }
      },
    })
  } catch (error) {
    throw disk.toFailure(error, path)
  }
  try {
    disk.syncDir(disk.parentOf(path))
    return true
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}
