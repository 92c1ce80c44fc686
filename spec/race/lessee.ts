/**
 * A process that asks for leases, one each 40 ms from an instant on, and says which it got: lessee DIR
 * COUNT INSTANT. It keeps them until its standard input ends, and then says which it still has.
 */

import { type Lease, openLease } from '../../lib/os/lease.ts'

const [dir = '', count = '', instant = ''] = process.argv.slice(2)
const leases = new Map<number, Lease>()
for (let n = 0; n < Number(count); n++) {
  while (Date.now() < Number(instant) + n * 40);
  const answer = openLease(`${dir}/${n}`, { brief: false, alone: true })
  if (answer.kind === 'taken') leases.set(n, answer.lease)
}
process.stdout.write(`${JSON.stringify([...leases.keys()])}\n`)
process.stdin.resume().once('end', () => {
  const kept = [...leases].filter(([, lease]) => !lease.isLost()).map(([n]) => n)
  process.stdout.write(`${JSON.stringify(kept)}\n`)
})
