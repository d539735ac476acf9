// The lifecycle matrix: every state of every resource met by every operation, under all facts that the rules ask for, and
// what is demanded of the resource then: state, fields, and a truthful answer. The tables of the spec say which calls there
// are and what comes of them, so a rule that joins the spec is checked at once.
import { machineOf } from '../../../lifecycle/roles.js'
import { operations } from '../../../kernel/all-operations.js'
import { pathParametersOf } from '../../../kernel/operation.js'
import type { MachineName, SettingName } from '../../../lifecycle/table.js'
import { alternatives, type Answer } from '../../target/answer.js'
import { type CheckNeeds, checksOn } from '../../check/check.js'
import { expectAnyStatus, expectEqual, expectThat, fail } from '../../target/expectation.js'
import { show } from '../../../kernel/printable.js'
import { listCells, type MatrixCell } from '../../check/matrix.js'
import { longEnough } from '../../check/check-steps.js'
import {
  reach,
  reachGone,
  secondsInto,
  isOversized,
  practicable,
  send,
  sendDecoy,
  look,
  type LifecycleSubject,
  type SubjectView,
} from './lifecycle-subject.js'
import { canonicalJson } from '../../../kernel/pairing.js'
import { isObject, memberOf, textOf } from '../../../kernel/json-value.js'

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

async function judge(cell: MatrixCell, to: string | null, subject: LifecycleSubject): Promise<void> {
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
    subject.context.quirk('refused-heartbeat-renews', seen)
  } else expectState(cell, after, [to ?? cell.state], `after ${operation}`, answer)
  expectFields(cell, { before, after, answer })
}

const cells = listCells()

export const lifecycleChecks = checksOn('', (it, at) => {
  for (const cell of cells) {
    const { machine, state, operation, facts } = cell
    const known = state === 'none' ? `${NAMES[machine]} that was never made` : `${NAMES[machine]} that is ${state}`
    at(placeOf(cell), needsOf(cell))
    it(`${idOf(cell)}: ${titleOf(cell, known)}`, async (context) => {
      await judge(cell, cell.rule.to, await reach(context, machine, state, { operation, facts }))
    })
  }
  // What is gone with its runner is as if it had never been, for every operation that names it.
  for (const cell of cells.filter(isOfGone)) {
    at(placeOf(cell))
    it(`${idOf(cell)}.gone: ${titleOf(cell, `${NAMES[cell.machine]} that is gone with a disconnect`)}`, async (context) => {
      await judge(cell, null, await reachGone(context, cell.machine, cell))
    })
  }
})

/** States in which nothing answers for a resource. */
const UNSEEN = new Set(['none', 'pairing', 'expired'])

function expectState(
  { machine }: MatrixCell,
  view: SubjectView,
  admitted: readonly string[],
  when: string,
  answer?: Answer,
): void {
  const isAdmitted = admitted.some((state) => (UNSEEN.has(state) ? view.state === undefined : view.state === state))
  const wanted = admitted.map((state) => (UNSEEN.has(state) ? `unknown (${state})` : state)).join(' or ')
  const proof = answer === undefined ? [view.answer] : [answer, view.answer]
  expectThat(isAdmitted, `the ${machine} to be ${wanted} ${when}`, view.state ?? 'not there', proof)
}

/** Only what the rule names has changed, and what it must set is there. */
function expectFields(
  { machine, rule }: MatrixCell,
  { before, after, answer }: { before: SubjectView; after: SubjectView; answer: Answer },
): void {
  const { field } = machineOf(machine)
  const proof = [before.answer, answer, after.answer]
  if (after.state === undefined) return
  if (rule.to !== null) {
    for (const name of (rule.set ?? []).filter((each) => each.endsWith('_at'))) {
      expectThat(typeof after.fields[name] === 'string', `${name} to be set by ${rule.on}`, 'nothing', proof)
    }
  }
  for (const name of rule.unset ?? []) expectEqual(name, after.fields[name], undefined, proof)
  if (before.state === undefined) return
  const mayChange = new Set([...(rule.set ?? []), ...(rule.unset ?? [])])
  // Agents are shown while a runner is connected; its status is no field that a rule writes.
  if (before.state !== after.state) for (const name of [field ?? '', 'agents']) mayChange.add(name)
  for (const name of new Set([...Object.keys(before.fields), ...Object.keys(after.fields)])) {
    if (mayChange.has(name) || canonicalJson(before.fields[name]) === canonicalJson(after.fields[name])) continue
    fail(`${rule.on} to leave ${name} at ${show(before.fields[name])}`, show(after.fields[name]), proof)
  }
}

/** An answer with a body tells the truth about the resource. */
function expectTruth(cell: MatrixCell, subject: LifecycleSubject, answer: Answer): void {
  if (answer.status !== 200) return
  const { machine, state, operation } = cell
  const { field, parameter } = machineOf(machine)
  const { body } = answer
  const id = subject.ids[parameter]
  if (operation === 'nextJob' || operation === 'nextBridgeCommands') return expectHandOut(cell, subject, answer)
  if (!isObject(body)) return
  const { content } = body
  if (Array.isArray(content)) {
    if (state === 'pairing') return
    const entry = Array.from<unknown>(content).find((each) => idIn(each) === id && id !== undefined)
    const shown = memberOf(entry, field ?? '')
    // A runner's jobs are not the runner: their list says nothing of it.
    if (machine === 'runner' && operation !== 'listRunners') return
    const listed = state === 'none' ? undefined : state
    expectEqual(`${field ?? 'state'} of the ${machine} in the list`, shown, listed, answer)
  } else if (field !== null && idIn(body) === id) {
    expectEqual(`${field} of the ${machine}`, body[field], cell.rule.to ?? state, answer)
  }
}

/** Only what is pending is handed out, and nothing else in its place. */
function expectHandOut({ machine, state }: MatrixCell, subject: LifecycleSubject, answer: Answer): void {
  const { body } = answer
  const commands = memberOf(body, 'commands')
  const handed = (Array.isArray(commands) ? commands : [body]).map(idIn)
  if (machine === 'runner') {
    expectThat(handed.length === 1 && handed[0] !== undefined, 'the pending work to be handed out', body, answer)
    return
  }
  const id = subject.ids[machineOf(machine).parameter]
  const first = state === 'pending' ? id : subject.decoy
  expectEqual('what is handed out', handed, [first], answer)
}

function idIn(value: unknown): string | undefined {
  return textOf(memberOf(value, 'id') ?? memberOf(value, 'command_id'))
}
