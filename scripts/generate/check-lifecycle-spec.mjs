// @ts-check
// Refuses machines that disagree with the rest of the spec: answers that an operation does not declare, states that
// the status field cannot show, fields and facts that no schema has, operations that no machine decides.
import { isObject, objectOf, resolveReference } from './load-spec.mjs'
import { listText } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {import('./read-operations.mjs').Operation} Operation */
/** @typedef {import('./spec-error.mjs').Problem} Problem */

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
 * Properties of a schema, those of its `allOf` parts included.
 * @param {Spec} spec
 * @param {unknown} schema
 * @returns {Record<string, unknown>}
 */
function propertiesOf(spec, schema) {
  const resolved = resolveReference(spec, schema)
  const parts = Array.isArray(resolved.allOf) ? resolved.allOf : []
  return Object.assign({}, ...parts.map((part) => propertiesOf(spec, part)), objectOf(resolved.properties))
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
