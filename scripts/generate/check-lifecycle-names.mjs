// @ts-check
// Refuses rules that name what does not exist (states, conditions and their values, operations, events, settings), and
// machines that disagree with the rest of the spec: answers that an operation does not declare, states that the status
// field cannot show, fields and facts that no schema has, operations that no machine decides.
import { listText } from './spec-error.mjs'
import { isObject, propertiesOf, resolveReference } from './load-spec.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./read-operations.mjs').Operation} Operation */
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
  return [...perMachine, ...unusedEvents(context.lifecycle), ...timerProblems(context.lifecycle)]
}

/**
 * Every timer that a rule reacts to has a span.
 * @param {Lifecycle} lifecycle
 * @returns {Problem[]}
 */
function timerProblems({ machines, timers, settings }) {
  const used = new Map(
    machines.flatMap(({ rules }) => rules.map(({ on, place }) => [on.replace(/^timer\./, ''), { on, place }])),
  )
  const missing = [...used].filter(([name, { on }]) => on.startsWith('timer.') && !Object.hasOwn(timers, name))
  const wrong = Object.entries(timers).filter(
    ([, { setting }]) => setting !== null && !Object.hasOwn(settings, setting),
  )
  return [
    ...missing.map(([name, { place }]) => ({
      place,
      problem: `timer ${name} has no span.`,
      fix: `add ${name} under x-lifecycle.timers.`,
    })),
    ...wrong.map(([name, { setting }]) => ({
      place: ['x-lifecycle', 'timers', name],
      problem: `timer ${name} speaks of setting ${setting}, which does not exist.`,
      fix: 'correct the name, or add it under x-lifecycle.settings.',
    })),
  ]
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

/** Tags whose operations all act on resources with a lifecycle. */
const DECIDED_TAGS = ['Runners', 'Pairing']

/**
 * @param {Spec} spec
 * @param {{ machines: readonly Machine[], operations: readonly Operation[] }} parts
 * @returns {Problem[]}
 */
export function checkAgreement(spec, { machines, operations }) {
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  return [
    ...machines.flatMap((machine) => [
      ...answerProblems(machine, byId),
      ...parameterProblems(machine, byId),
      ...resourceProblems(spec, machine, byId),
      ...sourceProblems(spec, machine, byId),
    ]),
    ...forgottenOperations(machines, operations),
  ]
}

/**
 * @param {Machine} machine
 * @param {Map<string, Operation>} byId
 * @returns {Problem[]}
 */
function answerProblems(machine, byId) {
  return machine.rules.flatMap(({ on, kind, from, answer, place }) => {
    const declared = byId.get(on)?.responses.map(({ status }) => status) ?? []
    if (kind !== 'operation' || answer === null || declared.includes(answer)) return []
    const subject = `machine ${machine.name}, state ${listText(from)}, operation ${on}`
    const fix = `use ${listText(declared)}, or declare ${answer} under its responses.`
    return [
      { place: [...place, 'answer'], problem: `${subject}: status ${answer} is not declared by the operation.`, fix },
    ]
  })
}

/**
 * @param {Machine} machine
 * @param {Map<string, Operation>} byId
 * @returns {Problem[]}
 */
function parameterProblems({ name, parameter, operations, place }, byId) {
  const isUsed = operations.some((id) => byId.get(id)?.path.includes(`{${parameter}}`))
  const problem = `machine ${name}: no path of its operations has a parameter ${parameter}.`
  return isUsed ? [] : [{ place: [...place, 'parameter'], problem, fix: 'name the path parameter of the resource.' }]
}

/**
 * The schema of the resource is what its GET answers: wire states are its status values, written fields its fields.
 * @param {Spec} spec
 * @param {Machine} machine
 * @param {Map<string, Operation>} byId
 * @returns {Problem[]}
 */
function resourceProblems(spec, machine, byId) {
  const { name, field, parameter, place, states } = machine
  const onWire = Object.keys(states).filter((state) => states[state]?.wire)
  const properties = resourceProperties(spec, machine, byId)
  if (field === null) {
    const problem = `machine ${name}: ${listText(onWire, 'and')} cannot be on the wire without a status field.`
    return onWire.length === 0
      ? []
      : [{ place: [...place, 'states'], problem, fix: 'name the field, or write wire: false.' }]
  }
  if (!properties) {
    const problem = `machine ${name}: no GET among its operations reads one resource by {${parameter}}.`
    return [{ place: [...place, 'field'], problem, fix: 'list that operation, or write field: null.' }]
  }
  const shown = enumOf(spec, properties[field])
  const problems = fieldProblems(machine, Object.keys(properties))
  if (!isSame(shown, onWire)) {
    const problem = `machine ${name}: field ${field} can be ${listText(shown)}, its states on the wire are ${listText(onWire)}.`
    problems.push({ place: [...place, 'states'], problem, fix: 'make both lists equal.' })
  }
  return problems
}

/**
 * @param {Machine} machine
 * @param {string[]} fields
 * @returns {Problem[]}
 */
function fieldProblems(machine, fields) {
  return machine.rules.flatMap(({ set, unset, on, kind, from, place }) => {
    const unknown = [...set, ...unset].filter((field) => !fields.includes(field))
    const subject = `machine ${machine.name}, state ${listText(from)}, ${kind} ${on}`
    return unknown.map((field) => ({
      place: [...place, set.includes(field) ? 'set' : 'unset'],
      problem: `${subject}: the resource has no field ${field}.`,
      fix: `use ${listText(fields)}.`,
    }))
  })
}

/**
 * @param {Spec} spec
 * @param {Machine} machine
 * @param {Map<string, Operation>} byId
 */
function resourceProperties(spec, { operations, parameter }, byId) {
  const readers = operations.map((id) => byId.get(id))
  const reader = readers.find((found) => found?.method === 'GET' && found.path.endsWith(`{${parameter}}`))
  const body = reader?.responses.find(({ status }) => status === 200)?.body
  return body ? propertiesOf(spec, body.schema) : null
}

/**
 * A condition taken from the request must have the values that the request can hold.
 * @param {Spec} spec
 * @param {Machine} machine
 * @param {Map<string, Operation>} byId
 * @returns {Problem[]}
 */
function sourceProblems(spec, machine, byId) {
  return Object.entries(machine.conditions).flatMap(([name, { source, values }]) => {
    const askers = new Set(machine.rules.filter((rule) => Object.hasOwn(rule.when, name)).map((rule) => rule.on))
    const place = [...machine.place, 'conditions', name]
    return [...askers].flatMap((on) => {
      if (source === null) return []
      const subject = `machine ${machine.name}, condition ${name}, operation ${on}`
      const pointer = /^\$request\.body#\/(.+)$/.exec(source)?.[1]
      if (pointer === undefined) {
        return [
          { place, problem: `${subject}: source ${source} is not understood.`, fix: "use '$request.body#/field'." },
        ]
      }
      const found = enumOf(spec, schemaAt(spec, byId.get(on)?.requestBody?.schema, pointer))
      const problem = `${subject}: ${source} can be ${listText(found)}, the condition ${listText(values)}.`
      return isSame(found, values) ? [] : [{ place, problem, fix: 'make both lists equal.' }]
    })
  })
}

/**
 * @param {readonly Machine[]} machines
 * @param {readonly Operation[]} operations
 * @returns {Problem[]}
 */
function forgottenOperations(machines, operations) {
  const decided = new Set(machines.flatMap((machine) => machine.operations))
  const forgotten = operations.filter(({ id, tag }) => DECIDED_TAGS.includes(tag) && !decided.has(id))
  return forgotten.map(({ id, tag, place }) => ({
    place,
    problem: `operation ${id} (${tag}) belongs to no machine.`,
    fix: 'list it under operations of the machine of its resource, with rules for every state.',
  }))
}

/**
 * @param {Spec} spec
 * @param {unknown} schema
 * @param {string} pointer
 * @returns {unknown}
 */
function schemaAt(spec, schema, pointer) {
  return pointer.split('/').reduce((/** @type {unknown} */ current, name) => propertiesOf(spec, current)[name], schema)
}

/**
 * @param {Spec} spec
 * @param {unknown} schema
 * @returns {string[]}
 */
function enumOf(spec, schema) {
  const resolved = isObject(schema) ? resolveReference(spec, schema) : {}
  return Array.isArray(resolved.enum) ? resolved.enum.map(String) : []
}

/**
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 */
function isSame(left, right) {
  return left.toSorted().join() === right.toSorted().join()
}
