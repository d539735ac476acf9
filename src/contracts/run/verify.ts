/** Verifies a target, or two of them to tell where they differ; and reads the failures that are known. */
import { BaselineFile as baselineForm, VerifyOptions as form } from '../../generated/kit-node.js'
import { KitError } from '../../kernel/errors.js'
import { listOf, memberOf, textAt } from '../../kernel/json-value.js'
import { expectForm } from '../../kernel/validate-options.js'
import { currentId } from '../check/check.js'
import { compareReports } from '../../report/compare-reports.js'
import type { Comparison } from '../../report/comparison-document.js'
import type { Report } from '../check/report-model.js'
import { refusedQuirks, type QuirkId } from '../check/seen-quirks.js'
import { checks as allChecks } from '../suites/all-checks.js'
import { selectChecks } from '../suites/requirements.js'
import { createAppTransport } from '../target/app-transport.js'
import { resolveTarget, type AppTarget, type Target } from '../target/target.js'
import { createTransport } from '../target/transport.js'
import { VerifySession, type VerifyOptions } from './verify-session.js'

export type { VerifyOptions } from './verify-session.js'

/**
 * Verifies a target. It creates projects and runners there, and removes them; what it did not create it leaves alone.
 * With a `clock` on the target, time moves for everybody who uses it.
 *
 * Whatever answers is verified: what it lacks is part of the report.
 *
 * @throws KitError when nothing answers (`target/unreachable`), the credentials are refused (`target/refused`), the given
 *   project cannot be used (`target/projects`), for an unknown quirk (`quirks/unknown`), and for options that make
 *   no sense.
 * @example
 * import assert from 'node:assert/strict'
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { verify } from 'opik-runner-kit/contracts'
 * import { serve } from 'opik-runner-kit/node'
 *
 * const server = await serve(createRunnerMock(), { port: 0 })
 * const report = await verify({ url: server.url }, { areas: ['system'] })
 * assert.equal(report.exitCode, 0)
 * await server.close()
 */
export async function verify(target: Target | AppTarget, options: VerifyOptions = {}): Promise<Report> {
  const prepared = prepare(target, options)
  const { app } = prepared.target
  const transport = app === undefined ? createTransport() : await createAppTransport(app)
  try {
    return await new VerifySession({ ...prepared, options, transport }).run()
  } finally {
    transport.close()
  }
}

/** What a run is made of, or the error for a target or options that make no sense; asks the target for nothing. */
function prepare(target: Target | AppTarget, options: VerifyOptions) {
  expectForm(form, options, 'verify')
  const { strict = false, accept, suites, require, areas, only: ids, path } = options
  const resolved = resolveTarget(target)
  const refused: ReadonlySet<QuirkId> = strict || accept !== undefined ? refusedQuirks(strict, accept ?? []) : new Set()
  const checks = selectChecks(options.checks, { suites, require, areas, ids })
  const all = options.checks ?? allChecks
  const known = new Set(all.map(({ id }) => id))
  if (known.size < all.length) {
    const value = String(all.find(({ id }) => !known.delete(id))?.id)
    throw new KitError('check/duplicate', { failed: 'Two checks share an id.', value, fix: 'Rename one.' })
  }
  if (path !== undefined && checks.length !== 1) {
    throw new KitError('checks/path', {
      failed: 'A path replays one random sequence of one check.',
      value: `${path}, with ${checks.length} checks chosen`,
      fix: 'Give --check, --seed and --path as the failure names them, for example --check model/jobs --seed 7 --path 3:0:1.',
    })
  }
  return { target: resolved, checks, refused }
}

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

/**
 * Ids of the checks that failed in an earlier JSON report, or a plain list of ids.
 * @throws KitError `baseline/form` for anything else.
 */
export function parseBaseline(value: unknown): ReadonlySet<string> {
  expectForm(baselineForm, value, 'the baseline', 'baseline/form')
  return new Set(listOf(memberOf(value, 'results') ?? value).flatMap(readFailure))
}

function readFailure(entry: unknown): string[] {
  if (typeof entry === 'string') return [currentId(entry)]
  const kind = memberOf(memberOf(entry, 'verdict'), 'kind')
  return kind === 'failed' || kind === 'error' ? [currentId(textAt(entry, 'id'))] : []
}
