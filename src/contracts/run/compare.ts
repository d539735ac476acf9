/** Runs the same checks against two targets and tells where they differ. */
import { compareReports, type Comparison } from '../check/comparison.js'
import { checks as allChecks } from '../suites/all-checks.js'
import type { AppTarget, Target } from '../target/target.js'
import { prepare, type VerifyOptions } from './verify-options.js'
import { verify } from './verify.js'

/** How to compare: what `verify` takes, without what is about the outcome of a single run. */
export type CompareOptions = Omit<
  VerifyOptions,
  'bail' | 'require' | 'waivers' | 'baseline' | 'keepExchanges' | 'strict' | 'accept'
>

/**
 * Verifies two targets with the same seed and compares verdicts and answers, call by call. Ids, times, names of the run,
 * the targets' addresses and the words of errors are not compared. Both targets are used as `verify` uses one; `onEvent`
 * hears both runs.
 *
 * @param a the target that is held to be right, such as production, or a mock
 * @param b the other one
 * @returns what differs; `exitCode` is 1 when anything does, 2 when a run could not be finished
 * @throws KitError as `verify` does, for either target
 * @example
 * import assert from 'node:assert/strict'
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { compare } from 'opik-runner-kit/contracts'
 * import { serve } from 'opik-runner-kit/node'
 *
 * const spec = await serve(createRunnerMock(), { port: 0 })
 * const opik = await serve(createRunnerMock({ profile: 'opik' }), { port: 0 })
 * const { differing } = await compare({ url: spec.url }, { url: opik.url }, { only: ['quirks/null-agent'] })
 * assert.equal(differing[0]?.pairs[0]?.differences[0]?.b, '500')
 * await Promise.all([spec.close(), opik.close()])
 */
export async function compare(
  a: Target | AppTarget,
  b: Target | AppTarget,
  options: CompareOptions = {},
): Promise<Comparison> {
  const shared: VerifyOptions = { ...options, keepExchanges: true }
  // What makes the second run pointless is said before the first one begins.
  for (const target of [a, b]) prepare(target, shared)
  await verify(b, { checks: [], signal: options.signal, firstAnswerSeconds: options.firstAnswerSeconds })
  const first = await verify(a, shared)
  const second = await verify(b, { ...shared, seed: first.seed })
  const loose = (options.checks ?? allChecks).filter(({ race, needs }) => race || needs.clock !== undefined)
  return compareReports(first, second, new Set(loose.map(({ id }) => id)))
}
