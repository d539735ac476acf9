// The lifecycle matrix: every state of every resource met by every operation, under all facts that the rules ask for, and
// what the resource is then. The tables of the spec say which calls there are and what comes of them, so a rule that joins
// the spec is checked at once.
import { machineOf } from '../../../lifecycle/roles.js'
import { operations } from '../../../kernel/all-operations.js'
import { pathParametersOf } from '../../../kernel/operation.js'
import type { MachineName, SettingName } from '../../../lifecycle/table.js'
import { checksOn } from './checks-on.js'
import type { CheckNeeds } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { listCells, type MatrixCell } from '../../check/matrix.js'
import { longEnough } from '../../check/check-steps.js'
import { practicable, secondsInto, storyOf } from './lifecycle-story.js'

const NAMES: Readonly<Record<MachineName, string>> = {
  pairingSession: 'a session',
  runner: 'a runner',
  job: 'a job',
  bridgeCommand: 'a command',
}

function isOfGone({ machine, state, operation, facts, rule }: MatrixCell): boolean {
  const { parameter, creates } = machineOf(machine)
  const names = pathParametersOf(operations[operation])
  const isNamed = names.some((name) => name === parameter) || (machine === 'runner' && names.length === 0)
  const isUsual = facts['status'] === undefined || facts['status'] === 'completed'
  return (
    state === 'none' &&
    machine !== 'pairingSession' &&
    isNamed &&
    isUsual &&
    rule.answer !== 400 &&
    !creates.includes(operation)
  )
}

function idOf({ machine, state, operation, telling }: MatrixCell): string {
  const suffix = Object.entries(telling).map(([name, value]) => `.${name}-${value}`)
  return `lifecycle/${machine}.${state}.${operation}${suffix.join('')}`
}

function titleOf({ operation, telling, rule }: MatrixCell, known: string): string {
  const facts = Object.entries(telling).map(([name, value]) => `${name} ${value.replaceAll('_', ' ')}`)
  const under = facts.length === 0 ? '' : `, ${facts.join(', ')},`
  const end = rule.to === 'none' ? 'ends it' : `makes it ${rule.to ?? ''}`
  return `${operation} on ${known}${under} answers ${rule.answer ?? 'nothing'} and ${rule.to === null ? 'moves nothing' : end}.`
}

function placeOf({ machine, operation, state, rule }: MatrixCell): string {
  return `${operation} ${machine} ${state}${rule.to === null ? '' : ` -> ${rule.to}`}`
}

function needsOf({ machine, state, telling }: MatrixCell): CheckNeeds {
  const seconds = secondsInto(machine, state)
  return {
    ...(seconds === undefined ? {} : { clock: { seconds } }),
    limits: practicableLimits(telling),
    // A lapsed runner must not be purged at once.
    ...(state === 'disconnected' ? { when: longEnough('dead_runner_purge_seconds') } : {}),
  }
}

function practicableLimits(telling: MatrixCell['telling']): Partial<Record<SettingName, number>> {
  return Object.entries(telling).reduce(
    (limits, [name, value]) => ({ ...limits, ...practicable[`${name}=${value}`] }),
    {},
  )
}

async function judge(context: Context, cell: MatrixCell, isGone = false): Promise<void> {
  // Loaded when it is first needed.
  const { playSteps } = await import('../../model/play/play-steps.js')
  await playSteps(context, storyOf(cell, context.limits, isGone), false)
}

const cells = listCells()

export const lifecycleChecks = checksOn('', (it, at) => {
  for (const cell of cells) {
    const { machine, state } = cell
    const known = state === 'none' ? `${NAMES[machine]} that was never made` : `${NAMES[machine]} that is ${state}`
    at(placeOf(cell), needsOf(cell))
    it(`${idOf(cell)}: ${titleOf(cell, known)}`, (context) => judge(context, cell))
  }
  // What is gone with its runner is as if it had never been, for every operation that names it.
  for (const cell of cells.filter(isOfGone)) {
    at(placeOf(cell))
    const known = `${NAMES[cell.machine]} that is gone with a disconnect`
    it(`${idOf(cell)}.gone: ${titleOf(cell, known)}`, (context) => judge(context, cell, true))
  }
})
