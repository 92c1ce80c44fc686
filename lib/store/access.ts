/** What sessions of a store are opened for change with. Readers need none of it. */

import { secretsIn } from '../redact/environment.ts'
import { createRedactor, noRedactor, type Redactor } from '../redact/redact.ts'
import type { SessionAccess } from '../session/session.ts'
import { readRedaction } from './config.ts'
import { findProjectFacts } from './project.ts'
import type { Env, Store } from './store.ts'

/** One for each environment: what it has learnt holds for every store opened in it. */
const redactors = new WeakMap<Env, Redactor>()

/**
 * The one funnel that every persisted text goes through: the rules, the user's own, and the secrets
 * in the environment.
 *
 * Throws CONFIG_INVALID: with a rule that cannot be read nothing is written.
 */
export function redactorOf(store: Store): Redactor {
  const known = redactors.get(store.env)
  if (known !== undefined) return known
  const { enabled, env, ...options } = readRedaction(store.configFile)
  const redactor = enabled ? createRedactor(options) : noRedactor
  redactor.learn(secretsIn(store.env, env))
  redactors.set(store.env, redactor)
  return redactor
}

/** Whether the user switched redaction off. */
export function isRedacting(store: Store): boolean {
  return redactorOf(store) !== noRedactor
}

/** What Session is opened with. */
export function accessOf(store: Store): SessionAccess {
  return { redactor: redactorOf(store), leased: findProjectFacts(store.dir)?.shared ?? false }
}
