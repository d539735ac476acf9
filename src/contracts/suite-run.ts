/** One run of verify behind many tests of a test runner: all checks start together, each test waits for its own. */
import { expectForm } from '../kernel/form.js'
import { SuiteOptions as form } from '../generated/kit-node.js'
import { checks as allChecks } from './suites/all-checks.js'
import { renderPlainFailure } from './report/pretty-reporter.js'
import type { CheckResult } from './check/report-model.js'
import type { AppTarget, Target } from './target/target.js'
import { verify, type VerifyOptions } from './run/verify.js'

/** A run under way. */
export interface SuiteRun {
  /** The outcome of a check, as soon as it is known. Rejects when the target cannot be verified at all. */
  resultOf(checkId: string): Promise<CheckResult>
  /** Ends the run; checks under way clean up first. */
  end(): Promise<void>
}

/** How to run: what `verify` takes, without what the test runner decides. */
export type SuiteOptions = Omit<VerifyOptions, 'bail' | 'require' | 'onEvent' | 'signal'>

/**
 * Starts all chosen checks at once, for test runners that have one test per check. Call `end` when the tests are over.
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { outcomeOf, startSuite } from 'opik-runner-kit/contracts'
 * import { serve } from 'opik-runner-kit/node'
 *
 * const server = await serve(createRunnerMock(), { port: 0 })
 * const suite = startSuite({ url: server.url }, { areas: ['system'] })
 * const outcome = outcomeOf(await suite.resultOf('system/is-alive'))
 * assert.equal(outcome.kind, 'passed')
 * await suite.end()
 * await server.close()
 */
export function startSuite(target: Target | AppTarget, options: SuiteOptions = {}): SuiteRun {
  expectForm(form, options, 'startSuite')
  const stop = new AbortController()
  const results = new Map((options.checks ?? allChecks).map(({ id }) => [id, createPromise<CheckResult>()]))
  const running = verify(target, {
    ...options,
    signal: stop.signal,
    onEvent(event) {
      if (event.type === 'check-finished') results.get(event.result.id)?.resolve(event.result)
    },
  }).then(
    () => rejectAll(results, new Error('This check was not among those chosen.')),
    (error: unknown) => rejectAll(results, error),
  )
  return {
    resultOf(checkId) {
      const result = results.get(checkId)
      return result === undefined ? Promise.reject(new Error(`There is no check ${checkId}.`)) : result.promise
    },
    async end() {
      stop.abort()
      await running
    },
  }
}

/** A result in a test runner's terms. */
export type TestOutcome = { kind: 'passed' } | { kind: 'failed'; message: string } | { kind: 'skipped'; reason: string }

/** What a test says about a result: waived and known failures pass, what did not run is skipped. */
export function outcomeOf(result: CheckResult): TestOutcome {
  const { verdict, isKnown } = result
  if (verdict.kind === 'not-run') return { kind: 'skipped', reason: verdict.reason }
  const hasFailed = verdict.kind === 'failed' || verdict.kind === 'error'
  return hasFailed && !isKnown ? { kind: 'failed', message: renderPlainFailure(result) } : { kind: 'passed' }
}

interface OpenPromise<Value> {
  promise: Promise<Value>
  resolve(value: Value): void
  reject(error: unknown): void
}

function createPromise<Value>(): OpenPromise<Value> {
  let resolve: (value: Value) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

/** Those that are already resolved do not notice. */
function rejectAll(results: ReadonlyMap<string, OpenPromise<CheckResult>>, error: unknown): void {
  for (const each of results.values()) each.reject(error)
}
