/** What `describeContract` is in every test runner: the chosen checks by area, one run of them, and what a test says. */
import { expectForm } from '../kernel/form.js'
import { ContractOptions as form } from '../generated/kit-node.js'
import type { Check } from './check/check.js'
import { selectChecks } from './run/select-checks.js'
import { outcomeOf, startSuite, type SuiteOptions, type SuiteRun, type TestOutcome } from './suite-run.js'
import type { AppTarget, Target } from './target/target.js'

/** How to run the suites in a test file: what `verify` takes, and a title. */
export interface ContractOptions extends SuiteOptions {
  /** Title of the block. Default: `contract`. */
  title?: string | undefined
  /** Seconds that one test may take; all checks run at once from the first test on. Default: 120. */
  timeoutSeconds?: number | undefined
}

/** A target, or a function that makes one when the run begins. */
export type ContractTarget = Target | AppTarget | (() => Target | AppTarget | Promise<Target | AppTarget>)

/** The tests of one block. */
export interface ContractTests {
  title: string
  timeoutMs: number
  checks: readonly Check[]
  /** The same by their areas. */
  areas: ReadonlyMap<string, readonly Check[]>
  /** Starts the checks, or some of them. */
  start(chosen?: readonly Check[]): Promise<SuiteRun>
}

/**
 * Chooses the checks of a block.
 * @throws KitError for options that make no sense
 */
export function prepareContract(target: ContractTarget, options: ContractOptions): ContractTests {
  expectForm(form, options, 'describeContract')
  const { title = 'contract', timeoutSeconds = 120, ...ofSuite } = options
  const { suites, areas, only: ids } = options
  const checks = selectChecks(options.checks, { suites, areas, ids })
  return {
    title,
    timeoutMs: 1000 * timeoutSeconds,
    checks,
    areas: new Map(checks.map(({ area }) => [area, checks.filter((each) => each.area === area)])),
    async start(chosen = checks) {
      const resolved = typeof target === 'function' ? await target() : target
      return startSuite(resolved, { ...ofSuite, checks: chosen, suites: undefined, areas: undefined, only: undefined })
    },
  }
}

/** The name of a check's test. */
export function testNameOf({ id, title }: Check): string {
  return `${id}: ${title}`
}

/** What came of a check whose test runs now. */
export async function awaitOutcome(suite: SuiteRun | undefined, { id }: Check): Promise<TestOutcome> {
  if (suite === undefined) throw new Error('The run has not begun.')
  return outcomeOf(await suite.resultOf(id))
}

/**
 * Judges the test of a check that runs now: one that could not run is skipped, with the reason.
 * @throws ContractBroken for a check that failed
 */
export async function judgeTest(
  suite: SuiteRun | undefined,
  check: Check,
  test: { skip(reason: string): void },
): Promise<void> {
  const outcome = await awaitOutcome(suite, check)
  if (outcome.kind === 'skipped') test.skip(outcome.reason)
  expectPassed(outcome)
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
