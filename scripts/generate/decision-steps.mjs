// @ts-check
// Which machines decide an operation, in which order, and how each finds the resource that the request means; and which
// rule decides a trigger in a state, for every combination of the facts that its rules ask for.
import { listText } from './spec-error.mjs'

/** @typedef {import('./read-lifecycle.mjs').Rule} Rule */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {import('./read-operations.mjs').Operation} Operation */
/** @typedef {import('./spec-error.mjs').Problem} Problem */
/** @typedef {[machine: string, way: string]} Step `way`: 'path', a subject of the machine, 'none' or 'any'. */

/**
 * The steps of every operation that a machine lists: first those that find something, then those that make something.
 * @param {readonly Machine[]} machines
 * @param {readonly Operation[]} operations
 * @returns {Record<string, Step[]>}
 */
export function stepsOf(machines, operations) {
  const steps = operations.map((operation) => [operation.id, stepsOfOne(machines, operation)])
  return Object.fromEntries(steps.filter(([, own]) => (own ?? []).length > 0))
}

/**
 * @param {readonly Machine[]} machines
 * @param {Operation} operation
 * @returns {Step[]}
 */
function stepsOfOne(machines, operation) {
  const deciding = machines.filter((machine) => machine.operations.includes(operation.id))
  const ways = deciding.map((machine) => /** @type {const} */ ([machine.name, wayOf(machine, operation)]))
  /** @type {Step[]} */
  const steps = ways.flatMap(([name, way]) => (way === null ? [] : [[name, way]]))
  const [first] = deciding
  if (steps.length === 0 && first !== undefined) return [[first.name, 'any']]
  return [...steps.filter(([, way]) => way !== 'none'), ...steps.filter(([, way]) => way === 'none')]
}

/**
 * @param {Machine} machine
 * @param {Operation} operation
 */
function wayOf({ parameter, subjects, creates }, { id, path }) {
  const named = Object.entries(subjects).find(([, { of }]) => of.includes(id))
  if (named !== undefined) return named[0]
  if (path.includes(`{${parameter}}`)) return 'path'
  return creates.includes(id) ? 'none' : null
}

/**
 * @param {readonly Machine[]} machines
 * @param {readonly Operation[]} operations
 * @returns {Problem[]}
 */
export function checkSteps(machines, operations) {
  return [
    ...machines.flatMap(subjectProblems),
    ...operations.flatMap((operation) => stepProblems(machines, operation)),
    ...operations.flatMap((operation) => agreementProblems(machines, operation)),
  ]
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function subjectProblems({ name, operations, subjects, place }) {
  return Object.entries(subjects).flatMap(([subject, { of }]) => {
    const strange = of.filter((id) => !operations.includes(id))
    const problem = `machine ${name}, subject ${subject}: ${listText(strange, 'and')} is no operation of this machine.`
    const fix = `use ${listText(operations)}.`
    return strange.length === 0 ? [] : [{ place: [...place, 'subjects', subject, 'of'], problem, fix }]
  })
}

/**
 * Where several machines have rules for an operation, the last step's rule accepts: the others must accept with the same
 * status, and one that is no step is never asked, so that it cannot refuse.
 * @param {readonly Machine[]} machines
 * @param {Operation} operation
 * @returns {Problem[]}
 */
function agreementProblems(machines, operation) {
  const steps = stepsOfOne(machines, operation).map(([name]) => name)
  const deciding = machines.find(({ name }) => name === steps.at(-1))
  if (deciding === undefined) return []
  const accepted = deciding.rules.flatMap(({ on, answer }) =>
    on === operation.id && isSuccess(answer) ? [answer] : [],
  )
  return machines.flatMap((machine) => {
    if (machine === deciding) return []
    const own = machine.rules.filter(({ on }) => on === operation.id)
    return own.flatMap(({ answer, place }) => {
      const isFine = isSuccess(answer) ? accepted.includes(answer) : steps.includes(machine.name)
      const problem = `machine ${machine.name}, operation ${operation.id}: ${answer} is not what machine ${deciding.name} answers, which decides it.`
      return isFine ? [] : [{ place: [...place, 'answer'], problem, fix: `use ${listText(accepted.map(String))}.` }]
    })
  })
}

/** @param {number | null} answer */
function isSuccess(answer) {
  return answer !== null && answer < 400
}

/**
 * An operation that means no single resource must be decided alike in every state, and one that finds something finds
 * one thing only.
 * @param {readonly Machine[]} machines
 * @param {Operation} operation
 * @returns {Problem[]}
 */
function stepProblems(machines, operation) {
  const steps = stepsOfOne(machines, operation)
  const found = steps.filter(([, way]) => way !== 'none')
  const machine = machines.find(({ name }) => name === found[0]?.[0])
  if (machine === undefined) return []
  const place = [...machine.place, 'rules']
  if (found.length > 1) {
    const problem = `operation ${operation.id} finds its resource by ${listText(
      found.map(([name]) => name),
      'and',
    )}.`
    return [{ place, problem, fix: 'list it under one machine whose parameter is in its path.' }]
  }
  if (found[0]?.[1] !== 'any') return []
  const states = Object.keys(machine.states)
  const deciding = new Set(states.flatMap((state) => decidePair(machine, state, operation.id).deciding))
  if (deciding.size <= 1) return []
  const problem = `machine ${machine.name}, operation ${operation.id}: its path has no ${machine.parameter}, and its states are decided differently.`
  return [{ place, problem, fix: `say under subjects how it finds one, or write one rule from '*'.` }]
}

/** @typedef {Record<string, string>} Facts */

/**
 * The rules that decide something, in their order, and the combinations of facts that no rule decides.
 * @param {Machine} machine
 * @param {string} state
 * @param {string} trigger
 * @returns {{ deciding: Rule[], undecided: Facts[] }}
 */
export function decidePair(machine, state, trigger) {
  const candidates = machine.rules.filter((rule) => rule.on === trigger && rule.from.includes(state))
  const asked = [...new Set(candidates.flatMap((rule) => Object.keys(rule.when)))]
  /** @type {Set<Rule>} */
  const deciding = new Set()
  /** @type {Facts[]} */
  const undecided = []
  for (const facts of combinations(asked, machine.conditions)) {
    const first = candidates.find((rule) => holds(rule, facts))
    if (first) deciding.add(first)
    else undecided.push(facts)
  }
  return { deciding: candidates.filter((rule) => deciding.has(rule)), undecided }
}

/**
 * @param {Rule} rule
 * @param {Facts} facts
 */
function holds(rule, facts) {
  return Object.entries(rule.when).every(([condition, values]) => values.includes(facts[condition] ?? ''))
}

/**
 * Every combination of values of the named conditions; one empty combination when none is named.
 * @param {readonly string[]} names
 * @param {Machine['conditions']} conditions
 * @returns {Facts[]}
 */
function combinations(names, conditions) {
  /** @type {Facts[]} */
  let result = [{}]
  for (const name of names) {
    const values = conditions[name]?.values ?? []
    result = result.flatMap((facts) => values.map((value) => ({ ...facts, [name]: value })))
  }
  return result
}
