// The page of the requirements. Its curl commands are recorded once, from the mock, and kept: the page itself holds them.
const HEAD = `<!-- Written by \`npm run generate\`. Do not edit. -->

# Requirements

The rules that \`verify\` judges, and under [conduct](#conduct) those for clients. An id stays with its rule and is never given
again. A \`must\` is what clients break without, a \`should\` what they get by without. \`verify --check RUN-004\` runs the checks of one, a waiver may name one,
and every report does.

Each rule is followed by where the spec says it, the checks that judge it, and [mutants](mutants.md) by which these are seen
to do so. The curl command is the call that decides, as the first of the checks sends it, with ids and names of yours;
\`verify --check\` makes what has to be there before, and \`--reporter json\` shows all calls of what fails. Rules for clients
are judged by [\`conduct\`](conduct.md) and [\`watch\`](watch.md), whose verdicts and waivers name them.
`

const MAX_CHECKS = 6
const MAX_MUTANTS = 2
const MAX_SOURCES = 3

/**
 * @param {{ id: string, severity: string, words: string, sources: string[], since?: string, checks: string[] }[]} requirements
 * @param {ReadonlyMap<string, readonly string[]>} kills mutants by the checks that notice them
 * @param {ReadonlyMap<string, string>} calls curl commands by id and words
 */
export function renderPage(requirements, kills, calls) {
  const areas = new Map(
    requirements.map((each) => [areaOf(each), requirements.filter((other) => areaOf(other) === areaOf(each))]),
  )
  const rows = [...areas].map(([area, own]) => [`[${area}](#${area})`, ...countsOf(own)])
  const table = ['| area | `must` | `should` |', '| --- | --- | --- |']
  for (const row of [...rows, ['all', ...countsOf(requirements)]]) table.push(`| ${row.join(' | ')} |`)
  const sections = [...areas].map(
    ([area, own]) => `## ${area}\n\n${own.map((each) => renderRequirement(each, kills, calls)).join('\n')}`,
  )
  return `${HEAD}\n${table.join('\n')}\n\n${sections.join('\n\n')}\n`
}

const areaOf = ({ checks }) => checks[0].split('/')[0]

const countsOf = (requirements) =>
  ['must', 'should'].map((severity) => String(requirements.filter((each) => each.severity === severity).length))

function renderRequirement(requirement, kills, calls) {
  const { sources, since, checks } = requirement
  const mutants = mutantsOf(requirement, kills)
  const noticed = mutants.length === 0 ? '' : ` Mutants: ${some(mutants, MAX_MUTANTS)}.`
  const call = calls.get(keyOf(requirement))
  const judges = areaOf(requirement) === 'conduct' ? 'Rule' : 'Checks'
  const names = checks.map((check) => (judges === 'Rule' ? check.replace('conduct/', '') : check))
  return [
    `- ${keyOf(requirement)}<br>`,
    `  ${since === undefined ? '' : `Since Opik ${since}. `}${some(sources, MAX_SOURCES, (text) => text)}. ${judges}: ${some(names, MAX_CHECKS)}.${noticed}`,
    ...(call === undefined ? [] : ['  ```sh', `  ${call}`, '  ```']),
  ].join('\n')
}

/** The mutants that its checks notice, one of each check first. */
export function mutantsOf({ checks }, kills) {
  const each = checks.map((check) => kills.get(check) ?? [])
  return [...new Set([...each.flatMap((own) => own.slice(0, 1)), ...each.flat()])]
}

function some(items, most, show = (item) => `\`${item}\``) {
  const more = items.length > most ? ` and ${items.length - most} more` : ''
  return `${items.slice(0, most).map(show).join('; ')}${more}`
}

/** What a curl command belongs to: a rule in other words needs another one. */
export const keyOf = ({ id, severity, words }) => `**${id}** ${severity}: ${words}`

/** The curl commands that a page holds. */
export function readCalls(page) {
  const calls = new Map()
  let key
  for (const [at, line] of page.split('\n').entries()) {
    if (line.startsWith('- **')) key = line.slice(2).replace(/<br>$/, '')
    if (line === '  ```sh' && key !== undefined) calls.set(key, page.split('\n', at + 2)[at + 1].slice(2))
  }
  return calls
}

/** Which mutants each check notices, as far as the kill matrix names them. */
export function readKills(page, checkIds) {
  const kills = new Map()
  let area = ''
  for (const line of page.split('\n')) {
    area = /^### (.*)$/.exec(line)?.[1] ?? area
    const byHand = /^- \*\*([^*]+)\*\*.* _(.+)_$/.exec(line)
    const [, name, noticed] = byHand ?? /^- ([^ ]+): _(.+)_$/.exec(line) ?? []
    if (name === undefined) continue
    const mutant = plain(byHand === null ? name : `${area}/${name}`)
    const [of] = mutant.split('/')
    for (const each of plain(noticed).split(/[,;] /)) {
      const check = each.includes('/') ? each : `${of}/${each}`
      if (checkIds.has(check)) kills.set(check, [...(kills.get(check) ?? []), mutant])
    }
  }
  return kills
}

const plain = (text) => text.replaceAll('\\', '')
