// The lifecycle matrix: every state of every resource met by every operation, under all facts that the rules ask for. The
// tables of the spec say which calls there are and what comes of them, so a rule that joins the spec is checked at once.
import { operations } from '../../../kernel/all-operations.js'
import { pathParametersOf } from '../../../kernel/operation.js'
import type { MachineName, SettingName } from '../../../kernel/lifecycle.js'
import { alternatives } from '../../target/answer.js'
import { defineCheck, type Check } from '../../check/check.js'
import { expectAnyStatus } from '../../target/expectation.js'
import { listCells, machineOf, type MatrixCell } from '../../check/matrix.js'
import { longEnough } from '../../check/keep-runner.js'
import { reach, reachGone, secondsInto } from './lifecycle-reach.js'
import { isOversized, practicable, send, sendDecoy } from './lifecycle-requests.js'
import { look, type Subject } from './lifecycle-subject.js'
import { expectFields, expectState, expectTruth } from './lifecycle-verdict.js'

const NAMES: Readonly<Record<MachineName, string>> = {
  pairingSession: 'a session',
  runner: 'a runner',
  job: 'a job',
  bridgeCommand: 'a command',
}

function matrixCheck(cell: MatrixCell): Check {
  const { machine, state, telling, rule } = cell
  const seconds = secondsInto(machine, state)
  const known = state === 'none' ? `${NAMES[machine]} that was never made` : `${NAMES[machine]} that is ${state}`
  return defineCheck({
    id: idOf(cell),
    title: titleOf(cell, known),
    rule: ruleOf(cell),
    needs: {
      ...(seconds === undefined ? {} : { clock: { seconds } }),
      limits: practicableLimits(telling),
      // A lapsed runner must not be purged at once.
      ...(state === 'disconnected' ? { when: longEnough('dead_runner_purge_seconds') } : {}),
    },
    async run(context) {
      const { operation, facts } = cell
      await judge(cell, rule.to, await reach(context, machine, state, { operation, facts }))
    },
  })
}

/** What is gone with its runner is as if it had never been, for every operation that names it. */
function goneCheck(cell: MatrixCell): Check {
  return defineCheck({
    id: `${idOf(cell)}.gone`,
    title: titleOf(cell, `${NAMES[cell.machine]} that is gone with a disconnect`),
    rule: ruleOf(cell),
    async run(context) {
      await judge(cell, null, await reachGone(context, cell.machine, cell))
    },
  })
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

function ruleOf({ machine, operation, state, rule }: MatrixCell): Check['rule'] {
  return { operation, machine, on: operation, from: state, ...(rule.to === null ? {} : { to: rule.to }) }
}

function practicableLimits(telling: MatrixCell['telling']): Partial<Record<SettingName, number>> {
  return Object.entries(telling).reduce(
    (limits, [name, value]) => ({ ...limits, ...practicable[`${name}=${value}`] }),
    {},
  )
}

async function judge(cell: MatrixCell, to: string | null, subject: Subject): Promise<void> {
  const { operation, facts, rule } = cell
  const isRefusedBeat = operation === 'heartbeat' && rule.answer === 400
  const before = await look(subject)
  expectState(cell, before, [cell.state], `before ${operation}`)
  await sendDecoy(subject, operation)
  const answer = await send(subject, operation, facts)
  const mayBeTooLarge = isOversized(facts) && rule.answer === 400
  expectAnyStatus(answer, mayBeTooLarge ? alternatives.oversizedBody : [rule.answer ?? 200])
  expectTruth(cell, subject, answer)
  const after = await look(subject)
  const isRevived = isRefusedBeat && cell.state === 'disconnected' && after.state === 'connected'
  if (isRevived) {
    const seen = { expected: 'the runner to stay disconnected', actual: after.state, proof: answer }
    subject.context.accident('refused-heartbeat-renews', seen)
  } else expectState(cell, after, [to ?? cell.state], `after ${operation}`, answer)
  expectFields(cell, { before, after, answer })
}

const cells = listCells()

export const lifecycleChecks: readonly Check[] = [...cells.map(matrixCheck), ...cells.filter(isOfGone).map(goneCheck)]
