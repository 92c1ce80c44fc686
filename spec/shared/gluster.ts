/** A GlusterFS brick of a test's own, on the loopback. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { type Place, until } from '../support/cli.ts'
import { findPort, startBox } from './box.ts'

/** Programs of the server and of the client. */
export const glusterPrograms: readonly string[] = ['glusterfsd', 'glusterfs']

/** Serves a directory until the test has finished; gives the script that mounts it. */
export async function serveGluster(
  { dir: placed }: Place,
  dir: string,
  mount: string,
): Promise<string> {
  const own = `${placed}/gluster`
  mkdirSync(own)
  const port = await findPort()
  const server = [
    volume('posix', 'storage/posix', { directory: dir }),
    volume('locks', 'features/locks', {}, 'posix'),
    volume(
      'server',
      'protocol/server',
      {
        'transport-type': 'tcp',
        'transport.socket.bind-address': '127.0.0.1',
        'transport.socket.listen-port': port,
        'auth.addr.locks.allow': '127.0.0.1',
      },
      'locks',
    ),
  ]
  const client = volume('client', 'protocol/client', {
    'transport-type': 'tcp',
    'remote-host': '127.0.0.1',
    'remote-port': port,
    'remote-subvolume': 'locks',
  })
  writeFileSync(`${own}/server.vol`, server.join(''))
  writeFileSync(`${own}/client.vol`, client)
  const words = (name: string) => `-f ${own}/${name}.vol -l ${own}/${name}.log`
  await startBox('glusterfsd', `glusterfsd ${words('server')} -p ${own}/pid`)
  await until('glusterfsd is up', () => existsSync(`${own}/pid`))
  return `glusterfs ${words('client')} ${mount}
    until test -d ${mount}/project; do sleep 0.02; done`
}

function volume(
  name: string,
  type: string,
  options: Readonly<Record<string, string | number>>,
  below?: string,
): string {
  const lines = Object.entries(options).map(([key, value]) => `  option ${key} ${value}\n`)
  const subvolumes = below === undefined ? '' : `  subvolumes ${below}\n`
  return `volume ${name}\n  type ${type}\n${lines.join('')}${subvolumes}end-volume\n`
}
