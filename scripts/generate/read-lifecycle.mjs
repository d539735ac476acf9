// @ts-check
// Reads x-lifecycle into one normal form (lists where one name may stand, '*' written out) and refuses what is not
// of the grammar. Whether names exist and rules make sense is for the check-lifecycle files.
import { FieldReader } from './field-reader.mjs'
import { objectOf } from './load-spec.mjs'
import { SpecError, listText } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Place} Place */
/**
 * @typedef {object} Setting
 * @property {string} type 'number' or 'integer'
 * @property {string} unit
 * @property {string | null} env Variable of a real server that holds it.
 * @property {number} default
 * @property {number} minimum
 * @property {number | null} maximum
 * @property {string} description
 */
/** @typedef {{ description: string, wire: boolean, terminal: boolean }} State */
/** @typedef {{ values: string[], description: string, source: string | null }} Condition */
/**
 * @typedef {object} Rule
 * @property {string} on
 * @property {'operation' | 'timer' | 'event'} kind
 * @property {string[]} from
 * @property {boolean} everywhere Whether `from` was written as '*'.
 * @property {Record<string, string[]>} when
 * @property {string | null} to
 * @property {string[]} set
 * @property {string[]} unset
 * @property {number | null} answer
 * @property {string | null} say The words of a refusal, when they are not those of the machine for its status.
 * @property {string[]} emits
 * @property {Place} place
 */
/**
 * @typedef {object} Machine
 * @property {string} name
 * @property {string} title
 * @property {string} description
 * @property {string} parameter
 * @property {string | null} field
 * @property {Record<string, State>} states
 * @property {string[]} operations
 * @property {string[]} creates Operations that make the resource: decided for `none` alone.
 * @property {Record<string, Condition>} conditions
 * @property {Record<string, { of: string[], description: string }>} subjects Ways to the resource other than its path
 *   parameter, with the operations that go them.
 * @property {Record<string, string>} details What words may tell beside the request, with descriptions.
 * @property {Record<string, string>} words Of refusals by status, for rules that have none of their own.
 * @property {Rule[]} rules
 * @property {Place} place
 */
/** @typedef {{ value: string | number | readonly string[], description: string }} Constant */
/**
 * A timer: its span in seconds is a setting, or a field of the resource times `times`, plus `plus`.
 * @typedef {object} Timer
 * @property {string} since What it runs from: a field that ends in `_at`, or a word for a moment.
 * @property {string | null} setting
 * @property {string | null} field
 * @property {number | null} default What stands for the field when the request does not give it.
 * @property {number} times
 * @property {number} plus
 * @property {boolean} byReaper Whether it fires only when the reaper looks.
 */
/**
 * @typedef {object} Wait
 * @property {string | null} setting
 * @property {string | null} when The query parameter that asks for it; null where every call waits.
 * @property {string | null} parameter The query parameter that says for how long, in seconds.
 * @property {string | null} minimum A constant.
 * @property {string | null} maximum A setting.
 */
/**
 * @typedef {object} Lifecycle
 * @property {Record<string, Setting>} settings
 * @property {Record<string, Constant>} constants What no setting changes.
 * @property {Machine[]} machines
 * @property {Record<string, string>} events Events that come from outside the machines, with descriptions.
 * @property {Record<string, Timer>} timers
 * @property {Record<string, Wait>} waits How long an operation may be held, by operation.
 */

/** The state of a resource that is not there: the initial one of every machine. */
export const NONE = 'none'

const ROOT = 'x-lifecycle'

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Lifecycle}
 */
export function readLifecycle(spec) {
  const read = new FieldReader()
  const optional = ['events', 'constants', 'timers', 'waits']
  const root = read.object(spec.document[ROOT], [ROOT], { required: ['settings', 'machines'], optional })
  const settings = read
    .entries(root.settings, [ROOT, 'settings'])
    .map((entry) => [entry.name, readSetting(read, entry)])
  const constants = read
    .entries(root.constants, [ROOT, 'constants'])
    .map((entry) => [entry.name, readConstant(read, entry, spec)])
  const machines = read.entries(root.machines, [ROOT, 'machines']).map((entry) => readMachine(read, entry))
  const events = read.entries(root.events, [ROOT, 'events']).map(({ name, value, place }) => {
    const event = read.object(value, place, { required: ['description'] })
    return [name, read.text(event.description, [...place, 'description'])]
  })
  const timers = read.entries(root.timers, [ROOT, 'timers']).map((entry) => [entry.name, readTimer(read, entry, spec)])
  const waits = read.entries(root.waits, [ROOT, 'waits']).map((entry) => [entry.name, readWait(read, entry)])
  if (read.problems.length > 0) throw new SpecError(read.problems)
  return {
    settings: Object.fromEntries(settings),
    machines,
    events: Object.fromEntries(events),
    constants: Object.fromEntries(constants),
    timers: Object.fromEntries(timers),
    waits: Object.fromEntries(waits),
  }
}

/**
 * @param {FieldReader} read
 * @param {{ name: string, value: unknown, place: Place }} entry
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Timer}
 */
function readTimer(read, { name, value, place }, spec) {
  const optional = ['setting', 'field', 'of', 'times', 'plus', 'by']
  const found = read.object(value, place, { required: ['since'], optional })
  const [setting, field, of] = ['setting', 'field', 'of'].map((key) => read.optionalText(found[key], [...place, key]))
  if ((setting === null) === (field === null))
    read.report(place, `timer ${name} needs a setting or a field.`, 'name one of the two.')
  if (found.by !== undefined && found.by !== 'reaper')
    read.report([...place, 'by'], `timer ${name} fires by "${found.by}".`, 'write by: reaper, or leave it out.')
  const schemas = objectOf(objectOf(spec.document.components).schemas)
  const given = of === null ? {} : objectOf(objectOf(objectOf(schemas[of ?? '']).properties)[field ?? ''])
  return {
    since: read.text(found.since, [...place, 'since']),
    setting: setting ?? null,
    field: field ?? null,
    default: read.optionalNumber(given.default, [...place, 'of']),
    times: read.optionalNumber(found.times, [...place, 'times']) ?? 1,
    plus: read.optionalNumber(found.plus, [...place, 'plus']) ?? 0,
    byReaper: found.by === 'reaper',
  }
}

/**
 * @param {FieldReader} read
 * @param {{ name: string, value: unknown, place: Place }} entry
 * @returns {Wait}
 */
function readWait(read, { value, place }) {
  const optional = ['setting', 'when', 'parameter', 'minimum', 'maximum']
  const found = read.object(value, place, { required: [], optional })
  const [setting = null, when = null, parameter = null, minimum = null, maximum = null] = optional.map((key) =>
    read.optionalText(found[key], [...place, key]),
  )
  return { setting, when, parameter, minimum, maximum }
}

/**
 * A value, or a JSON pointer to it; what is on a list is named.
 * @param {FieldReader} read
 * @param {{ name: string, value: unknown, place: Place }} entry
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Constant}
 */
function readConstant(read, { name, value, place }, { document }) {
  const found = read.object(value, place, { required: ['description'], optional: ['value', 'from'] })
  const pointer = read.optionalText(found.from, [...place, 'from'])
  const steps =
    pointer === null
      ? []
      : pointer
          .slice(2)
          .split('/')
          .map((step) => step.replaceAll('~1', '/'))
  /** @type {unknown} */
  const there = steps.reduce(memberOf, /** @type {unknown} */ (document))
  const known = pointer === null ? found.value : there
  const description = read.text(found.description, [...place, 'description'])
  if (typeof known === 'string' || typeof known === 'number') return { value: known, description }
  if (Array.isArray(known)) return { value: known.map(String), description }
  read.report(place, `constant ${name} has no value.`, 'give a text, a number or a list of texts as value, or from.')
  return { value: 0, description }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {unknown}
 */
function memberOf(value, name) {
  return Array.isArray(value) ? value.find((each) => each.name === name) : Object(value)[name]
}

/**
 * @param {FieldReader} read
 * @param {{ name: string, value: unknown, place: Place }} entry
 * @returns {Setting}
 */
function readSetting(read, { name, value, place }) {
  const required = ['type', 'unit', 'default', 'minimum', 'description']
  const found = read.object(value, place, { required, optional: ['maximum', 'env'] })
  const setting = {
    type: read.text(found.type, [...place, 'type']),
    unit: read.text(found.unit, [...place, 'unit']),
    env: read.optionalText(found.env, [...place, 'env']),
    default: read.optionalNumber(found.default, [...place, 'default']) ?? 0,
    minimum: read.optionalNumber(found.minimum, [...place, 'minimum']) ?? 0,
    maximum: read.optionalNumber(found.maximum, [...place, 'maximum']),
    description: read.text(found.description, [...place, 'description']),
  }
  if (!['number', 'integer'].includes(setting.type)) {
    read.report(place, `setting ${name} is of type "${setting.type}".`, 'use number or integer.')
  }
  if (!['seconds', 'bytes', 'count', 'per-minute'].includes(setting.unit)) {
    read.report(place, `setting ${name} has unit "${setting.unit}".`, 'use seconds, bytes, count or per-minute.')
  }
  const isInside = setting.default >= setting.minimum && setting.default <= (setting.maximum ?? Infinity)
  if (!isInside || (setting.type === 'integer' && !Number.isInteger(setting.default))) {
    read.report(place, `setting ${name}: its default ${setting.default} breaks its own limits.`, 'change either.')
  }
  return setting
}

/**
 * @param {FieldReader} read
 * @param {{ name: string, value: unknown, place: Place }} entry
 * @returns {Machine}
 */
function readMachine(read, { name, value, place }) {
  const required = ['title', 'description', 'parameter', 'field', 'states', 'operations', 'conditions', 'rules']
  const found = read.object(value, place, { required, optional: ['subjects', 'details', 'words'] })
  const states = readStates(read, found.states, [...place, 'states'])
  const written = Array.isArray(found.rules) ? found.rules : []
  if (written.length === 0) read.report([...place, 'rules'], `machine ${name} has no list of rules.`, 'add rules.')
  const rules = written.map((rule, index) => readRule(read, rule, { machine: name, place: [...place, 'rules', index] }))
  const everyState = Object.keys(states)
  for (const rule of rules) if (rule.everywhere) rule.from = everyState
  const creating = rules.filter((rule) => rule.kind === 'operation' && rule.to !== null && rule.from.includes(NONE))
  return {
    name,
    title: read.text(found.title, [...place, 'title']),
    description: read.text(found.description, [...place, 'description']),
    parameter: read.text(found.parameter, [...place, 'parameter']),
    field: read.optionalText(found.field, [...place, 'field']),
    states,
    operations: read.names(found.operations, [...place, 'operations']),
    creates: [...new Set(creating.map((rule) => rule.on))],
    conditions: readConditions(read, found.conditions, [...place, 'conditions']),
    subjects: readSubjects(read, found.subjects, [...place, 'subjects']),
    details: readTexts(read, found.details, [...place, 'details']),
    words: readTexts(read, found.words, [...place, 'words']),
    rules,
    place,
  }
}

/**
 * @param {FieldReader} read
 * @param {unknown} value
 * @param {Place} place
 * @returns {Record<string, State>}
 */
function readStates(read, value, place) {
  const states = read.entries(value, place).map((entry) => {
    const members = { required: ['wire', 'description'], optional: ['terminal'] }
    const found = read.object(entry.value, entry.place, members)
    const description = read.text(found.description, [...entry.place, 'description'])
    const wire = read.flag(found.wire, [...entry.place, 'wire'])
    return [entry.name, { description, wire, terminal: read.flag(found.terminal, [...entry.place, 'terminal']) }]
  })
  const record = Object.fromEntries(states)
  if (record[NONE]?.wire !== false) {
    read.report(
      place,
      'state none is missing, or said to be on the wire.',
      `add none: { wire: false, description: ... }.`,
    )
  }
  return record
}

/**
 * @param {FieldReader} read
 * @param {unknown} value
 * @param {Place} place
 * @returns {Record<string, Condition>}
 */
function readConditions(read, value, place) {
  const conditions = read.entries(value, place).map((entry) => {
    const found = read.object(entry.value, entry.place, { required: ['values', 'description'], optional: ['source'] })
    const values = read.names(found.values, [...entry.place, 'values'])
    if (values.length < 2) read.report(entry.place, `condition ${entry.name} needs two values or more.`, 'list them.')
    const description = read.text(found.description, [...entry.place, 'description'])
    return [entry.name, { values, description, source: read.optionalText(found.source, [...entry.place, 'source']) }]
  })
  return Object.fromEntries(conditions)
}

/**
 * @param {FieldReader} read
 * @param {unknown} value
 * @param {Place} place
 * @returns {Machine['subjects']}
 */
function readSubjects(read, value, place) {
  const subjects = read.entries(value, place).map((entry) => {
    const found = read.object(entry.value, entry.place, { required: ['of', 'description'] })
    const description = read.text(found.description, [...entry.place, 'description'])
    return [entry.name, { of: read.names(found.of, [...entry.place, 'of']), description }]
  })
  return Object.fromEntries(subjects)
}

/**
 * @param {FieldReader} read
 * @param {unknown} value
 * @param {Place} place
 * @returns {Record<string, string>}
 */
function readTexts(read, value, place) {
  return Object.fromEntries(
    read.entries(value, place).map((entry) => [entry.name, read.text(entry.value, entry.place)]),
  )
}

/**
 * @param {FieldReader} read
 * @param {unknown} value
 * @param {{ machine: string, place: Place }} where
 * @returns {Rule}
 */
function readRule(read, value, { machine, place }) {
  const before = read.problems.length
  const rule = readMembers(read, value, place)
  const subject = `machine ${machine}, state ${rule.everywhere ? "'*'" : listText(rule.from)}, ${rule.kind} ${rule.on}`
  const found = read.problems.splice(before)
  read.problems.push(...found.map(({ problem, ...rest }) => ({ ...rest, problem: `${subject}: ${problem}` })))
  return rule
}

/**
 * @param {FieldReader} read
 * @param {unknown} value
 * @param {Place} place
 * @returns {Rule}
 */
function readMembers(read, value, place) {
  const optional = ['when', 'to', 'set', 'unset', 'answer', 'say', 'emits']
  const found = read.object(value, place, { required: ['on', 'from'], optional })
  const on = read.text(found.on, [...place, 'on'])
  const when = read
    .entries(found.when, [...place, 'when'])
    .map((entry) => [entry.name, read.names(entry.value, entry.place)])
  return {
    on,
    kind: on.startsWith('timer.') ? 'timer' : on.includes('.') ? 'event' : 'operation',
    from: found.from === '*' ? [] : read.names(found.from, [...place, 'from']),
    everywhere: found.from === '*',
    when: Object.fromEntries(when),
    to: read.optionalText(found.to, [...place, 'to']),
    set: read.names(found.set, [...place, 'set']),
    unset: read.names(found.unset, [...place, 'unset']),
    answer: read.optionalNumber(found.answer, [...place, 'answer']),
    say: read.optionalText(found.say, [...place, 'say']),
    emits: read.names(found.emits, [...place, 'emits']),
    place,
  }
}
