// The command behind `npm run test:mutants`: runs the checks against every mutant and says what came of it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checks } from '../../src/contracts/suites/all-checks.js'
import { mutants } from './catalogue.js'
import { renderLine, renderPage, renderTotals } from './matrix.js'
import type { Mutant } from './mutant.js'
import { runAll, serveTasks, type Task } from './pool.js'
import { checksFor, observeTraffic, runMutant, type MutantOutcome, type Outcomes, type Scope } from './run-mutant.js'
import { isClean, judgeRun, type Verdict } from './verdict.js'

const byId = new Map(mutants.map((mutant) => [mutant.id, mutant]))
const checksById = new Map(checks.map((check) => [check.id, check]))

function carryOut({ mutant: id, checks: ids }: Task): Promise<MutantOutcome> {
  const mutant = byId.get(id)
  if (mutant === undefined) throw new Error(`There is no mutant ${id}.`)
  return runMutant(
    mutant,
    ids.flatMap((each) => checksById.get(each) ?? []),
  )
}

const { values } = parseArgs({
  options: {
    worker: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    write: { type: 'string' },
    mutant: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string' },
  },
})

/** Whether a pattern, in which `*` stands for any text, names a mutant or its family. */
function isNamed({ id, family }: Mutant, patterns: readonly string[]): boolean {
  if (patterns.length === 0) return true
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const whole = new RegExp(`^${parts.join('.*')}$`)
    return whole.test(id) || (family !== undefined && whole.test(family))
  })
}

async function runMutants(): Promise<boolean> {
  const chosen = mutants.filter((mutant) => isNamed(mutant, values.mutant))
  const scope: Scope = values.full ? 'all' : 'area'
  const traffic = await observeTraffic()
  const outcomes = new Map<string, MutantOutcome>()
  const assignments = chosen.map((mutant) => ({
    mutant,
    // What a family is for is known; more checks would say nothing new.
    checks: checksFor(mutant, mutant.family === undefined ? scope : 'area', traffic).map(({ id }) => id),
  }))
  const workers = values.workers === undefined ? undefined : Number(values.workers)
  await runAll(assignments, (outcome) => void outcomes.set(outcome.mutant, report(outcome)), workers)
  const verdict = judgeRun(chosen, outcomes, values.mutant.length === 0)
  console.log(`\n${renderTotals(chosen, outcomes)}\n`)
  conclude(verdict, chosen.length)
  keep(outcomes)
  if (values.write !== undefined && isClean(verdict)) writeFileSync(values.write, renderPage(chosen, outcomes))
  return isClean(verdict)
}

function report(outcome: MutantOutcome): MutantOutcome {
  const mutant = byId.get(outcome.mutant)
  if (mutant !== undefined) console.log(renderLine(mutant, outcome))
  return outcome
}

function conclude({ survivors, idle, crashes }: Verdict, count: number): void {
  const list = (title: string, items: readonly string[]): void => {
    if (items.length > 0) console.log(`${title}:\n${items.map((item) => `  ${item}`).join('\n')}`)
  }
  list('Mutants that survived', survivors)
  list('Checks of severity must that killed nothing', idle)
  list('Mutants that broke down other than by their mistake', crashes)
  console.log(`${count - survivors.length} of ${count} mutants killed.`)
}

/** The whole matrix as data, for whoever wants to look closer. */
function keep(outcomes: Outcomes): void {
  mkdirSync('.cache/mutants', { recursive: true })
  writeFileSync('.cache/mutants/matrix.json', JSON.stringify([...outcomes.values()], undefined, 1))
}

if (values.worker) serveTasks(carryOut)
else process.exit((await runMutants()) ? 0 : 1)
