/** What sessions of a store are opened for change with. Readers need none of it. */

import type { Env } from '../base/env.ts'
import { configFile } from '../layout.ts'
import { secretsIn } from '../redact/environment.ts'
import { createRedactor, noRedactor, type Redactor } from '../redact/redact.ts'
import type { SessionAccess } from '../session/session.ts'
import { type RedactionSettings, readRedaction } from './config.ts'
import { findProjectFacts } from './project.ts'
import type { Store } from './store.ts'

/** One for each environment: what it has learnt holds for every store opened in it. */
const redactors = new WeakMap<Env, Redactor>()

/**
 * A redactor with the rules, the user's own, and the secrets in the environment, also when the user
 * switched redaction off for what is recorded. Throws CONFIG_INVALID.
 */
export function openRedactor(env: Env, home: string): Redactor {
  return redactorWith(env, readRedaction(configFile(env, home)))
}

/** The same for a store. */
export function openRedactorOf(store: Store): Redactor {
  return redactorWith(store.env, readRedaction(store.configFile))
}

/**
 * The one funnel that every persisted text goes through; one that does nothing when the user
 * switched redaction off.
 *
 * Throws CONFIG_INVALID: with a rule that cannot be read nothing is written.
 */
export function redactorOf(store: Store): Redactor {
  const known = redactors.get(store.env)
  if (known !== undefined) return known
  const settings = readRedaction(store.configFile)
  const redactor = settings.enabled ? redactorWith(store.env, settings) : noRedactor
  redactors.set(store.env, redactor)
  return redactor
}

function redactorWith(variables: Env, { env, allow, rules }: RedactionSettings): Redactor {
  const redactor = createRedactor({ allow, rules })
  redactor.learn(secretsIn(variables, env))
  return redactor
}

/** Whether secrets are taken out of what is recorded: the user can switch that off. */
export function isRedacting(store: Store): boolean {
  return redactorOf(store) !== noRedactor
}

/** What Session is opened with. Throws STATE_INVALID when project.toml cannot be read. */
export function accessOf(store: Store): SessionAccess {
  return { redactor: redactorOf(store), lease: leaseUseOf(store) }
}

/** Who a change needs a lease for. Throws STATE_INVALID when project.toml cannot be read. */
export function leaseUseOf({ dir }: Store): SessionAccess['lease'] {
  const { shared = false, leaseOnly = false } = findProjectFacts(dir) ?? {}
  return leaseOnly ? 'process' : shared ? 'machine' : 'none'
}

/** A directory as a journal has it: one that redaction changes is no place to go back to, and says so. */
export function cwdFacts(
  store: Store,
  cwd: string,
): { readonly cwd: string; readonly cwd_redacted?: true } {
  const { value } = redactorOf(store).text(cwd)
  return { cwd: value, ...(value === cwd ? {} : { cwd_redacted: true }) }
}
