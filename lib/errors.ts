/** What is thrown where stint says no. */

import { type FailureCode, type FailureData, hintOf, sentenceOf, statusOf } from './failures.ts'

export type { Candidate, FailureCode, FailureData, Holder } from './failures.ts'

/** A refusal or failure that the caller can act on; anything else that is thrown is a bug. */
export class Failure<C extends FailureCode = FailureCode> extends Error {
  override readonly name: string = 'Failure'
  readonly code: C
  readonly data: FailureData[C]

  static {
    // Made when it is read: many a failure is caught and passed over.
    Object.defineProperty(Failure.prototype, 'message', {
      get(this: Failure) {
        return sentenceOf(this.code, this.data)
      },
    })
  }

  constructor(code: C, data: FailureData[C], options?: ErrorOptions) {
    super(undefined, options)
    this.code = code
    this.data = data
  }

  /** The process exit status that stands for it. */
  get status(): number {
    return statusOf(this.code)
  }

  /** What to do about it, where there is something to do. */
  get hint(): string | undefined {
    return hintOf(this.code, this.data)
  }
}

/** Whether `error` is the Failure of this code. */
export function isFailure<C extends FailureCode>(error: unknown, code: C): error is Failure<C> {
  return error instanceof Failure && error.code === code
}

/** What was thrown; a refusal of the disk says that the journal has so many entries of the change. */
export function withRecorded(error: unknown, count: number): unknown {
  for (const code of ['DISK_FULL', 'ACCESS_DENIED', 'IO_FAILED'] as const) {
    if (isFailure(error, code) && error.data.recorded !== count) {
      return new Failure(code, { ...error.data, recorded: count }, { cause: error.cause })
    }
  }
  if (isFailure(error, 'DURABILITY_UNKNOWN') && error.data.recorded !== count > 0) {
    const data = { ...error.data, recorded: count > 0 }
    return new Failure('DURABILITY_UNKNOWN', data, { cause: error.cause })
  }
  return error
}

/** What `act` gives, or undefined where a Failure is thrown; a bug is thrown on. */
export function quietly<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return undefined
  }
}
