// @ts-check
// Refuses rules that name what does not exist: states, conditions and their values, operations, events, settings.
import { listText } from './spec-error.mjs'

/** @typedef {import('./read-lifecycle.mjs').Lifecycle} Lifecycle */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {import('./read-lifecycle.mjs').Rule} Rule */
/** @typedef {import('./spec-error.mjs').Problem} Problem */
/** @typedef {{ lifecycle: Lifecycle, operationIds: string[], fieldNames: Set<string> }} Context */

/**
 * @param {Context} context `fieldNames`: every property of every schema; what a text may call by a snake_case name.
 * @returns {Problem[]}
 */
export function checkNames(context) {
  const { machines } = context.lifecycle
  const perMachine = machines.flatMap((machine) => [
    ...operationProblems(machine, context),
    ...machine.rules.flatMap((rule) => ruleProblems(machine, rule, context)),
    ...unusedConditions(machine),
    ...settingProblems(machine, context),
  ])
  return [...perMachine, ...unusedEvents(context.lifecycle)]
}

/**
 * @param {Machine} machine
 * @param {Context} context
 * @returns {Problem[]}
 */
function operationProblems(machine, { operationIds }) {
  const unknown = machine.operations.filter((id) => !operationIds.includes(id))
  return unknown.map((id) => ({
    place: [...machine.place, 'operations'],
    problem: `machine ${machine.name} lists operation ${id}, which no path declares.`,
    fix: 'correct the name, or declare the operation under paths.',
  }))
}

/**
 * @param {Machine} machine
 * @param {Rule} rule
 * @param {Context} context
 * @returns {Problem[]}
 */
function ruleProblems(machine, rule, { lifecycle }) {
  /** @type {Problem[]} */
  const problems = []
  /** @type {(member: string, problem: string, fix: string) => void} */
  const report = (member, problem, fix) => {
    const text = `machine ${machine.name}, state ${listText(rule.from)}, ${rule.kind} ${rule.on}: ${problem}`
    problems.push({ place: [...rule.place, member], problem: text, fix })
  }
  const states = Object.keys(machine.states)
  for (const state of [...rule.from, ...(rule.to === null ? [] : [rule.to])]) {
    if (!states.includes(state))
      report(rule.to === state ? 'to' : 'from', `no state ${state}.`, `use ${listText(states)}.`)
  }
  if (rule.from.length === 0) report('from', 'no state to start from.', `use ${listText(states)}, or '*'.`)
  for (const [name, values] of Object.entries(rule.when)) {
    const condition = machine.conditions[name]
    if (!condition) {
      report('when', `no condition ${name}.`, `use ${listText(Object.keys(machine.conditions))}.`)
      continue
    }
    const unknown = values.filter((value) => !condition.values.includes(value))
    if (values.length === 0) report('when', `condition ${name} admits no value.`, 'name one or more.')
    if (unknown.length > 0) {
      report('when', `condition ${name} has no value ${listText(unknown)}.`, `use ${listText(condition.values)}.`)
    }
  }
  if (rule.kind === 'operation' && !machine.operations.includes(rule.on)) {
    report(
      'on',
      'no such operation of this machine.',
      `use ${listText(machine.operations)}, or list it under operations.`,
    )
  }
  const known = knownEvents(lifecycle)
  if (rule.kind === 'event' && !known.includes(rule.on)) {
    report('on', 'nobody emits this event.', `use ${listText(known)}, or declare it under x-lifecycle.events.`)
  }
  const foreign = rule.emits.filter((event) => !event.startsWith(`${machine.name}.`))
  if (foreign.length > 0) {
    report('emits', `${listText(foreign)} is not of this machine.`, `call it ${machine.name}.<what happened>.`)
  }
  return problems
}

/** @param {Lifecycle} lifecycle */
function knownEvents({ machines, events }) {
  return [...new Set([...machines.flatMap(({ rules }) => rules.flatMap((rule) => rule.emits)), ...Object.keys(events)])]
}

/**
 * @param {Machine} machine
 * @returns {Problem[]}
 */
function unusedConditions(machine) {
  const used = new Set(machine.rules.flatMap((rule) => Object.keys(rule.when)))
  const unused = Object.keys(machine.conditions).filter((name) => !used.has(name))
  return unused.map((name) => ({
    place: [...machine.place, 'conditions', name],
    problem: `machine ${machine.name}: no rule asks for condition ${name}.`,
    fix: 'use it in a rule, or remove it.',
  }))
}

/**
 * @param {Lifecycle} lifecycle
 * @returns {Problem[]}
 */
function unusedEvents({ machines, events }) {
  const heard = new Set(machines.flatMap(({ rules }) => rules.map((rule) => rule.on)))
  const unused = Object.keys(events).filter((name) => !heard.has(name))
  return unused.map((name) => ({
    place: ['x-lifecycle', 'events', name],
    problem: `no machine reacts to event ${name}.`,
    fix: 'use it in a rule, or remove it.',
  }))
}

/** Names that can only be those of settings, or of fields. */
const SETTING_LIKE = /\b[a-z]+(?:_[a-z]+)*_(?:seconds|bytes|per_runner|per_minute|per_batch)\b/g

/**
 * A text of a machine that speaks of a setting must speak of one that exists.
 * @param {Machine} machine
 * @param {Context} context
 * @returns {Problem[]}
 */
function settingProblems(machine, { lifecycle, fieldNames }) {
  const described = Object.entries({ states: machine.states, conditions: machine.conditions }).flatMap(
    ([kind, entries]) =>
      Object.entries(entries).map(([name, { description }]) => ({
        place: [...machine.place, kind, name],
        description,
      })),
  )
  return [...described, machine].flatMap(({ place, description }) => {
    const named = [...description.matchAll(SETTING_LIKE)].map(([name]) => name)
    const unknown = named.filter((name) => !Object.hasOwn(lifecycle.settings, name) && !fieldNames.has(name))
    return unknown.map((name) => ({
      place,
      problem: `machine ${machine.name}: the description speaks of setting ${name}, which does not exist.`,
      fix: 'correct the name, or add it under x-lifecycle.settings.',
    }))
  })
}
