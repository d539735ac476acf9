/**
 * One run of verify behind many tests of a test runner, and what `describeContract` is in all of them: the chosen checks by
 * area start together, each test waits for its own and says what came of it.
 */
import { EventEmitter, once } from 'node:events'
import { expectForm } from '../kernel/validate-options.js'
import { SuiteOptions as suiteForm, ContractOptions as contractForm } from '../generated/kit-node.js'
import { renderPlainFailure } from '../report/verify-document.js'
import type { CheckResult } from './check/report-model.js'
import type { AppTarget, Target } from './target/target.js'
import { selectChecks } from './suites/requirements.js'
import { verify, type VerifyOptions } from './run/verify.js'
import { failsRun, type Check } from './check/check.js'

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
  expectForm(suiteForm, options, 'startSuite')
  const stop = new AbortController()
  const results = new Map<string, CheckResult>()
  const finished = new EventEmitter().setMaxListeners(Infinity)
  const running = verify(target, {
    ...options,
    signal: stop.signal,
    onEvent(event) {
      if (event.type !== 'check-finished') return
      results.set(event.result.id, event.result)
      finished.emit(event.result.id)
    },
  })
  running.catch(() => undefined)
  return {
    async resultOf(checkId) {
      if (!results.has(checkId)) await Promise.race([running, once(finished, checkId)])
      const result = results.get(checkId)
      if (result !== undefined) return result
      throw new Error(`There is no check ${checkId} among those chosen.`)
    },
    async end() {
      stop.abort()
      await running.catch(() => undefined)
    },
  }
}

/** A result in a test runner's terms. */
export type TestOutcome = { kind: 'passed' } | { kind: 'failed'; message: string } | { kind: 'skipped'; reason: string }

/** What a test says about a result: waived and known failures pass, what did not run is skipped. */
export function outcomeOf(result: CheckResult): TestOutcome {
  const { verdict } = result
  if (verdict.kind === 'not-run') return { kind: 'skipped', reason: verdict.reason }
  return failsRun(result) ? { kind: 'failed', message: renderPlainFailure(result) } : { kind: 'passed' }
}

/** How to run the suites in a test file: what `verify` takes, and a title. */
export interface ContractOptions extends SuiteOptions {
  /** Title of the block. Default: `contract`. */
  readonly title?: string | undefined
  /** Seconds that one test may take; all checks run at once from the first test on. Default: 120. */
  readonly timeoutSeconds?: number | undefined
}

/** A target, or a function that makes one when the run begins. */
export type ContractTarget = Target | AppTarget | (() => Target | AppTarget | Promise<Target | AppTarget>)

/**
 * Chooses the checks of a block.
 * @throws KitError for options that make no sense
 */
export function prepareContract(target: ContractTarget, options: ContractOptions) {
  expectForm(contractForm, options, 'describeContract')
  const { title = 'contract', timeoutSeconds = 120, ...ofSuite } = options
  const { suites, areas, only: ids } = options
  const checks = selectChecks(options.checks, { suites, areas, ids })
  let suite: SuiteRun | undefined
  const outcome = async ({ id }: Check): Promise<TestOutcome> => {
    if (suite === undefined) throw new Error('The run has not begun.')
    return outcomeOf(await suite.resultOf(id))
  }
  return {
    title,
    timeoutMs: 1000 * timeoutSeconds,
    checks,
    /** The same by their areas. */
    areas: new Map(checks.map(({ area }) => [area, checks.filter((each) => each.area === area)])),
    /** Starts the checks, or some of them. */
    async start(chosen = checks) {
      const resolved = typeof target === 'function' ? await target() : target
      suite = startSuite(resolved, { ...ofSuite, checks: chosen, suites: undefined, areas: undefined, only: undefined })
    },
    end: async () => suite?.end(),
    outcome,
    /** The test of a check: one that could not run is skipped, with the reason. It throws for a check that failed. */
    async judge(check: Check, test: { skip(reason: string): void }) {
      const ended = await outcome(check)
      if (ended.kind === 'skipped') test.skip(ended.reason)
      expectPassed(ended)
    },
  }
}

export function testNameOf({ id, title }: Check): string {
  return `${id}: ${title}`
}

/**
 * Ends the test of a check that failed.
 * @throws ContractBroken
 */
export function expectPassed(outcome: TestOutcome): void {
  if (outcome.kind === 'failed') throw new ContractBroken(outcome.message)
}

/** A test's failure: the message is the whole report of the check, since a stack says nothing about a server. */
class ContractBroken extends Error {
  override readonly name = 'ContractBroken'

  constructor(message: string) {
    super(message)
    this.stack = `${this.name}: ${message}`
  }
}
