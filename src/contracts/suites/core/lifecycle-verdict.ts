/** What a lifecycle check demands of a resource once an operation has met it: state, fields, and a truthful answer. */
import { canonicalJson } from '../../../kernel/pairing.js'
import type { Answer } from '../../target/answer.js'
import { expectEqual, expectThat, fail, show } from '../../target/expectation.js'
import { machineOf, type MatrixCell } from '../../check/matrix.js'
import type { Subject, View } from './lifecycle-subject.js'

/** States in which nothing answers for a resource. */
const UNSEEN = new Set(['none', 'pairing', 'expired'])

/** The resource looks as one of the states does. */
export function expectState(
  { machine }: MatrixCell,
  view: View,
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
export function expectFields(
  { machine, rule }: MatrixCell,
  { before, after, answer }: { before: View; after: View; answer: Answer },
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
export function expectTruth(cell: MatrixCell, subject: Subject, answer: Answer): void {
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
    const shown: unknown = isObject(entry) ? entry[field ?? ''] : undefined
    // A runner's jobs are not the runner: their list says nothing of it.
    if (machine === 'runner' && operation !== 'listRunners') return
    expectEqual(
      `${field ?? 'state'} of the ${machine} in the list`,
      shown,
      state === 'none' ? undefined : state,
      answer,
    )
  } else if (field !== null && idIn(body) === id) {
    expectEqual(`${field} of the ${machine}`, body[field], cell.rule.to ?? state, answer)
  }
}

/** Only what is pending is handed out, and nothing else in its place. */
function expectHandOut({ machine, state }: MatrixCell, subject: Subject, answer: Answer): void {
  const { body } = answer
  const commands: unknown = isObject(body) ? body['commands'] : undefined
  const handed = (Array.isArray(commands) ? commands : [body]).map(idIn)
  if (machine === 'runner') {
    expectThat(handed.length === 1 && handed[0] !== undefined, 'the pending work to be handed out', body, answer)
    return
  }
  const id = subject.ids[machineOf(machine).parameter]
  const first = state === 'pending' ? id : subject.decoy
  expectEqual('what is handed out', handed, [first], answer)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function idIn(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const id = value['id'] ?? value['command_id']
  return typeof id === 'string' ? id : undefined
}
