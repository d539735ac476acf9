/** `opik-runner-kit/jest`: the contract suites as describe and it of Jest. The only file that knows Jest. */
import { KitError } from '../kernel/errors.js'
import { expectPassed, prepareContract, testNameOf, type ContractOptions, type ContractTarget } from './suite-run.js'

export type { ContractOptions, ContractTarget } from './suite-run.js'

// Jest's globals. They are in every test file unless its configuration says `injectGlobals: false`.
type Declare = (name: string, body: () => void, timeoutMs?: number) => void
declare const describe: Declare | undefined
declare const it: Declare & { skip: Declare }

/**
 * Runs the chosen checks and declares one test for each, in a block per area. Jest cannot skip a test that is running, so
 * this is awaited at the top of an ES module (`contract.test.mjs`), before any test runs: a check that cannot run on the
 * target is then a skipped test whose name says why. A waived one passes. `-t` chooses tests, `areas` and `only` choose
 * what runs; hooks such as `beforeAll` come later.
 *
 * @param target a target, or a function that makes one
 * @throws KitError for options that make no sense, outside of Jest, and for a target that cannot be verified at all
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { describeContract } from 'opik-runner-kit/jest'
 *
 * await describeContract({ app: createRunnerMock() }, { areas: ['system'] })
 */
export async function describeContract(target: ContractTarget, options: ContractOptions = {}): Promise<void> {
  if (typeof describe === 'undefined') {
    throw new KitError('contract/jest', {
      failed: 'There is no Jest here: describe is not defined.',
      fix: 'Call it in a test file that Jest runs, with injectGlobals as it is by default.',
    })
  }
  const tests = prepareContract(target, options)
  await tests.start()
  const outcomes = new Map(
    await Promise.all(tests.checks.map(async (check) => [check, await tests.outcome(check)] as const)),
  )
  await tests.end()
  const block = describe
  block(tests.title, () => {
    for (const [area, checks] of tests.areas) {
      block(area, () => {
        for (const check of checks) {
          const outcome = outcomes.get(check)
          if (outcome?.kind === 'skipped') it.skip(`${testNameOf(check)} (${outcome.reason})`, () => undefined)
          else if (outcome !== undefined) it(testNameOf(check), () => expectPassed(outcome), tests.timeoutMs)
        }
      })
    }
  })
}
