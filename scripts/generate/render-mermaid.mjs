// @ts-check
// Draws one machine as a Mermaid state diagram. Moves alone are drawn, one edge for each pair of states, its label
// naming every trigger.
import { NONE } from './read-lifecycle.mjs'

/**
 * @param {import('./read-lifecycle.mjs').Machine} machine
 * @returns {string} The diagram, line by line.
 */
export function renderMermaid(machine) {
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
