// What documents say of the project is so: sizes, options, runs, files and recipes that they name; and they say it in plain words.
import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, it, describe } from 'vitest'
import { Command } from 'commander'
import { createRunnerMock } from '../../src/index.js'
import { addLimitsCommand } from '../../src/cli/print-limits.js'
import { addServeCommand } from '../../src/cli/serve.js'
import { addVerifyCommand } from '../../src/cli/run-verify.js'
import { checks } from '../../src/contracts/suites/all-checks.js'
import { suiteNames, suiteOf } from '../../src/contracts/suites/requirements.js'
import { resolvers } from '../spec-drives/recipe.js'
import { root } from './blocks.js'

/** Each has a plainer one: a subject with a name ("the server"), "again", "instead of", "owes" as "must". */
const OLD = /\b(whoever|whomever|somebody|anybody|anew|held against|owes|mends|in place of)\b/i

const read = (path: string): string => readFileSync(root + path, 'utf8')
const under = (folder: string, form: RegExp): string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => form.test(path) && !/(^|\/)(node_modules|generated|dist)\//.test(path))

/** Lines of prose: of a page what is no code, of YAML all but examples, of a source its comments. */
function proseOf(path: string): string[] {
  if (path.endsWith('.md'))
    return read(path)
      .replaceAll(/^```[^]*?^```/gm, '')
      .split('\n')
  const lines = read(path).split('\n')
  if (path.endsWith('.yaml')) return lines.filter((line) => /^\s*(#|description:|x-default:|summary:)/.test(line))
  return lines.filter((line) => /^\s*(\/\/|\/?\*)/.test(line))
}

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'deploy', 'examples', 'python'].flatMap((folder) => under(folder, /\.md$/)),
].filter((page) => page !== 'docs/requirements.md' && page !== 'docs/mutants.md')

it.each([
  ['pages', pages],
  ['comments', ['src', 'scripts'].flatMap((folder) => under(folder, /\.(tsx?|mjs)$/))],
  ['descriptions', under('openapi', /\.yaml$/)],
] as const)('%s are in plain words', (_, paths) => {
  const lines = paths.flatMap((path) => proseOf(path).map((line) => `${path}: ${line.trim()}`))
  expect(lines.length).toBeGreaterThan(500)
  expect(lines.filter((line) => OLD.test(line))).toEqual([])
})

it('README.md names the project id that every mock has', async () => {
  const mock = createRunnerMock()
  const [, id = ''] = /PROJECT=(\S+)/.exec(readFileSync(`${root}README.md`, 'utf8')) ?? []
  expect((await mock.handle({ method: 'GET', url: `/v1/private/projects/${id}` })).status).toBe(200)
  await mock.close()
})

it('README.md has the figures of docs/performance.md', () => {
  const performance = readFileSync(`${root}docs/performance.md`, 'utf8')
  const [, ofNode, ofPrism] =
    /getRunner (\d\.\d+)x of bare node:http and (\d+(?:\.\d+)?)x of Prism/.exec(performance) ?? []
  const readme = readFileSync(`${root}README.md`, 'utf8').replaceAll('\n', ' ')
  expect(readme).toContain(`${ofNode} of the rate of a bare \`node:http\` server`)
  expect(readme).toContain(`${ofPrism} times as often as Prism`)
})

it('README.md compares the start and the memory of docs/performance.md', () => {
  const performance = readFileSync(`${root}docs/performance.md`, 'utf8')
  const lastCells = (server: RegExp): string[] =>
    performance
      .split('\n')
      .filter((line) => server.test(line))
      .map((line) => line.split('|').at(-2)?.trim() ?? '')
  const rowOf = (name: string): string[] =>
    (new RegExp(`^\\| ${name} .*$`, 'm').exec(readFileSync(`${root}README.md`, 'utf8'))?.[0] ?? '')
      .split('|')
      .slice(2, 5)
      .map((cell) => cell.trim())
  const servers = [/^\| opik-runner-kit/, /^\| prism, (errors only|newest)/, /^\| msw/].map(lastCells)
  const least = (figures: readonly string[]): number =>
    Math.min(...figures.map((figure) => Number.parseInt(figure, 10)))
  const memory = servers.map((figures) => figures.filter((figure) => figure.endsWith('MB')))
  const start = servers.map((figures) => figures.filter((figure) => /^\d+$/.test(figure)))
  expect(rowOf('memory under load')).toEqual(memory.map((figures) => `${least(figures)} MB`))
  expect(rowOf('first answer')).toEqual(start.map((figures) => `${least(figures)} ms`))
})

it('README.md has the budgets that CI holds', () => {
  const script = readFileSync(`${root}scripts/bundle-budget.mjs`, 'utf8')
  const budgets = [...script.matchAll(/limitKb: (\d+)/g)].map(([, kilobytes]) => kilobytes)
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const told = [...readme.matchAll(/under (\d+) kB/g)].map(([, kilobytes]) => kilobytes)
  expect(told).toHaveLength(2)
  expect(budgets).toEqual(expect.arrayContaining(told))
})

const text = readFileSync('CONTRIBUTING.md', 'utf8')

it('has the recipe for an operation', () => {
  const [, recipe = ''] = /## Adding an operation\n([^]*?)\n(?=## )/.exec(text) ?? []
  const folders = new Set(Object.keys(resolvers).map((path) => dirname(path)))
  const named = ['openapi/local-runners.yaml', 'x-lifecycle', 'npm run generate', ...folders]
  for (const name of named) expect(recipe).toContain(name)
})

it.each(['CONTRIBUTING.md', 'docs/maintaining.md'])('names files that exist in %s', (page) => {
  const paths = readFileSync(page, 'utf8').match(/(?<=`)(?:src|test|scripts|openapi|docs)\/[\w./-]+(?=`)/g) ?? []
  expect(paths.length).toBeGreaterThan(10)
  expect(paths.filter((path) => !existsSync(path))).toEqual([])
})

const program = new Command()
for (const add of [addVerifyCommand, addLimitsCommand, addServeCommand]) add(program)
const options = new Set(program.commands.flatMap((command) => command.options.map(({ long }) => long)))

it('docs/verify.md names options that there are', () => {
  const named = [...read('docs/verify.md').matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option)
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((option) => !options.has(option))).toEqual([])
})

describe('the runs that documents show', () => {
  const countOf = (suite: string): number => checks.filter((check) => suiteOf(check) === suite).length

  it.each(['README.md', 'docs/verify.md', 'docs/build-a-server.md'])('are of all checks there are, in %s', (path) => {
    const all = checks.length - countOf('neighbours')
    const told = [...read(path).matchAll(/^verify \S+: (\d+) checks/gm)].map(([, count]) => Number(count))
    expect(new Set([all, ...told])).toEqual(new Set([all]))
    const suites =
      read(path)
        .match(/^suites {5}.*$/gm)
        ?.join() ?? ''
    const counts = [...suites.matchAll(new RegExp(`(${suiteNames.join('|')}) \\d+/(\\d+)`, 'g'))]
    expect(counts.length).toBeGreaterThan(2)
    expect(counts.filter(([, suite = '', count]) => Number(count) !== countOf(suite)).map(([text]) => text)).toEqual([])
  })
})

describe('the runs in the README', () => {
  const readme = read('README.md')

  it('fail in checks that there are, and say so at the end', () => {
    const [, failing = ''] = /<!-- failing run -->\n+```\n([^]*?)```/.exec(readme) ?? []
    const ids = [...failing.matchAll(/^ {4}([\w-]+\/\S+) \(\w+-\d+\) {2}/gm)].map(([, id]) => id)
    expect(ids.length).toBeGreaterThan(0)
    for (const id of ids) expect(checks.map((check) => check.id)).toContain(id)
    expect(failing).toMatch(/^✗ does not conform: \d+ passed, \d+ failed/m)
    expect(readme).toMatch(/<!-- passing run -->[^]*?^✓ conforms: \d+ passed/m)
  })
})
