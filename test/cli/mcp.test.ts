// The MCP server by the SDK's client over HTTP, as `serve` offers it: its tools, what wrong input gets, who may use it.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, it, onTestFinished } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { openEndpoint } from '../../src/cli/run-mcp.js'
import type { McpEndpoint, McpHost, ServeOptions } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openSite, raw } from '../admin/site.js'
import { readPage, snippetsOf } from '../docs/blocks.js'
import { startProgram } from '../sdk/program.js'
import { allCommands } from './all-commands.js'

const mcp = (host: McpHost): McpEndpoint => {
  const endpoint = openEndpoint(host)
  return async (request) => (await endpoint)(request)
}

type CallTool = (name: string, input?: Record<string, unknown>) => Promise<{ text: string; isError: boolean }>

async function open(serving: ServeOptions = {}, headers: Record<string, string> = {}, root = '') {
  const site = await openSite({ scenario: 'empty' }, { mcp, ...serving })
  const client = new Client({ name: 'test', version: '1' })
  const url = new URL(`http://127.0.0.1:${site.port}${root}/__admin/mcp`)
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
  onTestFinished(() => client.close())
  const callTool: CallTool = async (name, input = {}) => {
    const { content, isError = false } = await client.callTool({ name, arguments: input })
    return { text: content.map((part) => ('text' in part ? part.text : '')).join(''), isError }
  }
  return { ...site, client, callTool }
}

const page = readPage('mcp.md')

describe('the tools', () => {
  it('are those that docs/mcp.md lists', async () => {
    const { client } = await open()
    const { tools } = await client.listTools()
    const told = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
    expect(tools.map(({ name }) => name)).toEqual(told)
  })

  it('have schemas that validators take, every member with its meaning', async () => {
    const { client } = await open()
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
    formats.default(ajv)
    for (const { name, inputSchema } of (await client.listTools()).tools) {
      expect(() => ajv.compile(inputSchema)).not.toThrow()
      const silent = Object.entries(inputSchema.properties ?? {}).filter(
        ([, schema]) => !('description' in Object(schema)),
      )
      expect([name, silent]).toEqual([name, []])
    }
  })

  const unusable: [string, Record<string, unknown>][] = [
    ['open_world', { scenario: 'no-such-world' }],
    ['open_world', { scenario: { runners: 'none' } }],
    ['open_world', { snapshot: 'never kept' }],
    ['open_world', { settings: { heartbeat_ttl_seconds: -1 } }],
    ['look', { of: 'everything' }],
    ['look', { of: 'jobs', id: 'none' }],
    ['look', { page: 99 }],
    ['move_time', {}],
    ['move_time', { minutes: -5 }],
    ['move_time', { to: 'tomorrow' }],
    ['pair_runner', { session: 'no link' }],
    ['pair_runner', { project_id: 'none' }],
    ['call_operation', { operation: 'createjob' }],
    ['call_operation', { operation: 'getJob' }],
    ['set_faults', { inject: [{ status: 'bad' }] }],
    ['set_faults', { clear: 'no-such-fault' }],
    ['read_requests', { id: 12_345 }],
    ['read_requests', { operation: 'nothing' }],
    ['verify_server', { url: 'nowhere' }],
    ['verify_server', { url: 'http://127.0.0.1:9/api', suites: ['all'] }],
    ['explain', { id: 'RUN-999' }],
    ['judge_recording', { recording: 'no recording' }],
    ['judge_recording', { file: '/etc/hosts' }],
    ['judge_recording', { side: 7 }],
  ]

  it('refuse what cannot be used, and go on', async () => {
    const { callTool, mock } = await open()
    const before = JSON.stringify(mock.snapshot().world)
    for (const [tool, input] of unusable) {
      const { text, isError } = await callTool(tool, input)
      expect([tool, input, isError, text]).toEqual([tool, input, true, expect.not.stringContaining('    at ')])
      expect(JSON.stringify(mock.snapshot().world)).toBe(before)
    }
    expect((await callTool('look')).isError).toBe(false)
  })

  it('keep a world, and come back to it', async () => {
    const { callTool, mock } = await open()
    await callTool('pair_runner', { alive: false })
    await callTool('open_world', { keep_as: 'paired' })
    await callTool('open_world', { scenario: 'playground' })
    expect((await callTool('open_world', { snapshot: 'paired' })).isError).toBe(false)
    expect(mock.snapshot().world.runners).toHaveLength(1)
  })

  it('activate the session of a daemon, as the pairing page does', async () => {
    const { callTool, mock } = await open()
    const link = await mock.given.pairingLink()
    await callTool('pair_runner', { session: link, name: 'laptop' })
    expect(mock.snapshot().world.runners).toMatchObject([{ wire: { name: 'laptop' } }])
  })

  it.each([
    ['JOB-006', '/v1/private/local-runners/jobs'],
    ['PAIR-001', '/v1/private/pairing/sessions'],
    ['job/minimal', '/v1/private/local-runners/jobs'],
  ])('explain %s with the call that decides it', async (id, path) => {
    const { callTool } = await open()
    expect((await callTool('explain', { id })).text).toMatch(RegExp(`^curl -i .*"\\$API"'${path}`, 'm'))
  })

  it('move time for whoever waits, and hang up on what never comes', async () => {
    const { callTool, mock } = await open()
    const { text } = await callTool('pair_runner', { alive: false })
    const [, runnerId = ''] = /runner ([\w-]+)/.exec(text) ?? []
    const poll = { operation: 'nextJob', path: { runnerId }, wait_seconds: 0.1 }
    expect((await callTool('call_operation', poll)).isError).toBe(false)
    await callTool('move_time', { minutes: 5 })
    expect((await mock.fetch(`/v1/private/local-runners/${runnerId}`)).status).toBe(200)
    expect((await callTool('look', { of: 'runners' })).text).toContain('status=disconnected')
  })

  it('page what is long', async () => {
    const { callTool, mock } = await open()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    for (let count = 0; count < 90; count++) await mock.given.job({ runner, status: 'completed' })
    const pages = await Promise.all([1, 2, 3].map((at) => callTool('look', { of: 'jobs', page: at })))
    const ids = pages.flatMap(({ text }) => [...text.matchAll(/^id=(\S+)/gm)].map(([, id]) => id))
    expect(new Set(ids).size).toBeGreaterThan(50)
    expect(Math.max(...pages.map(({ text }) => text.length))).toBeLessThan(6000)
  })

  it('verify the very mock that they steer, by its clock, and tell of progress', async () => {
    const { client, url, adminUrl } = await open()
    const seen: number[] = []
    const input = { url, admin: adminUrl, areas: ['heartbeat'] }
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress)
    const { isError } = await client.callTool({ name: 'verify_server', arguments: input }, { onprogress })
    expect(isError ?? false).toBe(false)
    expect(seen.length).toBeGreaterThan(3)
    const { contents } = await client.readResource({ uri: 'opik-runner-kit://report' })
    expect(contents).toMatchObject([{ text: expect.stringContaining('conforms') as string }])
  })
})

it('the resources lead to every section of the pages', async () => {
  const { client } = await open()
  for (const name of ['requirements', 'lifecycle', 'operations']) {
    const { contents } = await client.readResource({ uri: `opik-runner-kit://${name}` })
    const [head] = contents
    const uris = head !== undefined && 'text' in head ? head.text.match(/opik-runner-kit:\/\/\w+\/\S+/g) : []
    expect(uris?.length).toBeGreaterThan(4)
    for (const uri of uris ?? []) expect((await client.readResource({ uri })).contents).toHaveLength(1)
  }
  await expect(client.readResource({ uri: 'opik-runner-kit://lifecycle/nothing' })).rejects.toThrow()
})

describe('/__admin/mcp', () => {
  it('is guarded as the admin API is', async () => {
    const { port } = await openSite({}, { mcp })
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await raw(port, '/__admin/mcp', { host: `127.0.0.1:${port}`, ...headers }, 'POST')).status
    expect(await status({ host: 'evil.example' })).toBe(403)
    expect(await status({ origin: 'https://evil.example' })).toBe(403)
    expect(await status({})).not.toBe(403)
  })

  it('wants the token where there is one', async () => {
    const { callTool, port } = await open({ adminToken: 'secret' }, { 'x-admin-token': 'secret' })
    expect((await callTool('look')).isError).toBe(false)
    expect((await raw(port, '/__admin/mcp', { host: `127.0.0.1:${port}` }, 'POST')).status).toBe(403)
  })

  it('steers the world that its path names', async () => {
    const worlds = { create: () => createRunnerMock() }
    const { callTool, mock } = await open({ worlds }, {}, '/w/test-1')
    await callTool('pair_runner', { alive: false })
    expect(mock.snapshot().world.runners).toEqual([])
    expect((await callTool('look')).text).toContain('/w/test-1/api')
  })

  it('is not there where nothing answers it', async () => {
    const { call } = await openSite()
    expect((await call('POST', '/mcp', {})).status).toBe(404)
  })
})

it('docs/mcp.md has configurations that start what there is', () => {
  const commands = allCommands().commands.map((command) => command.name())
  const servers = snippetsOf('mcp.md', 'json').map(
    ([, text]) => JSON.parse(text) as { mcpServers: Record<string, unknown> },
  )
  expect(servers.map(({ mcpServers }) => mcpServers['opik-runner-kit'])).toMatchObject([
    { command: 'npx', args: ['opik-runner-kit', 'mcp'] },
    { type: 'http' },
  ])
  expect(commands).toContain('mcp')
  for (const [, line] of snippetsOf('mcp.md', 'sh')) {
    expect(Object.keys(manifest.peerDependencies)).toContain(/^npm install --save-dev (\S+)$/.exec(line.trim())?.[1])
  }
})

it('the command mcp ends with its client', async () => {
  const program = startProgram('dist/cli/main.js', ['mcp', '--scenario', 'empty'])
  await program.printed(/listens on/)
  expect(await program.closeInput()).toBe(0)
})
