// @ts-check
// Runs the lifecycle checks in the order in which they build on one another and throws with everything one stage found.
// Those of rules and of words are here: machines whose rules leave a question open or can never matter (undecided pairs,
// shadowed rules, states that nothing reaches or leaves, answers where none can be given), words of refusals that no
// rule uses, and placeholders in them that nothing fills.
import { checkNames, checkAgreement } from './check-lifecycle-names.mjs'
import { checkSteps, decidePair } from './decision-steps.mjs'
import { objectOf } from './load-spec.mjs'
import { SpecError, listText } from './spec-error.mjs'
import { NONE } from './read-lifecycle.mjs'
import { carriedBy } from './read-refusals.mjs'

/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {import('./read-lifecycle.mjs').Rule} Rule */
/** @typedef {import('./spec-error.mjs').Problem} Problem */
/** @typedef {import('./load-spec.mjs').Place} Place */
/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./read-lifecycle.mjs').Lifecycle} Lifecycle */
/** @typedef {import('./read-operations.mjs').Operation} Operation */

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {{ lifecycle: import('./read-lifecycle.mjs').Lifecycle, operations: readonly import('./read-operations.mjs').Operation[] }} parts
 */
export function checkLifecycle(spec, { lifecycle, operations }) {
  const operationIds = operations.map(({ id }) => id)
  refuse(checkNames({ lifecycle, operationIds, fieldNames: fieldNamesOf(spec) }))
  refuse([
    ...lifecycle.machines.flatMap((machine) => checkRules(machine)),
    ...checkAgreement(spec, { machines: lifecycle.machines, operations }),
    ...checkWords(spec, { lifecycle, operations }),
    ...checkSteps(lifecycle.machines, operations),
  ])
}

/** @param {import('./spec-error.mjs').Problem[]} problems */
function refuse(problems) {
  if (problems.length > 0) throw new SpecError(problems)
}

/** @param {import('./load-spec.mjs').Spec} spec */
function fieldNamesOf(spec) {
  const schemas = Object.values(objectOf(objectOf(spec.document.components).schemas))
  return new Set(schemas.flatMap((schema) => Object.keys(objectOf(objectOf(schema).properties))))
}

/**
 * @param {Machine} machine All of whose names exist.
 * @returns {Problem[]}
 */
function checkRules(machine) {
  return [
    ...machine.rules.flatMap((rule) => shapeProblems(machine, rule)),
    ...undecidedPairs(machine),
    ...machine.rules.flatMap((rule) => shadowProblems(machine, rule)),
    ...reachProblems(machine),
  ]
}

/**
 * @param {Machine} machine
 * @param {Rule} rule
 * @returns {Problem[]}
 */
function shapeProblems(machine, rule) {
  /** @type {Problem[]} */
  const problems = []
  /** @type {(problem: string, fix: string) => void} */
  const report = (problem, fix) =>
    void problems.push({ place: rule.place, problem: `${subject(machine, rule)}: ${problem}`, fix })
  const { kind, answer, to, set, unset, emits, from } = rule
  const changes = to !== null || set.length + unset.length + emits.length > 0
  if (kind === 'operation' && answer === null) report('no answer.', 'add answer: a status.')
  if (kind !== 'operation' && answer !== null) report(`a ${kind} cannot be answered.`, 'remove answer.')
  if (kind !== 'operation' && !changes)
    report('it changes nothing.', 'add to, set, unset or emits, or remove the rule.')
  if (answer !== null && answer >= 400 && changes) {
    report(`a refusal (${answer}) must change nothing.`, 'remove to, set, unset and emits, or answer 2xx.')
  }
  if (to !== null && from.includes(to)) report(`it moves from ${to} to itself.`, 'remove to.')
  if (machine.creates.includes(rule.on) && from.join() !== NONE) {
    report('it makes the resource, so it is decided for none alone.', 'write from: none.')
  }
  const ended = from.filter((state) => machine.states[state]?.terminal)
  if (to !== null && to !== NONE && ended.length > 0) {
    report(`it leads out of terminal ${listText(ended, 'and')}.`, 'leave terminal states to none alone.')
  }
  return problems
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function undecidedPairs(machine) {
  const pairs = machine.operations.flatMap((operation) => {
    const states = machine.creates.includes(operation) ? [NONE] : Object.keys(machine.states)
    return states.map((state) => ({ operation, state }))
  })
  return pairs.flatMap(({ operation, state }) => {
    const [first, ...more] = decidePair(machine, state, operation).undecided
    if (!first) return []
    const facts = Object.entries(first).map(([condition, value]) => `${condition} is ${value}`)
    const when = facts.length === 0 ? '' : ` when ${listText(facts, 'and')}`
    const others = more.length === 0 ? '' : `, and in ${more.length} more combination${more.length === 1 ? '' : 's'}`
    return [
      {
        place: [...machine.place, 'rules'],
        problem: `machine ${machine.name}, state ${state}, operation ${operation}: undecided${when}${others}.`,
        fix: `add a rule { on: ${operation}, from: ${state}, answer: ... } that covers it.`,
      },
    ]
  })
}

/**
 * A rule counts for nothing where earlier ones always match first: everywhere, or in a state that it names.
 * @param {Machine} machine
 * @param {Rule} rule
 * @returns {Problem[]}
 */
function shadowProblems(machine, rule) {
  const dead = rule.from.filter((state) => !decidePair(machine, state, rule.on).deciding.includes(rule))
  if (dead.length === 0 || (rule.everywhere && dead.length < rule.from.length)) return []
  const problem = `${subject(machine, rule)}: never reached in ${listText(dead)}; earlier rules always match.`
  return [{ place: rule.place, problem, fix: 'remove it there, or move it up.' }]
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function reachProblems(machine) {
  const moves = machine.rules.filter((rule) => rule.to !== null)
  const reached = new Set([NONE])
  for (let size = 0; size < reached.size;) {
    size = reached.size
    for (const { from, to } of moves) if (to !== null && from.some((state) => reached.has(state))) reached.add(to)
  }
  return Object.entries(machine.states).flatMap(([name, { terminal }]) => {
    const place = [...machine.place, 'states', name]
    const text = `machine ${machine.name}, state ${name}:`
    if (!reached.has(name))
      return [{ place, problem: `${text} unreachable from none.`, fix: 'add a rule that leads to it.' }]
    const isLeft = moves.some(({ from, to }) => from.includes(name) && to !== name)
    if (terminal || isLeft) return []
    return [{ place, problem: `${text} nothing leads out of it.`, fix: 'mark it terminal: true, or add a rule.' }]
  })
}

/**
 * @param {Machine} machine
 * @param {Rule} rule
 */
function subject(machine, rule) {
  return `machine ${machine.name}, state ${rule.everywhere ? "'*'" : listText(rule.from)}, ${rule.kind} ${rule.on}`
}

/** Placeholders that are filled for every request. */
const GENERAL = ['state', 'workspace']

/**
 * @param {Spec} spec
 * @param {{ lifecycle: Lifecycle, operations: readonly Operation[] }} parts
 * @returns {Problem[]}
 */
function checkWords(spec, { lifecycle, operations }) {
  const settings = Object.keys(lifecycle.settings)
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  const ofRules = lifecycle.machines.flatMap((machine) => {
    const known = [...GENERAL, ...settings, ...Object.keys(machine.details)]
    return machine.rules.flatMap(({ say, on, answer, place }) => {
      if (say === null) return []
      const at = [...place, 'say']
      if ((answer ?? 0) < 400) return [{ place: at, problem: `${on}: only a refusal has words.`, fix: 'remove say.' }]
      return placeholderProblems(say, [...known, ...carriedBy(spec, byId.get(on))], at)
    })
  })
  const ofMachines = lifecycle.machines.flatMap((machine) => [
    ...unsaidWords(machine),
    ...unusedDetails(machine),
    ...Object.entries(machine.words).flatMap(([status, say]) =>
      placeholderProblems(say, [...GENERAL, ...settings], [...machine.place, 'words', status]),
    ),
  ])
  return [...ofRules, ...ofMachines]
}

/**
 * @param {string} say
 * @param {readonly string[]} known
 * @param {Place} place
 * @returns {Problem[]}
 */
function placeholderProblems(say, known, place) {
  const named = [...say.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name ?? '')
  return named
    .filter((name) => !known.includes(name))
    .map((name) => ({ place, problem: `nothing fills {${name}} of "${say}".`, fix: `use ${listText(known)}.` }))
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function unsaidWords({ name, words, rules, place }) {
  const said = new Set(rules.filter(({ say }) => say === null).map(({ answer }) => String(answer)))
  return Object.keys(words)
    .filter((status) => !said.has(status))
    .map((status) => ({
      place: [...place, 'words', status],
      problem: `machine ${name}: no rule without words of its own answers ${status}.`,
      fix: 'remove them.',
    }))
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function unusedDetails({ name, details, rules, place }) {
  return Object.keys(details)
    .filter((detail) => !rules.some(({ say }) => say?.includes(`{${detail}}`)))
    .map((detail) => ({
      place: [...place, 'details', detail],
      problem: `machine ${name}: no rule's words tell ${detail}.`,
      fix: 'use it, or remove it.',
    }))
}
