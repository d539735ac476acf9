// Runs checks against one mutant, served over HTTP with its clock at hand, and says which of them noticed the mistake.
import { adminClock } from '../../src/contracts/target/target-admin.js'
import { checks } from '../../src/contracts/suites/all-checks.js'
import type { Check } from '../../src/contracts/check/check.js'
import { verify } from '../../src/contracts/run/verify.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import type { OperationId } from '../../src/kernel/operation.js'
import { createBrokenMock } from './broken-mock.js'
import type { Mutant } from './mutant.js'

/** What came of a mutant. */
export interface MutantOutcome {
  readonly mutant: string
  /** Ids of the checks that failed, in the order of the suites. */
  readonly killers: readonly string[]
  /** How many checks were run. */
  readonly checks: number
  /** What went wrong other than by the mistake: the mock crashed, a check broke down, or nothing could be run. */
  readonly crashes: readonly string[]
  readonly seconds: number
}

/** What came of mutants, by their ids. */
export type Outcomes = ReadonlyMap<string, MutantOutcome>

/** What the checks do on the mock as it is: the operations that each of them calls. */
export type Traffic = ReadonlyMap<string, ReadonlySet<OperationId>>

/** Against what mutants are run: the checks of their own areas, or all. */
export type Scope = 'area' | 'all'

const SEED = 7

/** Serves the mutant and verifies it. */
export async function runMutant(mutant: Mutant, selected: readonly Check[]): Promise<MutantOutcome> {
  const started = performance.now()
  const { mock, crashes } = createBrokenMock(mutant)
  const { failed, troubles } = await judge(mock, selected, mutant.oneByOne ? 1 : undefined)
  const seconds = (performance.now() - started) / 1000
  return { mutant: mutant.id, killers: failed, checks: selected.length, crashes: [...crashes, ...troubles], seconds }
}

/**
 * Verifies the mock as it is.
 * @throws Error when a check fails: nothing can be said of mutants then.
 */
export async function observeTraffic(): Promise<Traffic> {
  const traffic = new Map<string, ReadonlySet<OperationId>>()
  const { failed, troubles } = await judge(createRunnerMock(), checks, undefined, traffic)
  if (failed.length + troubles.length === 0) return traffic
  throw new Error(`The mock itself does not pass: ${[...failed, ...troubles].join(', ')}`)
}

async function judge(
  mock: RunnerMock,
  selected: readonly Check[],
  concurrency: number | undefined,
  traffic?: Map<string, ReadonlySet<OperationId>>,
): Promise<{ failed: string[]; troubles: string[] }> {
  const [failed, troubles]: [string[], string[]] = [[], []]
  const server = await serve(mock, { port: 0, onBug: (error) => troubles.push(describe(error)) })
  try {
    const target = { url: server.url, clock: adminClock(server.adminUrl) }
    const { results } = await verify(target, {
      checks: selected,
      seed: SEED,
      concurrency,
      server: 'opik',
      strict: true,
    })
    for (const { id, verdict, operations } of results) {
      traffic?.set(id, new Set(operations))
      if (verdict.kind === 'failed') failed.push(id)
      if (verdict.kind === 'error') troubles.push(`${id}: ${verdict.message}`)
    }
  } catch (error) {
    troubles.push(describe(error))
  } finally {
    await server.close()
  }
  return { failed, troubles }
}

/** The checks that a mutant is run against: of those in scope, the ones that make a call with which it meddles. */
export function checksFor(mutant: Mutant, scope: Scope, traffic?: Traffic): readonly Check[] {
  const { touches, beside } = mutant
  const inScope =
    scope === 'all' ? checks : checks.filter(({ id, area }) => counts(mutant, id) || beside.includes(area))
  if (touches === 'all' || touches.size === 0 || traffic === undefined) return inScope
  return inScope.filter(({ id }) => [...(traffic.get(id) ?? touches)].some((operation) => touches.has(operation)))
}

/** Whether a check is one of those that must notice the mutant. */
function counts({ areas, only }: Mutant, checkId: string): boolean {
  return only === undefined ? areas.includes(checkId.split('/')[0] ?? '') : only.includes(checkId)
}

const severities = new Map(checks.map(({ id, severity }) => [id, severity]))

/** Whether checks that count noticed the mutant, one of the severity that it expects among them. */
export function wasKilled(mutant: Mutant, { killers }: Pick<MutantOutcome, 'killers'> = { killers: [] }): boolean {
  return killers.some((id) => counts(mutant, id) && severities.get(id) === mutant.severity)
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export interface Verdict {
  /** Mutants that no check noticed that had to. */
  readonly survivors: readonly string[]
  /** Checks of severity `must` that noticed no mutant. */
  readonly idle: readonly string[]
  /** What went wrong other than by a mistake, by mutant. */
  readonly crashes: readonly string[]
}

/** Judges a run. With `isWhole`, every `must` check must have noticed something. */
export function judgeRun(mutants: readonly Mutant[], outcomes: Outcomes, isWhole: boolean): Verdict {
  const killers = new Set([...outcomes.values()].flatMap((outcome) => outcome.killers))
  return {
    survivors: mutants.filter((mutant) => !wasKilled(mutant, outcomes.get(mutant.id))).map(({ id }) => id),
    idle: isWhole
      ? checks.filter(({ id, severity }) => severity === 'must' && !killers.has(id)).map(({ id }) => id)
      : [],
    crashes: [...outcomes.values()].flatMap(({ mutant, crashes }) =>
      [...new Set(crashes)].slice(0, 3).map((crash) => `${mutant}: ${crash}`),
    ),
  }
}

/** Whether all is well. */
export function isClean({ survivors, idle, crashes }: Verdict): boolean {
  return survivors.length + idle.length + crashes.length === 0
}
