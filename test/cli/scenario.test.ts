// `serve --scenario FILE` as a user runs it: what is played, which files are refused, and what a restart keeps alive.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readScenario } from '../../src/cli/files/serve-files.js'
import { eventually } from '../sdk/eventually.js'
import { COMMAND, startServe } from '../sdk/served.js'
import { temporaryFolder } from '../temporary-folder.js'
const folder = temporaryFolder()
const { write } = folder

async function start(...args: string[]) {
  const program = await startServe(args)
  onTestFinished(async () => void (await program.stop()))
  const json = async (path: string) => (await program.ask('GET', path)).body as Record<string, unknown>
  const post = (path: string, body?: unknown) => program.ask('POST', path, body)
  return { program, json, post }
}

const TEAM = `
description: A team.
agents:
  slow: { latency_ms: 600000, result: { job: '{{job.agent_name}}' } }
projects: [{ name: Bots, api_key: its-own-key }]
runners:
  - name: laptop
    project: Bots
    api_key: its-own-key
    agents: [slow]
    jobs: [{}]
  - { name: workstation, type: connect, files: { a.txt: hello } }
`

describe('serve --scenario FILE', () => {
  it('plays it, tells of it, and keeps its runners alive over a kill and a restart', async () => {
    const file = write('team.yaml', TEAM)
    const state = folder.at('team.state.json')
    const first = await start('--scenario', file, '--state', state)
    const { current, scenarios } = await first.json('/__admin/scenarios')
    expect([current, scenarios]).toEqual(['team', expect.arrayContaining([{ name: 'team', description: 'A team.' }])])
    const statesOf = async (json: typeof first.json) => {
      const { jobs } = (await json('/__admin/state'))['world'] as {
        jobs: { wire: { status: string; result: unknown } }[]
      }
      return jobs.map(({ wire }) => wire)
    }
    await eventually('a job that runs, saved', async () => {
      const [job] = await statesOf(first.json)
      return job?.status === 'running' ? true : undefined
    })
    await eventually('the state on disk', () =>
      spawnSync('grep', ['-c', '"status":"running"', state], { encoding: 'utf8' }).status === 0 ? true : undefined,
    )
    expect(readFileSync(state, 'utf8')).not.toContain('its-own-key')
    await first.program.stop('SIGKILL')

    const second = await start('--scenario', file, '--state', state)
    expect((await second.post('/__admin/clock/advance', { seconds: 600 })).status).toBe(200)
    expect(await statesOf(second.json)).toMatchObject([{ status: 'completed', result: { job: 'slow' } }])
    const { runners } = (await second.json('/__admin/state'))['world'] as {
      runners: { id: string; wire: { name: string } }[]
    }
    const { id = '' } = runners.find(({ wire }) => wire.name === 'workstation') ?? {}
    const command = await second.post(`/local-runners/${id}/bridge/commands`, {
      type: 'ReadFile',
      args: { path: 'a.txt' },
    })
    const { command_id } = command.body as { command_id: string }
    expect(await second.json(`/local-runners/${id}/bridge/commands/${command_id}?wait=true`)).toMatchObject({
      status: 'completed',
      result: { content: 'hello' },
    })
    // A reset goes back to the scenario.
    expect((await second.post('/__admin/reset')).status).toBe(204)
    expect((await statesOf(second.json)).map(({ status }) => status)).not.toContain('completed')
    expect(await second.program.stop()).toBe(0)
  })

  it('switches scenarios while it runs, and changes nothing for one that is wrong', async () => {
    const { json, post } = await start('--scenario', 'empty')
    const current = async () => (await json('/__admin/scenarios'))['current']
    expect((await post('/__admin/reset', { scenario: 'demo' })).status).toBe(204)
    expect(await current()).toBe('demo')
    for (const body of [
      { scenario: 'nowhere' },
      { scenario: { runners: [{}] } },
      { scenario: 5 },
      { scenarios: 'demo' },
      { scenario: 'empty', seed: 5 },
      [],
    ]) {
      const before = (await json('/__admin/world'))['runners']
      expect([body, (await post('/__admin/reset', body)).status]).toEqual([body, 422])
      expect([await current(), ((await json('/__admin/world'))['runners'] as unknown[]).length]).toEqual([
        'demo',
        (before as unknown[]).length,
      ])
    }
    expect((await post('/__admin/reset', { scenario: { name: 'mine', projects: ['Mine'] } })).status).toBe(204)
    expect(await current()).toBe('mine')
    expect((await post('/projects/retrieve', { name: 'Mine' })).status).toBe(200)
    expect((await post('/__admin/reset')).status).toBe(204)
    expect(await current()).toBe('empty')
  })

  it('loads the file again when it changes, and keeps the world while the file cannot be used', async () => {
    const file = write('edited.yaml', 'projects: [First]\n')
    const { program, json, post } = await start('--scenario', file)
    const isThere = async (name: string) => (await post('/projects/retrieve', { name })).status === 200
    expect(await isThere('First')).toBe(true)
    write('edited.yaml', 'projects: [Second]\n')
    // What is on its way while the worlds change is dropped.
    const isSecondThere = () => isThere('Second').catch(() => false)
    await eventually('the second world', async () => ((await isSecondThere()) ? true : undefined))
    expect(await isThere('First')).toBe(false)
    expect((await json('/__admin/scenarios'))['current']).toBe('edited')

    await post('/projects', { name: 'Made by a test' })
    write('edited.yaml', 'projects: [Third]\nrunner: []\n')
    await program.printed(/edited\.yaml[^\n]*runner/)
    expect([await isThere('Second'), await isThere('Made by a test')]).toEqual([true, true])
    write('edited.yaml', 'runners: [{ name: a, api_key: k, workspace: "  " }]\n')
    await program.printed(/edited\.yaml[^\n]*line 1/)

    // A reset goes back to what was loaded last, and so does a world beside it.
    expect((await post('/__admin/reset')).status).toBe(204)
    expect([await isThere('Second'), await isThere('Made by a test')]).toEqual([true, false])
    expect(await program.stop()).toBe(0)
  })

  it('refuses what the API refuses, in the line where it stands, and starts nothing', () => {
    const file = write(
      'foreign.yaml',
      'projects: [{ name: Bots, api_key: its-own-key }]\nrunners:\n  - name: r\n  - name: s\n    workspace: lab\n',
    )
    const args = ['serve', '--port', '0', '--scenario', file, '--auth', 'local']
    const { status, stderr, stdout } = spawnSync(process.execPath, [COMMAND, ...args], {
      encoding: 'utf8',
    })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    for (const part of ['foreign.yaml', 'line 4', 'runners[1]', '404']) expect(stderr).toContain(part)
  })
})

describe('a scenario file', () => {
  const flaws: [string, string, string[]][] = [
    ['a.json', '{\n  "runners": [\n    { "name": "r", "type": "both" }\n  ]\n}', ['line 3', 'runners[0].type', 'both']],
    [
      'b.yaml',
      'agents:\n  a:\n    logs:\n      - text: x\n        after_ms: -1\n',
      ['line 5', 'agents.a.logs[0].after_ms'],
    ],
    ['c.yaml', 'projects: [a]\nrunner:\n  - name: r\n', ['line 3', 'runner', 'runners']],
    ['d.yaml', 'settings:\n  heartbeat_ttl_seconds: soon\n', ['line 2', 'settings.heartbeat_ttl_seconds', 'soon']],
    ['e.yaml', 'faults:\n  - status: 503\n  - status: 200\n', ['line 3', 'faults[1].status', '200']],
    ['f.yaml', '- name: r\n', ['line 1', 'the whole file']],
    ['g.yaml', 'name: a\nname: b\n', ['line 2']],
    ['h.yaml', bomb(), []],
  ]

  it.each(flaws)('is refused with the place of its flaw: %s', async (name, text, parts) => {
    const error: unknown = await readScenario(write(name, text)).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'KitError' })
    for (const part of [name, ...parts]) expect(String(error)).toContain(part)
  })

  it('that is not there is refused', async () => {
    await expect(readScenario(folder.at('missing.yaml'))).rejects.toMatchObject({ code: 'file/unreadable' })
  })

  it('is named after itself, unless that is the name of a built-in one', async () => {
    const named = async (name: string, text: string) => {
      const { scenario } = await readScenario(write(name, text))
      return typeof scenario === 'string' ? scenario : scenario.name
    }
    expect(await named('mine.yaml', '')).toBe('mine')
    expect(await named('mine.json', '{"name": "other"}')).toBe('other')
    expect(await named('demo.yaml', '{}')).toBe('demo.yaml')
  })
})

/** A small file that unfolds to billions of entries. */
function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let depth = 1; depth < 10; depth++) {
    lines.push(`a${depth}: &a${depth} [${Array.from({ length: 10 }, () => `*a${depth - 1}`).join(', ')}]`)
  }
  return lines.join('\n')
}
