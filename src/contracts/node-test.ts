/** `opik-runner-kit/node-test`: the contract suites as describe and it of node:test. The only file that knows it. */
import { after, before, describe, it } from 'node:test'
import { prepareContract, testNameOf, type ContractOptions, type ContractTarget } from './suite-run.js'

export type { ContractOptions, ContractTarget } from './suite-run.js'

/**
 * Declares one test per check, in a block per area. All chosen checks start together when the block begins, and each test
 * waits for its own; `--test-name-pattern` chooses tests, `areas` and `only` choose what runs. A check that cannot run on
 * the target is a skipped test that says why, a waived one passes.
 *
 * @param target a target, or a function that makes one once the block begins (after earlier `before` hooks)
 * @throws KitError for options that make no sense
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { describeContract } from 'opik-runner-kit/node-test'
 *
 * describeContract({ app: createRunnerMock() }, { areas: ['system'] })
 */
export function describeContract(target: ContractTarget, options: ContractOptions = {}): void {
  const tests = prepareContract(target, options)
  const { timeoutMs: timeout } = tests
  void describe(tests.title, () => {
    before(() => tests.start())
    after(() => tests.end())
    for (const [area, checks] of tests.areas) {
      void describe(area, () => {
        for (const check of checks) {
          void it(testNameOf(check), { timeout }, (test) => tests.judge(check, test))
        }
      })
    }
  })
}
