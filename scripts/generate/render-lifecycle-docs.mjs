// @ts-check
// Renders docs/lifecycle.md: for each machine its diagram, what every operation does in every state, what happens
// without a request, and at the end the settings.
import { decidePair } from './decision-steps.mjs'
import { code, table } from './literal.mjs'
import { NONE } from './read-lifecycle.mjs'
import { listText } from './spec-error.mjs'

/** @typedef {import('./read-lifecycle.mjs').Lifecycle} Lifecycle */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {import('./read-lifecycle.mjs').Rule} Rule */

/**
 * @param {Lifecycle} lifecycle
 * @returns {string}
 */
export function renderLifecycleDocs({ machines, settings, constants, events }) {
  const sections = machines.map(machineSection)
  const eventRows = Object.entries(events).map(([name, description]) => [code(name), description])
  const constantRows = Object.entries(constants).map(([name, each]) => {
    return [code(name), code(String(each.value)), each.description]
  })
  return `# Lifecycle

What each operation does in each state of the resource it acts on, as \`x-lifecycle\` of the spec decides it. A cell
lists what is tried, in order; the first line that applies counts. \`-> state\` is a move, a bare status leaves
everything as it is, "stays" is an accepted request that may write fields but moves nothing. In the diagrams \`[*]\` is
the state \`none\`: no such resource for the caller; refusals and what stays are not drawn. In messages, \`{names}\` stand
for parts of the request, settings and what is known of the resource; no client may depend on the words.

${sections.join('\n')}
## Events from outside

${table(['Event', 'When'], eventRows)}
## Settings

${table(['Setting', 'Default', 'Unit', 'Range', 'What it decides', 'Variable of a real server'], settingRows(settings))}
## Constants

${table(['Constant', 'Value', 'What it decides'], constantRows)}`
}

/** @param {Machine} machine */
function machineSection(machine) {
  const { title, description, states, conditions, parameter, field } = machine
  const stateRows = Object.entries(states).map(([name, state]) => [code(name), stateKind(state), state.description])
  const conditionRows = Object.entries(conditions).map(([name, condition]) => {
    return [code(name), condition.values.map(code).join(', '), condition.description]
  })
  const shown = field === null ? 'Its state is on no field.' : `Its state is the field \`${field}\`.`
  return `## ${title}

${description} Named by the path parameter \`${parameter}\`. ${shown}

\`\`\`mermaid
${renderMermaid(machine)}\`\`\`

${table(['State', 'Kind', 'Meaning'], stateRows)}
### ${title}: operations

${table(['Operation', ...Object.keys(states).map(code)], operationRows(machine))}
${subjectTexts(machine)}${spontaneousTable(machine)}### ${title}: conditions

${table(['Condition', 'Values', 'Meaning'], conditionRows)}
### ${title}: what refusals say

${table(['Status', 'Message', 'To'], refusalRows(machine))}`
}

/** @param {Machine} machine */
function subjectTexts({ subjects }) {
  const texts = Object.values(subjects).map(
    ({ of, description }) => `For ${listText(of.map(code), 'and')} it is found in another way: ${description}\n\n`,
  )
  return texts.join('')
}

/**
 * One row for each message, with the operations that it answers.
 * @param {Machine} machine
 */
function refusalRows({ rules, words }) {
  /** @type {Map<string, Set<string>>} */
  const operations = new Map()
  for (const { on, answer, say } of rules) {
    if (answer === null || answer < 400) continue
    const key = JSON.stringify([answer, say ?? words[String(answer)] ?? ''])
    operations.set(key, (operations.get(key) ?? new Set()).add(on))
  }
  return [...operations].map(([key, on]) => {
    /** @type {[number, string]} */
    const [answer, message] = JSON.parse(key)
    return [String(answer), message.replaceAll('|', '\\|'), [...on].map(code).join(', ')]
  })
}

/** @param {{ wire: boolean, terminal: boolean }} state */
function stateKind({ wire, terminal }) {
  return [wire ? 'on the wire' : 'never shown', ...(terminal ? ['terminal'] : [])].join(', ')
}

/** @param {Machine} machine */
function operationRows(machine) {
  return machine.operations.map((operation) => {
    const cells = Object.keys(machine.states).map((state) => {
      if (machine.creates.includes(operation) && state !== NONE) return ''
      return decidePair(machine, state, operation).deciding.map(outcomeText).join('<br>')
    })
    return [code(operation), ...cells]
  })
}

/**
 * @param {Rule} rule
 * @param {number} index
 * @param {readonly Rule[]} rules
 */
function outcomeText(rule, index, rules) {
  const outcome = outcomeOf(rule)
  const facts = factsText(rule)
  if (facts !== '') return `${outcome} if ${facts}`
  return rules.length > 1 && index === rules.length - 1 ? `otherwise ${outcome}` : outcome
}

/** @param {Rule} rule */
function outcomeOf({ to, answer }) {
  if (to !== null) return `-> ${to}, ${answer}`
  return answer !== null && answer < 400 ? `${answer}, stays` : String(answer)
}

/** @param {Rule} rule */
function factsText({ when }) {
  return Object.entries(when)
    .map(([condition, values]) => `${condition} is ${listText(values)}`)
    .join(' and ')
}

/** @param {Machine} machine */
function spontaneousTable({ title, rules }) {
  const rows = rules
    .filter((rule) => rule.kind !== 'operation')
    .map(({ on, kind, from, to, set, unset, emits }) => [
      kind === 'timer' ? `timer ${code(on.slice('timer.'.length))}` : `event ${code(on)}`,
      from.map(code).join(', '),
      code(to ?? 'stays'),
      [...set.map(code), ...unset.map((field) => `removes ${code(field)}`)].join(', '),
      emits.map(code).join(', '),
    ])
  if (rows.length === 0) return ''
  const columns = ['Trigger', 'From', 'To', 'Writes', 'Emits']
  return `### ${title}: timers and events\n\n${table(columns, rows)}\n`
}

/** @param {Lifecycle['settings']} settings */
function settingRows(settings) {
  return Object.entries(settings).map(([name, setting]) => {
    const range = setting.maximum === null ? `${setting.minimum} or more` : `${setting.minimum} to ${setting.maximum}`
    const kind = setting.type === 'integer' ? `${range}, whole` : range
    return [
      code(name),
      String(setting.default),
      setting.unit.replace('-', ' '),
      kind,
      setting.description,
      setting.env === null ? '' : code(setting.env),
    ]
  })
}

/**
 * One machine as a Mermaid state diagram: moves alone, one edge for each pair of states, its label naming every trigger.
 * @param {import('./read-lifecycle.mjs').Machine} machine
 * @returns {string} The diagram, line by line.
 */
function renderMermaid(machine) {
  /** @type {Map<string, string[]>} */
  const edges = new Map()
  for (const rule of machine.rules) {
    for (const state of rule.to === null ? [] : rule.from) {
      const edge = `${nodeText(state)} --> ${nodeText(rule.to ?? state)}`
      edges.set(edge, [...(edges.get(edge) ?? []), labelText(rule)])
    }
  }
  const lines = [...edges].map(([edge, labels]) => `  ${edge}: ${[...new Set(labels)].join('<br/>')}\n`)
  return `stateDiagram-v2\n  direction LR\n${lines.join('')}`
}

/** @param {string} state */
function nodeText(state) {
  return state === NONE ? '[*]' : state
}

/** @param {import('./read-lifecycle.mjs').Rule} rule */
function labelText({ on, kind, when }) {
  const trigger = kind === 'timer' ? `timer ${on.slice('timer.'.length)}` : on
  const facts = Object.entries(when).map(([condition, values]) => `${condition} = ${values.join(' or ')}`)
  return escapeLabel(facts.length === 0 ? trigger : `${trigger} (${facts.join(', ')})`)
}

/**
 * Mermaid reads `:` and `;` as syntax and `#name;` as a character.
 * @param {string} text
 */
function escapeLabel(text) {
  return text.replace(/[#:;<>"]/g, (character) => `#${character.charCodeAt(0)};`)
}
