// Reads the documents by role, docs/README.md: what each role does, the commands that are marked, and where it leads.
import { posix } from 'node:path'

/**
 * @typedef {{ says: string, lines: string }} Command
 * @typedef {{ title: string, says: string, commands: Command[], links: { target: string }[] }} Role
 */

/**
 * @param {string} page
 * @returns {{ intro: string, roles: Role[], rest: Role }} `rest` is the last section, for looking things up.
 */
export function readRoles(page) {
  const [head = '', ...sections] = page.split(/^## /m)
  const roles = sections.map(readRole)
  const rest = roles.pop()
  if (rest === undefined) throw new Error('docs/README.md has no sections.')
  return { intro: plain(head.split('\n').slice(1).join('\n')), roles, rest }
}

/**
 * @param {string} section
 * @returns {Role}
 */
function readRole(section) {
  const [title = '', ...lines] = section.split('\n')
  const text = lines.join('\n')
  const commands = [...text.matchAll(/<!-- command: (.*?) -->\n+```sh\n([^]*?)\n```/g)].map(
    ([, says = '', own = '']) => ({ says, lines: own }),
  )
  const [first = ''] = text.trim().split('\n\n')
  const targets = [...text.matchAll(/\]\(([^)#]+\.md)[^)]*\)/g)].map(([, target = '']) => posix.join('docs', target))
  const pages = [...new Set(targets)].filter((target) => target !== 'SKILL.md').map((target) => ({ target }))
  const sentence = /^.*?[.](?= |$)/.exec(plain(first))?.[0] ?? ''
  return { title, says: first.startsWith('[') ? '' : sentence, commands, links: pages }
}

/** @param {string} text Markdown without its links, on one line. */
function plain(text) {
  return text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
