// `scenario` makes a file of a recording that `serve --scenario` reads, in which the same pages are as they were.
import { readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { CommanderError } from 'commander'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readScenario } from '../../src/cli/files/serve-files.js'
import { recordTraffic } from '../../src/cli/files/recording-file.js'
import { addScenarioCommand } from '../../src/cli/run-scenario.js'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { callerOf } from '../mocks/harness.js'
import { temporaryFolder } from '../temporary-folder.js'
import { runCommand } from './refusal.js'

const folder = temporaryFolder()

/** What the command prints. */
const make = async (...args: string[]): Promise<string> =>
  (await runCommand(addScenarioCommand, 'scenario', ...args)).stdout

/** Runs the command as users do. */
function run(...args: string[]) {
  return spawnSync(process.execPath, ['dist/cli/main.js', 'scenario', ...args], { encoding: 'utf8' })
}

const API = '/local-runners'

/** The demo at work, in a recording with its keys; and where its pages are. */
async function recordDemo(): Promise<{ file: string; mock: RunnerMock; pages: string[]; key: string }> {
  const file = folder.at('demo.ndjson.gz')
  const recorder = recordTraffic(file, true, () => undefined)
  const mock = createRunnerMock({ scenario: 'demo', frozen: true, conduct: recorder.watching() })
  await mock.ready
  const ask = callerOf(mock)
  recorder.start()
  const { content } = (await ask('GET', '/projects')).body as { content: { id: string }[] }
  const project_id = content[0]?.id ?? ''
  const list = `${API}?project_id=${project_id}`
  const runners = (await ask('GET', list)).body as { content: { id: string }[] }
  const runner = runners.content[0]?.id ?? ''
  const create = (agent_name: string, inputs: object) => ask('POST', `${API}/jobs`, { agent_name, project_id, inputs })
  const done = await create('echo', { message: 'a secret message' })
  const failed = await create('always-fails', {})
  await mock.clock.advance({ seconds: 30 })
  const running = await create('slow-report', { steps: 500 })
  await mock.clock.advance({ seconds: 7 })
  const key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
  await ask('POST', '/pairing/sessions', { project_id, activation_key: key, type: 'connect' })
  const jobs = [done, failed, running].map(({ id }) => `${API}/jobs/${id}`)
  const pages = [list, `${API}/${runner}/jobs`, ...jobs, ...jobs.map((job) => `${job}/logs`)]
  // Whatever nobody has asked for is in no recording.
  for (const page of pages) await ask('GET', page)
  await recorder.close()
  return { file, mock, pages, key }
}

async function pagesOf(mock: RunnerMock, pages: readonly string[]): Promise<unknown[]> {
  const bodies: unknown[] = []
  for (const page of pages) bodies.push((await callerOf(mock)('GET', page)).body)
  return bodies
}

let demo: Awaited<ReturnType<typeof recordDemo>>
beforeAll(async () => void (demo = await recordDemo()))
afterAll(() => demo.mock.close())

it('the recording of a demo has nothing wrong in it, its own agents and skipped time included', async () => {
  const recording = await readRecording(readFileSync(demo.file))
  const { verdicts, counts } = judge(recording)
  expect(verdicts).toEqual([])
  expect(counts.judged).toBeGreaterThan(3)
  expect(recording.exchanges.some(({ path }) => path.endsWith('/results'))).toBe(true)
})

describe('scenario', () => {
  it('makes a world whose pages are as they were, and which can be recorded again', async () => {
    const { file, mock, pages, key } = demo
    const before = await pagesOf(mock, pages)
    const out = folder.at('verbatim.yaml')
    await make(file, '--out', out, '--verbatim')
    const text = readFileSync(out, 'utf8')
    expect(text).toContain('a secret message')
    expect(text).not.toContain(key)
    const { scenario } = await readScenario(out)
    const again = createRunnerMock({ scenario, frozen: true, now: mock.clock.now() })
    onTestFinished(() => again.close())
    await again.ready
    expect(await pagesOf(again, pages)).toEqual(before)
  })

  it('says nothing that was not its to say', async () => {
    const out = folder.at('plain.yaml')
    writeFileSync(out, 'what was there')
    const printed = await make(demo.file, '--out', out)
    const text = readFileSync(out, 'utf8')
    expect(text).not.toMatch(/secret|laptop|slow-report|what was there/)
    expect(printed).toContain('jobs 3')
    const { scenario } = await readScenario(out)
    expect(scenario).toMatchObject({ name: 'plain', runners: [{ simulate: 'heartbeat', jobs: [{}, {}, {}] }] })
  })

  it('goes as far into a recording as it is told', async () => {
    const out = folder.at('early.yaml')
    const { status, stderr } = run(demo.file, '--out', out, '--at', '31')
    expect([status, stderr]).toEqual([0, ''])
    const { scenario } = await readScenario(out)
    expect(scenario).toMatchObject({ runners: [{ jobs: [{ status: 'completed' }, { status: 'failed' }, {}] }] })
    expect(scenario).not.toHaveProperty('sessions')
  })

  it.each([
    ['no file to write', ['test/recorded/jobs.ndjson.gz']],
    ['no recording', ['--out', 'world.yaml']],
    ['a moment that is none', ['test/recorded/jobs.ndjson.gz', '--out', 'world.yaml', '--at', 'noon']],
  ])('asks for %s', async (_, args) => {
    await expect(make(...args)).rejects.toBeInstanceOf(CommanderError)
  })

  it('refuses what it cannot read or write', async () => {
    const broken = folder.at('broken.ndjson')
    writeFileSync(broken, '{"format":"opik-runner-recording/1","settings":{},"base_path":""}\n{"id":1}\n')
    const nowhere = folder.at('none', 'world.yaml')
    const refused = [
      ['none.ndjson', folder.at('a.yaml'), 'file/unreadable'],
      [broken, folder.at('a.yaml'), 'recording/exchange'],
      ['test/recorded/jobs.ndjson.gz', nowhere, 'scenario/out'],
      ['test/recorded/jobs.ndjson.gz', './test/../test/recorded/jobs.ndjson.gz', 'scenario/out'],
    ]
    for (const [recording = '', out = '', code] of refused)
      await expect(make(recording, '--out', out)).rejects.toMatchObject({ code })
    const { status, stdout, stderr } = run(broken, '--out', nowhere)
    expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
  })
})
