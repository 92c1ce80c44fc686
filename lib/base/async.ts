/** Waiting. */

/** Resolves after `ms`, or at once when the signal aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

/** Blocks this thread, for what cannot be awaited. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Lets whatever waits have its turn, signals too. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Calls `attempt` until it gives something or `timeout` ms have passed: 1 ms and soon 20 ms apart, and
 * after seconds a hundredth of the time waited, at most 250 ms.
 *
 * The deadline is wall time and not a count: a probe can hold a lock for one scheduler slice.
 */
export async function poll<T>(
  attempt: () => T | undefined,
  options: { readonly timeout: number; readonly signal?: AbortSignal | undefined },
): Promise<T | undefined> {
  const started = performance.now()
  for (let pause = 1; ; pause *= 2) {
    const got = attempt()
    if (got !== undefined) return got
    const waited = performance.now() - started
    const left = options.timeout - waited
    if (left <= 0 || options.signal?.aborted) return undefined
    pause = Math.min(pause, Math.max(20, waited / 100), 250)
    await sleep(Math.min(pause, left), options.signal)
  }
}
