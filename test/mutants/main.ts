// The command behind `npm run test:mutants`: runs the checks against every mutant and says what came of it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { checks } from '../../src/contracts/suites/all-checks.js'
import type { Severity } from '../../src/contracts/check/check.js'
import { mutants } from './catalogue.js'
import type { Mutant } from './mutant.js'
import {
  checksFor,
  observeTraffic,
  runMutant,
  type MutantOutcome,
  type Outcomes,
  type Scope,
  wasKilled,
  isClean,
  judgeRun,
  type Verdict,
} from './run-mutant.js'

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

/** What a process is told to do. */
interface Task {
  readonly mutant: string
  readonly checks: readonly string[]
}

/** A mutant with the checks that it meets. */
interface Assignment {
  readonly mutant: Mutant
  readonly checks: readonly string[]
}

/** Much of a run is waiting, so that there may be more processes than cores. */
const defaultWorkers = Math.min(2 * availableParallelism(), 8)

/** Shares all assignments out among processes; `onOutcome` hears of each outcome as it comes. */
async function runAll(
  assignments: readonly Assignment[],
  onOutcome: (outcome: MutantOutcome) => void,
  workers: number = defaultWorkers,
): Promise<void> {
  const waiting = assignments.toSorted((a, b) => b.checks.length - a.checks.length)
  const work = async (): Promise<void> => {
    const child = fork(process.argv[1] ?? '', ['--worker'])
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        onOutcome(await ask(child, { mutant: next.mutant.id, checks: next.checks }))
      }
    } finally {
      child.kill()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, assignments.length) }, work))
}

function ask(child: ChildProcess, task: Task): Promise<MutantOutcome> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`A worker ended with ${code} while at ${task.mutant}.`))
    child.once('exit', onExit)
    child.once('message', (outcome) => {
      child.off('exit', onExit)
      resolve(outcome as MutantOutcome)
    })
    child.send(task)
  })
}

/** The other side: carries out what it is told, one task after another. */
function serveTasks(carryOut: (task: Task) => Promise<MutantOutcome>): void {
  process.on('message', (task) => {
    void carryOut(task as Task).then((outcome) => process.send?.(outcome))
  })
}

const areas = [...new Set(checks.map(({ area }) => area))]

/** So many checks are named of those that notice a mutant, or so many mutants of those that a check notices. */
const MAX_NAMED = 3

/** Checks that noticed a mutant, without its own area, and the number of the others. */
function describeKillers({ area }: Mutant, named: readonly string[], count: number): string {
  const names = named.map((id) => (id.startsWith(`${area}/`) ? id.slice(area.length + 1) : id))
  return [...names, ...(count > named.length ? [`${count - named.length} more`] : [])].join(', ')
}

/** One line for the terminal. */
function renderLine(mutant: Mutant, outcome: MutantOutcome): string {
  const { killers, checks: count, seconds } = outcome
  const what = wasKilled(mutant, outcome) ? 'killed  ' : 'SURVIVED'
  const by = describeKillers(mutant, killers.slice(0, MAX_NAMED), killers.length)
  return `${what}  ${mutant.id}  ${killers.length} of ${count} checks, ${seconds.toFixed(1)} s  ${by}`.trimEnd()
}

const HEAD = ['area', '`must` checks that kill', '`should` checks that kill', 'mutants by hand', 'generated', 'killed']

/** Totals by area and of all, as the rows of a table under `HEAD`. */
function totalRows(mutants: readonly Mutant[], outcomes: Outcomes): string[][] {
  const killing = new Set([...outcomes.values()].flatMap(({ killers }) => killers))
  const rowOf = (name: string, isOf: (area: string) => boolean): string[] => {
    const share = (severity: Severity): string => {
      const all = checks.filter((check) => isOf(check.area) && check.severity === severity)
      return all.length === 0 ? '' : `${all.filter(({ id }) => killing.has(id)).length} of ${all.length}`
    }
    const own = mutants.filter(({ area }) => isOf(area))
    const byHand = own.filter(({ family }) => family === undefined).length
    const killed = own.filter((mutant) => wasKilled(mutant, outcomes.get(mutant.id))).length
    return [name, share('must'), share('should'), ...[byHand, own.length - byHand, killed].map(String)]
  }
  return [...areas.map((area) => rowOf(area, (each) => each === area)), rowOf('all', () => true)]
}

/** A table of text, its columns lined up. */
function renderTotals(mutants: readonly Mutant[], outcomes: Outcomes): string {
  const rows = [HEAD.map((name) => name.replaceAll('`', '')), ...totalRows(mutants, outcomes)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

/** The page: totals, then every mutant by area, then the families. */
function renderPage(mutants: readonly Mutant[], outcomes: Outcomes): string {
  const killers = describeAll(mutants, outcomes)
  const byHand = mutants.filter(({ family }) => family === undefined)
  const families = [...new Set(mutants.flatMap(({ family }) => family ?? []))]
  const sections = areas.map((area) => {
    const lines = byHand
      .filter((mutant) => mutant.area === area)
      .map((mutant) => {
        const severity = mutant.severity === 'must' ? '' : ` (${mutant.severity})`
        return `- **${mutant.id.slice(area.length + 1)}**${severity}: ${mutant.mistake} _${killers.get(mutant)}_`
      })
    return `### ${area}\n\n${lines.join('\n')}`
  })
  const lists = families.map((family) => {
    const own = mutants.filter((mutant) => mutant.family === family)
    const lines = own.map((mutant) => `- ${mutant.id}: _${killers.get(mutant)}_`)
    return `### ${family}\n\n${own.length} mutants.\n\n${lines.join('\n')}`
  })
  const table = [HEAD, HEAD.map(() => '---'), ...totalRows(mutants, outcomes)].map((row) => `| ${row.join(' | ')} |`)
  return [
    '<!-- Written by `npm run test:mutants -- --write`. Do not edit. -->',
    '# The kill matrix',
    INTRODUCTION,
    `There are ${byHand.length} mutants that were written by hand, and ${mutants.length - byHand.length} in ${families.length} families that are generated from the spec's tables.`,
    table.join('\n'),
    '## Written by hand',
    ...sections,
    '## Families',
    'A mutant of a family meets the checks that are there to notice it, and those near by.',
    ...lists,
    '',
  ].join('\n\n')
}

const INTRODUCTION = `A mutant is the mock with one plausible mistake in it. \`npm run test:mutants\` verifies each of them with the checks of
its area and fails when one survives, when a \`must\` check never notices any, or when one dies of something else than
its mistake: a crash, a 5xx that is not meant, a check that breaks down. A mutant counts as killed when checks of its area
fail, one of severity \`must\` among them, or \`should\` where that is named. In italics: checks that fail, each of them at
up to ${MAX_NAMED} mutants that few others notice. How to add one is in maintaining.md.`

/** The killers of each mutant in words. Each check is named at some mutants, first at those that few checks notice. */
function describeAll(mutants: readonly Mutant[], outcomes: Outcomes): ReadonlyMap<Mutant, string> {
  const killersOf = ({ id }: Mutant): readonly string[] => outcomes.get(id)?.killers ?? []
  const counts = new Map<string, number>()
  const few = mutants.toSorted((one, other) => killersOf(one).length - killersOf(other).length)
  return new Map(
    few.map((mutant) => {
      const killers = killersOf(mutant)
      const named = killers.filter((id, at) => at < 1 || (counts.get(id) ?? 0) < MAX_NAMED)
      for (const id of named) counts.set(id, (counts.get(id) ?? 0) + 1)
      return [mutant, describeKillers(mutant, named, killers.length)]
    }),
  )
}

if (values.worker) serveTasks(carryOut)
else process.exit((await runMutants()) ? 0 : 1)
