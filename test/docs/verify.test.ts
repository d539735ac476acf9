// What README and docs/verify.md say of verify holds: the options exist, and so do the checks that the shown runs name.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addLimitsCommand } from '../../src/cli/print-limits.js'
import { addServeCommand } from '../../src/cli/serve.js'
import { addVerifyCommand } from '../../src/cli/run-verify.js'
import { checks } from '../../src/contracts/suites/all-checks.js'
import { suiteNames, suiteOf } from '../../src/contracts/suites/requirements.js'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
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
