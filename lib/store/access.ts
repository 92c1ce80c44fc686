/** What sessions of a store are opened for change with. Readers need none of it. */

import { createRedactor, type Redactor } from '../redact/redact.ts'
import type { SessionAccess } from '../session/session.ts'
import { findProjectFacts } from './project.ts'
import type { Store } from './store.ts'

let redactor: Redactor | undefined

/** The one funnel that every persisted text goes through. */
export function redactorOf(_store: Store): Redactor {
  redactor ??= createRedactor()
  return redactor
}

/** What Session is opened with. */
export function accessOf(store: Store): SessionAccess {
  return { redactor: redactorOf(store), leased: findProjectFacts(store.dir)?.shared ?? false }
}
