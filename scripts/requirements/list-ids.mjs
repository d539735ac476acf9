// @ts-check
// Gives the rules of the checks their ids: a rule keeps its id whatever becomes of its words, a new rule gets the next number
// of its area, and the id of a rule that is gone is never given again.

/**
 * @typedef {{ of: string, severity: string, words: string, checks: readonly string[], id?: string }} Rule
 *   `id`: which requirement it says that it is
 * @typedef {{ id: string, of: string, withdrawn?: true, checks?: string | readonly string[], words?: string }} Entry
 */

/** @type {Readonly<Record<string, string>>} */
const prefixes = {
  system: 'SYS',
  wire: 'WIRE',
  schema: 'SCHEMA',
  pairing: 'PAIR',
  'pairing-crypto': 'PROOF',
  slots: 'SLOT',
  runner: 'RUN',
  heartbeat: 'BEAT',
  agents: 'AGENT',
  checklist: 'LIST',
  job: 'JOB',
  'job-reports': 'REPORT',
  'job-logs': 'LOG',
  bridge: 'BRIDGE',
  'bridge-reports': 'OUTCOME',
  ordering: 'ORDER',
  paging: 'PAGE',
  'long-poll': 'POLL',
  'waiting-readers': 'WAIT',
  time: 'TIME',
  isolation: 'ISO',
  limits: 'LIMIT',
  concurrency: 'RACE',
  projects: 'PROJECT',
  ingestion: 'INGEST',
  configurations: 'CONFIG',
  prompts: 'PROMPT',
  lifecycle: 'LIFE',
  'negative-input': 'INPUT',
  quirks: 'QUIRK',
  model: 'MODEL',
  conduct: 'CON',
}

/**
 * The list as the rules now are, and what is wrong with it.
 * @param {readonly Rule[]} rules
 * @param {readonly Entry[]} list
 * @returns {{ list: Entry[], problems: string[] }}
 */
export function listIds(rules, list) {
  const living = new Set(rules.map(({ of }) => of))
  /** @type {Entry[]} */
  const kept = list.map(({ withdrawn: _, ...entry }) => (living.has(entry.of) ? entry : { ...entry, withdrawn: true }))
  const known = new Set(list.map(({ of }) => of))
  for (const { of } of rules.filter((rule) => !known.has(rule.of))) kept.push({ id: nextId(of, kept), of })
  const stated = new Map(rules.map(({ of, id }) => [of, id]))
  const problems = kept.flatMap(({ id, of }) => {
    const own = stated.get(of)
    return own === undefined || own === id ? [] : [`${of} says that it is ${own}, and is ${id}.`]
  })
  return { list: kept.toSorted((a, b) => (a.id < b.id ? -1 : 1)), problems: [...problems, ...repeated(list)] }
}

/**
 * @param {readonly Entry[]} list
 * @returns {string[]}
 */
function repeated(list) {
  const ids = list.map(({ id }) => id)
  return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))].map((id) => `${id} stands for two rules.`)
}

/**
 * @param {string} of
 * @param {readonly Entry[]} list
 */
function nextId(of, list) {
  const [area = ''] = of.split('/')
  const prefix = prefixes[area]
  if (prefix === undefined)
    throw new Error(`The area ${area} has no letters for its ids: scripts/requirements/list-ids.mjs.`)
  const numbers = list.flatMap(({ id }) => (id.startsWith(`${prefix}-`) ? [Number(id.slice(prefix.length + 1))] : []))
  return `${prefix}-${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}`
}

/** @param {readonly Entry[]} list */
export function renderList(list) {
  return `[\n${list.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`
}
