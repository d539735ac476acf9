// Every file that a command reads, crafted from its own JSON Schema with something odd in it: it is taken, or refused in
// one clear sentence; never with a stack trace, and never without an end.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readAuth, readFaults, readScenario } from '../../src/cli/files/serve-files.js'
import { readSettings, readInputFile } from '../../src/cli/files/input-file.js'
import { readBaseline, readWaivers } from '../../src/cli/report-options.js'
import { readState } from '../../src/cli/state/state-file.js'
import { KitError } from '../../src/kernel/errors.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { toSpecDocument } from '../../src/spec/parse-spec.js'
import { oddYaml, textsWithOddities, valuesOf, type JsonSchema } from './from-schema.js'
import { temporaryFolder } from '../temporary-folder.js'

/** How many files of each kind. */
const RUNS = process.env['KIT_ALL_SEEDS'] === undefined ? 8 : 120

const folder = temporaryFolder()

/** Uses a mock as the first minutes of a server would. */
async function live(options: RunnerMockOptions, explain = (error: unknown) => error): Promise<void> {
  let mock: RunnerMock | undefined
  try {
    mock = createRunnerMock({ now: '2026-07-01T12:00:00Z', frozen: true, ...options })
    await mock.ready
    await mock.clock.advance({ seconds: 5 })
    const ask = async (path: string): Promise<unknown> => mock?.handle({ method: 'GET', url: `/v1/private/${path}` })
    // A fault may leave them without an answer until the mock is closed.
    const answers = Promise.all(['local-runners', 'projects', 'traces', 'spans'].map(ask))
    await Promise.race([answers, mock.clock.advance({ seconds: 5 })])
    await createRunnerMock({ snapshot: mock.snapshot() }).close()
    await mock.close()
    await answers
  } catch (error) {
    throw explain(error)
  } finally {
    await mock?.close()
  }
}

type Use = (file: string) => Promise<unknown>

const uses: Readonly<Record<string, Use>> = {
  settings: async (file) => live({ settings: await readSettings(file) }),
  auth: async (file) => live({ auth: await readAuth(file) }),
  faults: async (file) => live({ faults: await readFaults(file) }),
  async scenario(file) {
    const { scenario, explain } = await readScenario(file)
    await live({ scenario }, explain)
  },
  async snapshot(file) {
    const snapshot = await readState(file)
    if (snapshot !== undefined) await live({ snapshot })
  },
  waivers: readWaivers,
  baseline: readBaseline,
}

/** How a file was taken: undefined, or what is wrong with that. */
async function flawOf(use: Use, text: string): Promise<string | undefined> {
  const file = folder.at('file')
  writeFileSync(file, text)
  try {
    await use(file)
  } catch (error) {
    if (!(error instanceof KitError)) return error instanceof Error ? error.stack : String(error)
    if (/\n {4}at |RangeError|TypeError/.test(error.message)) return `not clear: ${error.message}`
    if (error.message.length > 2000) return `too long: ${error.message.length} characters`
  }
  return undefined
}

/** A file as somebody wrote one. */
function exampleOf(name: string): unknown {
  if (name === 'baseline') return ['a/b', 'a/c']
  return parse(readFileSync(join('test/kept-0.1', `${name}.yaml`), 'utf8'))
}

/** A state in which there is one of everything. */
async function wholeSnapshot(): Promise<unknown> {
  const mock = createRunnerMock({ scenario: 'demo', now: '2026-07-01T12:00:00Z', frozen: true })
  await mock.ready
  const runner = await mock.given.connectedRunner({ type: 'connect' })
  await mock.given.command({ runner, status: 'picked_up' })
  await mock.given.session({})
  for (const status of ['pending', 'running', 'failed'] as const) await mock.given.job({ status })
  mock.faults.inject({ operation: 'nextJob', status: 503 })
  const snapshot = mock.snapshot()
  await mock.close()
  return snapshot
}

describe.each(Object.entries(uses))('a hostile %s file', (name, use) => {
  const schema = JSON.parse(readFileSync(join('schemas', `${name}.json`), 'utf8')) as JsonSchema

  it('is taken, or refused in one clear sentence', async () => {
    const example = name === 'snapshot' ? await wholeSnapshot() : exampleOf(name)
    const values = fc.oneof(valuesOf(schema), fc.constant(example))
    await fc.assert(
      fc.asyncProperty(textsWithOddities(values, name !== 'snapshot'), async (text) => {
        expect(await flawOf(use, text)).toBeUndefined()
      }),
      { numRuns: RUNS },
    )
  })

  it('in YAML likewise', async () => {
    for (const text of oddYaml)
      expect([text.slice(0, 60), await flawOf(use, text)]).toEqual([text.slice(0, 60), undefined])
  })
})

it('a hostile OpenAPI document is refused in one clear sentence', async () => {
  const use = async (file: string) => toSpecDocument((await readInputFile(file, 'OpenAPI')).value, file)
  for (const text of oddYaml)
    expect([text.slice(0, 60), await flawOf(use, text)]).toEqual([text.slice(0, 60), undefined])
})
