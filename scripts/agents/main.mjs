// Writes llms.txt and SKILL.md, by which coding agents find the kit, from docs/README.md: its roles, the commands under
// `<!-- command: ... -->`, and the pages that it leads to. With --check it writes nothing and exits 1 when one is stale. Last
// part of `npm run generate`.
import { readFileSync } from 'node:fs'
import { finish } from '../generate/write-files.mjs'
import { at, manifest } from '../paths.mjs'
import { readRoles } from './read-roles.mjs'

const read = (path) => readFileSync(at(path), 'utf8')
const { intro, roles, rest } = readRoles(read('docs/README.md'))
const commands = roles.flatMap((role) => role.commands)

const files = new Map([
  ['llms.txt', renderIndex()],
  ['SKILL.md', renderSkill()],
])
process.exitCode = finish(files, {
  root: at(),
  check: process.argv.includes('--check'),
  owned: null,
  what: 'files for agents',
})

/** As llmstxt.org says: a title, a summary, and lists of links under headings. */
function renderIndex() {
  const sections = [...roles, rest].map(({ title, says, commands: own, links }) => {
    const blocks = own.map(({ lines }) => lines).join('\n')
    const parts = [`## ${title}`, says, blocks && fence(blocks), links.map(linkLine).join('\n')]
    return parts.filter((part) => part !== '').join('\n\n')
  })
  const head = `# ${manifest.name}\n\n> ${manifest.description}\n\n${intro} A skill for agents is in [SKILL.md](SKILL.md).`
  return `${head}\n\n${sections.join('\n\n')}\n`
}

function renderSkill() {
  const uses = roles.map(({ title, says }) => `- ${title}: ${lower(says)}`)
  const steps = commands.map(({ says, lines }, at) => {
    const mark = `${at + 1}. `
    return `${mark}${says}\n\n${indent(fence(lines), mark.length)}`
  })
  const pages = roles.map(({ title, links }) => `- ${title}: ${links.map(({ target }) => pageLink(target)).join(', ')}`)
  return `---
name: ${manifest.name}
description: ${manifest.description} Use it to build, test or debug a client (web page, daemon, SDK) or a server of that API, without Opik's backend.
---

# ${manifest.name}

## When to use it

${uses.join('\n')}

Prefer it to mocks by hand: it knows every state, timer and refusal of the API, and judges servers and clients by the same rules.

## Ten commands

${intro} The mock of the first one stands on port 5173, where the others find it.

${steps.join('\n\n')}

Every command has \`--help\`. Exit codes: 0 fine, 1 a check or rule failed, 2 it could not run.

## Read on

${pages.join('\n')}
`
}

function linkLine({ target }) {
  const { title, says } = readHead(target)
  return `- [${title}](${target})${says === '' ? '' : `: ${says}`}`
}

/** The title of a page, and its first sentence without links. */
function readHead(target) {
  const [head = '', ...blocks] = read(target)
    .replaceAll(/<!--[^]*?-->\n*/g, '')
    .trim()
    .split(/\n{2,}/)
  const prose = blocks.find((block) => /^[A-Z`*[]/.test(block)) ?? ''
  const plain = prose
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('**', '')
  return { title: head.replace(/^# /, ''), says: /^.*?[.:](?= |$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain }
}

function pageLink(target) {
  return `[${readHead(target).title}](${target})`
}

function fence(text) {
  return `\`\`\`sh\n${text}\n\`\`\``
}

function indent(text, width) {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(width))
}

function lower(text) {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
