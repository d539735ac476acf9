// @ts-check
// Holds the rules of the checks against the committed list of their ids: an id keeps its rule, a rule keeps its words
// unless its version is raised, and a rule that is new gets the next number of its area.
import { createHash } from 'node:crypto'

/**
 * @typedef {{ of: string, severity: string, words: string, checks: readonly string[], id?: string }} Rule
 *   `id`: which requirement it says that it is
 * @typedef {{ id: string, of: string, version: number, frozen: string, withdrawn?: true }} Entry
 *   `frozen`: the version that was frozen last, and a hash of its words
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
  accidents: 'ACCIDENT',
  model: 'MODEL',
  conduct: 'CON',
}

/**
 * The list with what is new, and what is wrong with it.
 * @param {readonly Rule[]} rules
 * @param {readonly Entry[]} list
 * @returns {{ list: Entry[], problems: string[] }}
 */
export function freeze(rules, list) {
  const byName = new Map(rules.map((rule) => [rule.of, rule]))
  /** @type {string[]} */
  const problems = []
  const kept = list.map((entry) => {
    const rule = byName.get(entry.of)
    if (entry.withdrawn === true) {
      if (rule !== undefined) problems.push(`${entry.id} is withdrawn, and checks still judge it: ${entry.of}.`)
      return entry
    }
    if (rule === undefined) {
      problems.push(
        `${entry.id} (${entry.of}) has no check and no rule any more. Bring it back; or where its checks have another name now, give ` +
          'that in `of`; or write `"withdrawn": true` if nobody has to do it any longer.',
      )
      return entry
    }
    const [frozenVersion = '', hash = ''] = entry.frozen.split('-')
    if (hash === hashOf(rule)) return { ...entry, frozen: `${entry.version}-${hash}` }
    if (entry.version > Number(frozenVersion)) return { ...entry, frozen: `${entry.version}-${hashOf(rule)}` }
    problems.push(`The words of ${entry.id} (${entry.of}) have changed: "${rule.words}" Raise its version.`)
    return entry
  })
  const known = new Set(list.map(({ of }) => of))
  for (const rule of rules.filter(({ of }) => !known.has(of))) {
    const id = nextId(rule, kept)
    kept.push({ id, of: rule.of, version: 1, frozen: `1-${hashOf(rule)}` })
  }
  for (const { id, of } of kept) {
    const rule = byName.get(of)
    if (rule?.id !== undefined && rule.id !== id) problems.push(`${of} says that it is ${rule.id}, and is ${id}.`)
  }
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
 * @param {Rule} rule
 * @param {readonly Entry[]} list
 */
function nextId({ of }, list) {
  const [area = ''] = of.split('/')
  const prefix = prefixes[area]
  if (prefix === undefined)
    throw new Error(`The area ${area} has no letters for its ids: scripts/requirements/freeze.mjs.`)
  const numbers = list.flatMap(({ id }) => (id.startsWith(`${prefix}-`) ? [Number(id.slice(prefix.length + 1))] : []))
  return `${prefix}-${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}`
}

/** @param {Rule} rule */
function hashOf({ severity, words }) {
  return createHash('sha256').update(`${severity} ${words}`).digest('hex').slice(0, 12)
}

/** @param {readonly Entry[]} list */
export function renderList(list) {
  return `[\n${list.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`
}
