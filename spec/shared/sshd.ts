/** An SSH server of a test's own, on the loopback. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type Place, until } from '../support/cli.ts'
import { findPort, startBox } from './box.ts'

const [sshd, keygen] = ['/usr/sbin/sshd', 'ssh-keygen']

/** What it takes to mount something by it. */
export const sshPrograms: readonly string[] = ['sshfs', 'ssh', keygen, sshd]

/** Starts one until the test has finished; gives sshfs's words to reach it. */
export async function serve({ dir: placed }: Place, sftp = ''): Promise<string> {
  const dir = `${placed}/sshd`
  mkdirSync(dir)
  for (const name of ['host', 'user']) {
    execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', `${dir}/${name}`])
  }
  const port = await findPort()
  const [kind, key] = readFileSync(`${dir}/host.pub`, 'utf8').split(' ')
  writeFileSync(`${dir}/known`, `[127.0.0.1]:${port} ${kind} ${key}\n`)
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: `${dir}/host`,
    AuthorizedKeysFile: `${dir}/user.pub`,
    // Whoever owns the directory for temporary files, and where they are.
    StrictModes: 'no',
    PermitRootLogin: 'prohibit-password',
    PidFile: `${dir}/pid`,
    PermitUserRC: 'no',
    UsePAM: 'no',
    Subsystem: `sftp internal-sftp ${sftp}`,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`)
  writeFileSync(`${dir}/config`, lines.join(''))
  writeFileSync(`${dir}/shadow`, 'root:*:::::::\n')
  // It wants a directory in /run that only a service has, and no account that is locked.
  await startBox(
    'sshd',
    `mount -t tmpfs tmpfs /run
    mkdir /run/sshd
    mount --bind ${dir}/shadow /etc/shadow
    ${sshd} -f ${dir}/config -E ${dir}/log`,
  )
  await until('sshd listens', () => existsSync(`${dir}/pid`))
  const options = {
    port,
    IdentityFile: `${dir}/user`,
    UserKnownHostsFile: `${dir}/known`,
    StrictHostKeyChecking: 'yes',
  }
  const words = Object.entries(options).map(([name, value]) => `-o ${name}=${value}`)
  return `-F /dev/null ${words.join(' ')} root@127.0.0.1`
}
