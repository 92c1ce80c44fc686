/** File systems that do less than a store needs: what the doctor says of them, and what else happens. */

import { chmodSync, mkdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { makePlace, type Place, program, type Row } from '../support/cli.ts'
import { findObstacle, startBox } from './box.ts'
import { type Lie, liarPrograms, mountLiar } from './liar.ts'
import { serve, sshPrograms } from './sshd.ts'

interface Ground {
  readonly name: string
  readonly needs: readonly string[]
  /** What mounts `mount`, with a directory `home` in it; `dir` is on the disk. */
  readonly script: (paths: { place: Place; dir: string; mount: string }) => string | Promise<string>
  /** What the doctor finds of the disk. */
  readonly finds: readonly string[]
  /** The code with which no session can be made; undefined where one can. */
  readonly refuses?: string
  /** What a turn there is warned of, when it runs all the same. */
  readonly warns?: string
}

const lying = (name: string, lie: Lie, finds: readonly string[], refuses?: string): Ground => ({
  name,
  needs: liarPrograms,
  script: ({ dir, mount }) => mountLiar(dir, lie, mount),
  finds,
  ...(refuses === undefined ? {} : { refuses }),
})

const grounds: readonly Ground[] = [
  {
    name: 'a directory of an SSH server',
    needs: sshPrograms,
    script: async ({ place, dir, mount }) => `sshfs ${await serve(place)}:${dir} ${mount}`,
    finds: [],
  },
  {
    name: 'files without second names',
    needs: sshPrograms,
    script: async ({ place, dir, mount }) =>
      `sshfs -o disable_hardlink ${await serve(place)}:${dir} ${mount}`,
    finds: ['disk.link: a file gets no second name (EPERM)'],
  },
  {
    name: 'an SSH server that replaces nothing by a rename',
    needs: sshPrograms,
    script: async ({ place, dir, mount }) =>
      `sshfs ${await serve(place, '-P posix-rename')}:${dir} ${mount}`,
    finds: ['disk.rename: a rename does not replace a file (EPERM)'],
    refuses: 'ACCESS_DENIED',
  },
  {
    name: 'files whose modes are not kept',
    needs: ['bindfs'],
    script: ({ dir, mount }) => `bindfs --chmod-ignore --perms=0644:ugo+X ${dir} ${mount}`,
    finds: ['disk.mode: a file made with mode 0600 has 0644'],
  },
  {
    name: 'files that cannot be removed',
    needs: ['bindfs'],
    script: ({ dir, mount }) => `bindfs --delete-deny ${dir} ${mount}`,
    finds: ['disk.write: what is made cannot be removed (EPERM)'],
    warns: 'could not be let go of: no access to',
  },
  lying('files that any number of processes may lock', 'grants', [
    'disk.flock: a second process gets a lock that is held',
  ]),
  lying(
    'files that cannot be locked',
    'lockless',
    ['disk.flock: a file cannot be locked (ENOLCK)'],
    'NO_LOCKS',
  ),
  lying('files that are made twice', 'eager', [
    'disk.exclusive: a second process makes a file that is there',
  ]),
  lying('directories that cannot be synced', 'dirless', [
    'disk.sync: a directory cannot be synced (EINVAL)',
  ]),
  lying(
    'files that cannot be synced',
    'unsynced',
    ['disk.sync: a file cannot be synced (EINVAL)'],
    'IO_FAILED',
  ),
  {
    name: 'a FAT whose directories lose what is in them',
    needs: ['fusefat', 'mkfs.vfat'],
    script: ({ dir, mount }) => `truncate -s 20M ${dir}/fat
      mkfs.vfat ${dir}/fat
      fusefat -o rw+ ${dir}/fat ${mount}
      mkdir ${mount}/home`,
    finds: [
      'disk.link: a file gets no second name (EPERM)',
      'disk.rename: a directory that is renamed loses what is in it',
      'disk.write: a file cannot be appended to and cut (EPERM)',
    ],
    refuses: 'SESSION_UNREADABLE',
  },
  {
    name: 'a disk that is full',
    needs: [],
    script: ({ mount }) => `mount -t tmpfs -o size=256k tmpfs ${mount}
      mkdir -m 700 ${mount}/home
      dd if=/dev/zero of=${mount}/full || true`,
    finds: ['disk.space: 0 of 0 MiB are free', 'disk.unprobed: it cannot be written (ENOSPC)'],
    refuses: 'DISK_FULL',
  },
  {
    name: 'a disk that is read-only',
    needs: [],
    script: ({ mount }) => `mount -t tmpfs tmpfs ${mount}
      mkdir -m 700 ${mount}/home
      mount -o remount,ro ${mount}`,
    finds: ['disk.unprobed: it cannot be written (EROFS)'],
    refuses: 'ACCESS_DENIED',
  },
]

describe('on', () => {
  for (const { name, needs, script, finds, refuses, warns } of grounds) {
    const obstacle = findObstacle(needs)
    const title = obstacle === undefined ? name : `${name} (skipped: ${obstacle})`
    test.skipIf(obstacle !== undefined)(title, async () => {
      const place = makePlace()
      const [dir, mount] = [`${place.dir}/disk`, `${place.dir}/mount`]
      mkdirSync(`${dir}/home`, { recursive: true })
      chmodSync(`${dir}/home`, 0o700)
      mkdirSync(mount)
      const { enter } = await startBox('the mount', await script({ place, dir, mount }))
      const within = ['sh', '-c', 'cd "$0" && exec "$@"', place.cwd]
      const other = (...command: string[]) =>
        place.startOther([...enter, ...within, ...command], {
          env: { STINT_HOME: `${mount}/home` },
        }).ended
      const stint = (verb: string, ...args: string[]) =>
        other(process.execPath, program, verb, '--json', ...args)

      const looked = await stint('doctor')
      const { checks, summary } = JSON.parse(looked.stdout) as Row
      const said = (checks as Row[])
        .filter(({ id }) => id.startsWith('disk.') && id !== 'disk.type')
        .map(({ id, evidence }) => `${id}: ${evidence}`)
      expect(said.sort()).toEqual(finds)
      expect(looked.status).toBe(summary.damage > 0 ? 6 : summary.warnings > 0 ? 1 : 0)
      expect((checks as Row[]).map(({ id }) => id)).not.toContain('root.permissions')

      const ran = await stint('run', '--', 'echo', 'hi')
      const listed = await stint('list')
      expect(listed.status).toBe(0)
      if (warns !== undefined) {
        expect(ran.status).toBe(0)
        expect(ran.stderr).toContain(warns)
      } else if (refuses === undefined) {
        expect({ status: ran.status, stderr: ran.stderr }).toMatchObject({ status: 0 })
        const { session_id: id } = JSON.parse(ran.stdout) as Row
        expect(JSON.parse(listed.stdout)).toMatchObject([{ id, outcome: 'success' }])
        expect(await stint('rename', id, 'x')).toMatchObject({ status: 0 })
        expect(await stint('delete', id)).toMatchObject({ status: 0 })
        expect(await stint('trash', 'restore', id)).toMatchObject({ status: 0 })
        expect((await other('ls', '-A', `${mount}/home`)).stdout).toBe('projects\n')
      } else {
        expect(ran.status).toBe(125)
        expect(ran.stderr).toContain(`"code":"${refuses}"`)
      }
    })
  }
})
