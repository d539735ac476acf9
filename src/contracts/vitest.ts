/** `opik-runner-kit/vitest`: the contract suites as describe and it. The only file that knows vitest. */
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import { checks as allChecks } from './all-checks.js'
import type { Check } from './check.js'
import { selectChecks } from './plan.js'
import { renderPlainFailure } from './report/pretty-failure.js'
import type { CheckResult } from './report-model.js'
import type { Target } from './target.js'
import { verify, type VerifyOptions } from './verify.js'

/** How to run the suites in a test file: what `verify` takes, and a title. */
export interface ContractOptions extends Omit<VerifyOptions, 'bail' | 'onEvent' | 'signal'> {
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
 * ```ts
 * import { describeContract } from 'opik-runner-kit/vitest'
 *
 * describeContract({ url: 'http://localhost:5173/api' }, { areas: ['system'] })
 * ```
 */
export function describeContract(
  target: Target | (() => Target | Promise<Target>),
  options: ContractOptions = {},
): void {
  const { title = 'contract', timeoutSeconds = 120 } = options
  const selected = selectChecks(options.checks ?? allChecks, { areas: options.areas, ids: options.only })
  describe(title, () => {
    const run = createRun(selected, options)
    beforeAll((suite: unknown) => run.start(typeof target === 'function' ? target : () => target, suite))
    afterAll(() => run.end())
    for (const area of new Set(selected.map((check) => check.area))) {
      describe(area, () => {
        for (const check of selected.filter((each) => each.area === area)) {
          it(nameOf(check), (test) => judge(run, check, test), 1000 * timeoutSeconds)
        }
      })
    }
  })
}

function nameOf({ id, title }: Check): string {
  return `${id}: ${title}`
}

async function judge(run: Run, check: Check, test: TestContext): Promise<void> {
  const result = await run.resultOf(check)
  if (result.verdict.kind === 'not-run') test.skip(result.verdict.reason)
  const hasFailed = result.verdict.kind === 'failed' || result.verdict.kind === 'error'
  if (hasFailed && !result.isKnown) throw new ContractBroken(result)
}

/** A test's failure: the message is the whole report of the check, since a stack says nothing about a server. */
class ContractBroken extends Error {
  override readonly name = 'ContractBroken'

  constructor(result: CheckResult) {
    super(renderPlainFailure(result))
    this.stack = `${this.name}: ${this.message}`
  }
}

/** One run of verify behind many tests. */
interface Run {
  start(makeTarget: () => Target | Promise<Target>, suite: unknown): Promise<void>
  resultOf(check: Check): Promise<CheckResult>
  end(): Promise<void>
}

function createRun(selected: readonly Check[], options: ContractOptions): Run {
  const stop = new AbortController()
  const results = new Map(selected.map(({ id }) => [id, createPromise<CheckResult>()]))
  let running: Promise<unknown> = Promise.resolve()
  return {
    async start(makeTarget, suite) {
      const wanted = namesToRun(suite)
      const checks = wanted === undefined ? selected : selected.filter((check) => wanted.has(nameOf(check)))
      const target = await makeTarget()
      running = verify(target, {
        ...options,
        checks,
        areas: undefined,
        only: undefined,
        signal: stop.signal,
        onEvent(event) {
          if (event.type === 'check-finished') results.get(event.result.id)?.resolve(event.result)
        },
      }).catch((error: unknown) => {
        for (const each of results.values()) each.reject(error)
      })
    },
    resultOf(check) {
      const result = results.get(check.id)
      return result === undefined ? Promise.reject(new Error(`No such check: ${check.id}`)) : result.promise
    },
    async end() {
      stop.abort()
      await running
    },
  }
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

/** Names of the tests that vitest will run in a suite; undefined when it does not tell. */
function namesToRun(suite: unknown): Set<string> | undefined {
  const tasks = readTasks(suite)
  return tasks === undefined ? undefined : new Set(tasks.flatMap(namesIn))
}

function namesIn(task: unknown): string[] {
  const inner = readTasks(task)
  if (inner !== undefined) return inner.flatMap(namesIn)
  if (typeof task !== 'object' || task === null || !('name' in task) || !('mode' in task)) return []
  return task.mode === 'skip' || task.mode === 'todo' ? [] : [String(task.name)]
}

function readTasks(suite: unknown): readonly unknown[] | undefined {
  if (typeof suite !== 'object' || suite === null || !('tasks' in suite)) return undefined
  return Array.isArray(suite.tasks) ? suite.tasks : undefined
}
