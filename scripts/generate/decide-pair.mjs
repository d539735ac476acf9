// @ts-check
// Which rule decides a trigger in a state, for every combination of the facts that its rules ask for. The checks use it
// to find gaps and shadows, the documentation to say what happens.

/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {import('./read-lifecycle.mjs').Rule} Rule */
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
