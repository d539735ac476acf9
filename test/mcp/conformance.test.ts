// MCP's own conformance suite, from npm, against `/__admin/mcp` of `serve`: every check passes that applies.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { nodeOf } from '../matrix/nodes.js'
import { startProgram } from '../sdk/program.js'
import { temporaryFolder } from '../temporary-folder.js'

/** Knows the revisions 2025-06-18, 2025-11-25 and 2026-07-28, and needs Node 22. */
const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12'

/** Scenarios that have something to judge here. */
const APPLICABLE = [
  ...['caching', 'dns-rebinding-protection', 'http-header-validation', 'ping', 'resources-list'],
  ...['sep-2164-resource-not-found', 'server-initialize', 'server-stateless', 'tools-list'],
]

interface Check {
  readonly scenario: string
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

const folder = temporaryFolder()
let checks: readonly Check[] = []

beforeAll(async () => {
  const program = startProgram('dist/cli/main.js', ['serve', '--port', '0'])
  const [, admin = ''] = await program.printed(/admin API on (\S+)/)
  const node = nodeOf('22')
  const find = ['exec', '--yes', '--prefer-offline', `--package=${SUITE}`, '--', 'sh', '-c', 'command -v conformance']
  const suite = spawnSync('npm', find, { encoding: 'utf8' }).stdout.trim()
  const args = [suite, 'server', '--url', `${admin}/mcp`, '--suite', 'all', '-o', folder.at('results')]
  const run = spawnSync(node, args, { encoding: 'utf8', timeout: 240_000 })
  console.log(/=== SUMMARY ===[^]*/.exec(run.stdout)?.[0] ?? run.stderr)
  await program.stop()
  checks = readdirSync(folder.at('results')).flatMap((name) => {
    const scenario = /^server-(.*)-\d{4}-\d\d-\d\dT/.exec(name)?.[1] ?? name
    const found = JSON.parse(readFileSync(folder.at('results', name, 'checks.json'), 'utf8')) as Omit<
      Check,
      'scenario'
    >[]
    return found.map((check) => ({ ...check, scenario }))
  })
})

const reasonOf = ({ scenario, id }: Check): string | undefined =>
  notApplicable.find(({ of }) => of.test(scenario) || of.test(id))?.reason

describe('the conformance suite', () => {
  it('fails in nothing that applies', () => {
    const failed = checks.filter((check) => check.status === 'FAILURE' && reasonOf(check) === undefined)
    expect(failed.map(({ scenario, id, errorMessage }) => [scenario, id, errorMessage])).toEqual([])
  })

  it.each(APPLICABLE)('judges %s', (scenario) => {
    expect(checks.filter((check) => check.scenario === scenario && check.status === 'SUCCESS')).not.toEqual([])
  })

  it.each(notApplicable)('cannot judge $of: $reason', ({ of }) => {
    const failed = checks.filter(
      ({ scenario, id, status }) => status === 'FAILURE' && (of.test(scenario) || of.test(id)),
    )
    expect(failed).not.toEqual([])
  })
})

const notApplicable: readonly { readonly of: RegExp; readonly reason: string }[] = [
  {
    of: /^(tools-call-(simple-text|image|audio|embedded-resource|mixed-content|with-logging|error|with-progress|sampling|elicitation)|json-schema-2020-12)$/,
    reason: "It calls a tool by a name such as test_simple_text, which the suite's example server has.",
  },
  {
    of: /^resources-(read-text|read-binary|templates-read)$/,
    reason: "It reads a resource such as test://static-text, which the suite's example server has.",
  },
  {
    of: /^(elicitation-.*|input-required-result-.*)$/,
    reason: 'It needs tools that ask the user something in the middle; these never do.',
  },
  {
    of: /^resources-(subscribe|unsubscribe)$/,
    reason: 'It subscribes to resources; the server does not declare that.',
  },
  {
    of: /^(prompts-.*|sep-2549-prompts-list-caching-hints)$/,
    reason: 'It asks for prompts; the server has none, and does not declare any.',
  },
  { of: /^completion-complete$/, reason: 'It asks for completions; the server does not declare them.' },
  { of: /^logging-set-level$/, reason: 'It sets a level of logging; the server does not declare logging.' },
  { of: /^tasks-.*$/, reason: 'It runs tools as tasks; the server does not declare this extension.' },
  {
    of: /^http-custom-header-server-validation$/,
    reason: 'It needs a tool whose parameters go into HTTP headers; there is none.',
  },
  {
    of: /^sep-2575-(server-rejects-undeclared-capability|missing-capability-http-400|http-server-no-independent-requests-on-stream|server-no-log-without-loglevel)$/,
    reason: "It calls a diagnostic tool such as test_missing_capability, which the suite's example server has.",
  },
]
