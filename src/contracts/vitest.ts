/** `opik-runner-kit/vitest`: the contract suites as describe and it. The only file that knows vitest. */
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import { expectForm } from '../kernel/form.js'
import { ContractOptions as form } from '../generated/kit-node.js'
import type { Check } from './check/check.js'
import { selectChecks } from './run/select-checks.js'
import { outcomeOf, startSuite, type SuiteOptions, type SuiteRun } from './suite-run.js'
import type { AppTarget, Target } from './target/target.js'

/** How to run the suites in a test file: what `verify` takes, and a title. */
export interface ContractOptions extends SuiteOptions {
  /** Title of the block. Default: `contract`. */
  title?: string | undefined
  /** Seconds that one test may take; all checks run at once from the first test on. Default: 120. */
  timeoutSeconds?: number | undefined
}

/**
 * Declares one test per check, in a block per area. All chosen checks start together when the block begins, and each test
 * waits for its own; what `-t` or `.only` leaves out is not run at all. A check that cannot run on the target is a skipped
 * test that says why, a waived one passes.
 *
 * @param target a target, or a function that makes one once the block begins (after earlier `beforeAll` hooks)
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
export function describeContract(
  target: Target | AppTarget | (() => Target | AppTarget | Promise<Target | AppTarget>),
  options: ContractOptions = {},
): void {
  expectForm(form, options, 'describeContract')
  const { title = 'contract', timeoutSeconds = 120, ...ofSuite } = options
  const { suites, areas, only: ids } = options
  const selected = selectChecks(options.checks, { suites, areas, ids })
  let suite: SuiteRun | undefined
  describe(title, () => {
    const begin = async (...given: unknown[]): Promise<void> => {
      const wanted = given.map(namesToRun).find((names) => names !== undefined)
      const checks = wanted === undefined ? selected : selected.filter((check) => wanted.has(nameOf(check)))
      const resolved = typeof target === 'function' ? await target() : target
      suite = startSuite(resolved, { ...ofSuite, checks, suites: undefined, areas: undefined, only: undefined })
    }
    // vitest 3 gives the block first, vitest 4 second, and reads a hook's parameters from its text: a bound one has none.
    beforeAll(begin.bind(undefined))
    afterAll(() => suite?.end())
    for (const area of new Set(selected.map((check) => check.area))) {
      describe(area, () => {
        for (const check of selected.filter((each) => each.area === area)) {
          it(nameOf(check), (test) => judge(suite, check, test), 1000 * timeoutSeconds)
        }
      })
    }
  })
}

function nameOf({ id, title }: Check): string {
  return `${id}: ${title}`
}

async function judge(suite: SuiteRun | undefined, check: Check, test: TestContext): Promise<void> {
  if (suite === undefined) throw new Error('The run has not begun.')
  const outcome = outcomeOf(await suite.resultOf(check.id))
  if (outcome.kind === 'skipped') test.skip(outcome.reason)
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
