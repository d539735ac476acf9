// Prompts and environments of scenarios, written by hand or made of a recording, as clients of the mock read them.
import { describe, expect, it } from 'vitest'
import type { RunnerMock, RunnerMockOptions } from '../../src/index.js'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'
import { scenarioFrom } from '../../src/mocks/adapters/node.js'

const MASK = '019ca8d7-2d15-7000-8000-000000000015'

async function open(options: RunnerMockOptions): Promise<RunnerMock> {
  const mock = openMock({ seed: 3, ...options })
  await mock.ready
  return mock
}

async function ask(mock: RunnerMock, ...call: Parameters<ReturnType<typeof callerOf>>): Promise<unknown> {
  const { status, body, id } = await callerOf(mock)(...call)
  expect(status, `${call[1]} ${JSON.stringify(body)}`).toBeLessThan(300)
  return body ?? id
}

/** What clients read of all prompts, without times and ids of the server's own. */
async function readPrompts(mock: RunnerMock): Promise<unknown[]> {
  const { content } = (await ask(mock, 'GET', '/prompts?size=50')) as { content: { id: string }[] }
  return Promise.all(
    content.map(async ({ id }) => {
      const prompt = (await ask(mock, 'GET', `/prompts/${id}`)) as Record<string, unknown>
      const versions = (await ask(mock, 'GET', `/prompts/${id}/versions?size=50`)) as { content: object[] }
      const { name, description, tags, template_structure, version_count } = prompt
      const shown = versions.content.map((version) => {
        const { template, type, metadata, version_number, environments } = version as Record<string, unknown>
        return { template, type, metadata, version_number, environments }
      })
      return { name, description, tags, template_structure, version_count, shown }
    }),
  )
}

const namesOf = async (mock: RunnerMock): Promise<string[]> =>
  ((await ask(mock, 'GET', '/environments')) as { content: { name: string }[] }).content.map(({ name }) => name)

describe('prompts of a scenario', () => {
  const scenario = {
    projects: ['Lab'],
    prompts: [
      {
        ...{ name: 'greeting', project: 'Lab', description: 'Greets.', tags: ['warm'] },
        versions: [
          { template: 'Hi {{name}}', environments: ['production', 'qa'] },
          { template: 'Hello {{name}}', metadata: { tone: 1 }, environments: ['production'] },
          { template: 'Draft', id: MASK, version_type: 'mask' as const },
        ],
      },
      { name: 'bare' },
    ],
  }

  it('have their versions, masks and environments', async () => {
    const mock = await open({ scenario })
    const [bare, greeting] = (await readPrompts(mock)) as Record<string, unknown>[]
    expect(bare).toMatchObject({ name: 'bare', version_count: 0 })
    expect(greeting).toMatchObject({
      ...{ name: 'greeting', description: 'Greets.', tags: ['warm'], version_count: 2 },
      shown: [
        { template: 'Hello {{name}}', version_number: 'v2', environments: ['production'], metadata: { tone: 1 } },
        { template: 'Hi {{name}}', version_number: 'v1', environments: ['qa'] },
      ],
    })
    expect(await ask(mock, 'GET', `/prompts/versions/${MASK}`)).toMatchObject({ template: 'Draft' })
    expect(await namesOf(mock)).toEqual(['development', 'staging', 'production', 'qa'])
    const restored = await open({ snapshot: mock.snapshot() })
    expect(await readPrompts(restored)).toEqual(await readPrompts(mock))
  })

  it('are found in a scenario that is made of a recording', async () => {
    const mock = await open({})
    await ask(mock, 'POST', '/prompts', { name: 'greeting', template: 'Hi {{name}}', tags: ['warm'] })
    const next = { name: 'greeting', version: { template: 'Hello {{name}}', metadata: { tone: 1 }, type: 'jinja2' } }
    const { id, prompt_id } = (await ask(mock, 'POST', '/prompts/versions', next)) as Record<string, string>
    await ask(mock, 'POST', '/prompts/versions', {
      name: 'greeting',
      version: { id: MASK, template: 'Draft', version_type: 'mask' },
    })
    await ask(mock, 'POST', '/environments', { name: 'production' })
    await ask(mock, 'PATCH', `/prompts/versions/${id}/environments`, { environments: ['production'] })
    await ask(mock, 'PUT', `/prompts/${prompt_id}`, { name: 'welcome', description: 'Greets.' })
    const gone = await ask(mock, 'POST', '/prompts', { name: 'gone', template: 'Bye' })
    await ask(mock, 'DELETE', `/prompts/${String(gone)}`)
    const { scenario: made } = await scenarioFrom(await mock.journal.recording(), { verbatim: true })
    const again = await open({ scenario: made })
    expect(await readPrompts(again)).toEqual(await readPrompts(mock))
    expect(await ask(again, 'GET', `/prompts/versions/${MASK}`)).toMatchObject({ template: 'Draft' })
  })

  it.each([
    ['in a project that is not there', { prompts: [{ name: 'a', project: 'Nowhere' }] }],
    ['without a name', { prompts: [{}] }],
    ['with a version without a template', { prompts: [{ name: 'a', versions: [{}] }] }],
    [
      'in an environment that has no such name',
      { prompts: [{ name: 'a', versions: [{ template: 'a', environments: ['a b'] }] }] },
    ],
  ])('are refused %s', async (_what, wrong) => {
    await expect(openMock({ scenario: wrong as never }).ready).rejects.toThrow()
  })
})

it('environments of a scenario are the usual three where it has anything, those that it names, or none', async () => {
  expect(await namesOf(await open({ scenario: { projects: ['Lab'] } }))).toEqual([
    'development',
    'staging',
    'production',
  ])
  const named = { projects: ['Lab'], environments: ['canary', { name: 'edge', color: '#000000', position: 4 }] }
  const mock = await open({ scenario: named })
  expect(await ask(mock, 'GET', '/environments')).toMatchObject({
    total: 2,
    content: [{ name: 'canary' }, { name: 'edge', color: '#000000', position: 4 }],
  })
  expect(await namesOf(await open({ scenario: { projects: ['Lab'], environments: [] } }))).toEqual([])
  expect(await namesOf(await open({}))).toEqual([])
})
