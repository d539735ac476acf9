/** `opik-runner-kit/vitest`: the contract suites as describe and it. The only file that knows vitest. */
import { afterAll, beforeAll, describe, it } from 'vitest'
import { prepareContract, testNameOf, type ContractOptions, type ContractTarget } from './suite-run.js'

export type { ContractOptions, ContractTarget } from './suite-run.js'

/**
 * Declares one test per check, in a block per area. All chosen checks start together when the block begins, and each test
 * waits for its own; what `-t` or `.only` leaves out is not run at all. A check that cannot run on the target is a skipped
 * test that says why, a waived one passes.
 *
 * @param target a target, or a function that makes one once the block begins (after earlier `beforeAll` hooks)
 * @throws KitError for options that make no sense
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { serve } from 'opik-runner-kit/node'
 * import { describeContract } from 'opik-runner-kit/vitest'
 * import { afterAll } from 'vitest'
 *
 * const server = await serve(createRunnerMock(), { port: 0 })
 * afterAll(() => server.close())
 * describeContract({ url: server.url }, { areas: ['system'] })
 */
export function describeContract(target: ContractTarget, options: ContractOptions = {}): void {
  const tests = prepareContract(target, options)
  describe(tests.title, () => {
    const begin = async (...given: unknown[]): Promise<void> => {
      const wanted = given.map(namesToRun).find((names) => names !== undefined)
      await tests.start(wanted && tests.checks.filter((check) => wanted.has(testNameOf(check))))
    }
    // vitest 3 gives the block first, vitest 4 second, and reads a hook's parameters from its text: a bound one has none.
    beforeAll(begin.bind(undefined))
    afterAll(() => tests.end())
    for (const [area, checks] of tests.areas) {
      describe(area, () => {
        for (const check of checks) {
          it(testNameOf(check), (test) => tests.judge(check, test), tests.timeoutMs)
        }
      })
    }
  })
}

/** Names of the tests that vitest will run in a block; undefined when it does not tell. */
function namesToRun(block: unknown): Set<string> | undefined {
  const tasks = readTasks(block)
  return tasks === undefined ? undefined : new Set(tasks.flatMap(namesIn))
}

function namesIn(task: unknown): string[] {
  const inner = readTasks(task)
  if (inner !== undefined) return inner.flatMap(namesIn)
  if (typeof task !== 'object' || task === null || !('name' in task) || !('mode' in task)) return []
  return task.mode === 'skip' || task.mode === 'todo' ? [] : [String(task.name)]
}

function readTasks(block: unknown): readonly unknown[] | undefined {
  if (typeof block !== 'object' || block === null || !('tasks' in block)) return undefined
  return Array.isArray(block.tasks) ? block.tasks : undefined
}
