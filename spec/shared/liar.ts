/** A file system that lies, compiled where it is mounted. */

import { fileURLToPath } from 'node:url'

/** What it takes: a compiler, and the headers of libfuse 3. */
export const liarPrograms: readonly string[] = ['cc', 'pkg-config', '/usr/include/fuse3/fuse.h']

/** In which way it lies: see liar.c. */
export type Lie = 'grants' | 'lockless' | 'dirless' | 'unsynced' | 'eager'

/** The script that mounts `dir` at `mount`. */
export function mountLiar(dir: string, lie: Lie, mount: string): string {
  const source = fileURLToPath(new URL('liar.c', import.meta.url))
  return `cc -o ${dir}/liar ${source} $(pkg-config --cflags --libs fuse3)
    ${dir}/liar ${dir} ${lie} ${mount}`
}
