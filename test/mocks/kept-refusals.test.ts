// What operations refuse outside of lifecycles: of the requests that words with a meaning make up, one meets each reason
// that the tables declare, and its answer has the status, the shape and the words of the table.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, queryOf, type Words } from '../../src/lifecycle/steps/valid-bodies.js'
import { refusals } from '../../src/generated/refusals.js'
import { operations } from '../../src/kernel/all-operations.js'
import { textAt, textsOf, memberOf } from '../../src/kernel/json-value.js'
import {
  fillPath,
  pathParametersOf,
  toSearch,
  type DeclaredRefusal,
  type OperationId,
} from '../../src/kernel/operation.js'
import { DEFAULT_PROJECT } from '../../src/mocks/base/settings.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import type { Snapshot } from '../../src/mocks/mock/mock-types.js'

interface Given {
  readonly path?: Record<string, string>
  readonly query?: ReturnType<typeof queryOf>
  readonly body?: unknown
}

const UNKNOWN = '01900000-0000-7000-8000-0000000000ff'
const RANDOM = '3f0c9a52-7a44-4d0e-9a39-0f8f5d6b1c11'
const KNOWN = '01900000-0000-7000-8000-000000000001'
const VERSION = '01900000-0000-7000-8000-000000000002'
const MASK = '01900000-0000-7000-8000-000000000003'
const PROMPT = '01900000-0000-7000-8000-000000000004'
const PROMPT_VERSION = '01900000-0000-7000-8000-000000000005'
const PROMPT_MASK = '01900000-0000-7000-8000-000000000006'
const ENVIRONMENT = '01900000-0000-7000-8000-000000000007'
const LOST = '01900000-0000-7000-8000-000000000008'
const FULL = '01900000-0000-7000-8000-000000000009'
const PARTIAL = '01900000-0000-7000-8000-00000000000a'

const [start_time, far] = ['2026-07-01T12:00:00Z', '2999-07-01T12:00:00Z']
const tags = Array.from({ length: 50 }, (_, at) => `t${at}`)
const blueprint = { values: [{ key: 'temperature', value: '0.7', type: 'float' }] }
const entry = (id: string, project_name: string, more: object = {}): Given => ({
  body: { id, trace_id: id, start_time, project_name, ...more },
})
const config = (id: string, type: string): Given => ({
  body: { project_name: 'Configured', blueprint: { ...blueprint, type, id } },
})
const version = (name: string, more: object): Given => ({ body: { name, version: { template: 'Hi', ...more } } })

/** Sent in this order, before anything is refused. */
const before: readonly [OperationId, Given][] = [
  ['createProject', { body: { name: 'Taken' } }],
  ['createTrace', entry(KNOWN, 'Taken')],
  ['createSpan', entry(KNOWN, 'Taken')],
  ['createTrace', entry(LOST, 'Lost')],
  ['createSpan', entry(LOST, 'Lost')],
  ['createTrace', entry(FULL, 'Taken', { thread_id: 'full', tags })],
  ['createSpan', entry(FULL, 'Taken', { tags })],
  ['updateSpan', { path: { id: PARTIAL }, body: { trace_id: FULL, project_name: 'Taken' } }],
  ['createAgentConfig', config(VERSION, 'blueprint')],
  ['updateAgentConfig', config(MASK, 'mask')],
  ['createPrompt', { body: { name: 'Taken', id: PROMPT } }],
  ['createPromptVersion', version('Taken', { id: PROMPT_VERSION, commit: 'Abcd1234' })],
  ['createPromptVersion', version('Other', { commit: 'Abcd1234' })],
  ['createPromptVersion', version('Taken', { id: PROMPT_MASK, version_type: 'mask' })],
  ['createEnvironment', { body: { name: 'qa', id: ENVIRONMENT } }],
  ['createPromptVersion', version('Taken', { environments: ['qa'] })],
  // As many as a workspace has at most.
  ...Array.from({ length: 99 }, (_, at): [OperationId, Given] => ['createEnvironment', { body: { name: `qa-${at}` } }]),
]

/** What parameters and fields are filled with, by their names; undefined leaves one out. */
function wordsOf(first: string, configured: string, thread: string): (id: OperationId) => Words {
  const [projects, blueprints] = [
    [first, configured, UNKNOWN, undefined],
    [VERSION, MASK, UNKNOWN],
  ]
  const versions = [PROMPT_VERSION, PROMPT_MASK, UNKNOWN]
  const words: Words = {
    ...{
      id: [KNOWN, UNKNOWN, RANDOM, first, FULL, LOST, PARTIAL, PROMPT, ENVIRONMENT, thread, VERSION, PROMPT_VERSION],
    },
    ...{ 'ids/item': [FULL, thread], project_ids: ['these'], comment_id: [UNKNOWN], issueId: [UNKNOWN] },
    ...{ project_id: projects, projectId: projects, trace_id: [KNOWN, FULL, UNKNOWN], entity_id: [UNKNOWN] },
    ...{ mask_id: [undefined, ...blueprints, PROMPT_MASK], blueprint_id: blueprints },
    ...{ promptId: [PROMPT, UNKNOWN], versionId: versions, versionNumber: ['1', 'v9'] },
    project_name: ['Taken', 'Nowhere', 'Configured', 'Elsewhere', undefined],
    name: ['Taken', 'Other', 'v1', 'QA', 'QA-1', 'new', 'Nowhere'],
    ...{ start_time: [start_time, far], end_time: [undefined, far], tags: [undefined], tags_to_add: [['one more']] },
    ...{ interval_start: [start_time], interval_end: [undefined, start_time], page: ['2147483647', '1'], size: ['2'] },
    ...{ from_time: [undefined, 'yesterday', '2'], to_time: [undefined, '1'], sorting: [undefined, '{}'] },
    filters: [undefined, '[{"field":"colour","operator":"=","value":"red"}]'],
    ...{ field: ['colour', 'model'], operator: ['='], exclude: [undefined, '["colour"]'], 'exclude/item': ['colour'] },
    ...{ thread_id: ['full', 'none', undefined], thread_ids: [['full']], text: ['Good'], keys: [['a']] },
    ...{ key: ['temperature'], value: ['0.7'], type: ['float', 'mask', 'blueprint'], template: ['Hi'] },
    ...{ blueprint_name: ['v9', 'v1'], env_name: ['prod', 'none', 'e'.repeat(51)], version_type: [undefined, 'mask'] },
    ...{ commit: ['short', '00000000', 'Abcd1234'], environment: [undefined, 'qa', 'a b'] },
    environments: [[], ['qa'], ['QA'], ['one-more'], ['nowhere']],
    timeout_to_mark_thread_as_inactive: ['soon', 'P8D'],
    path: [' ', ...['http://localhost', 'http://localhost/api'].map((url) => btoa(url))],
  }
  const { filters: _filters, exclude: _exclude, ...inLists } = words
  return (id) => {
    if (/^score|Score$/.test(id)) return { ...words, value: [1] }
    if (/^getProject(Metrics|KpiCards)$/.test(id)) return { ...words, id: [first, UNKNOWN] }
    if (id.endsWith('AgentConfig')) return { ...words, id: [VERSION] }
    return id.startsWith('search') ? inLists : words
  }
}

/** Requests that are tried to meet the reasons of an operation. */
const MOST = 5000

describe('a refusal', () => {
  const mock = createRunnerMock({ seed: 11 })
  let wordsFor: (id: OperationId) => Words
  let snapshot: Snapshot | undefined

  const send = async (id: OperationId, { path = {}, query = {}, body }: Given) => {
    const { method } = operations[id]
    const url = fillPath(operations[id], path) + toSearch(query)
    const sent =
      body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const reply = await mock.handle({ method, url, ...sent })
    const isJson = reply.headers['content-type'] === 'application/json'
    const told: unknown = isJson ? JSON.parse(reply.body) : undefined
    if (reply.status < 300 && method !== 'GET' && snapshot !== undefined) mock.restore(snapshot)
    return { status: reply.status, told }
  }

  beforeAll(async () => {
    for (const [id, given] of before) await send(id, given)
    const idOf = async (name: string) => textAt((await send('retrieveProject', { body: { name } })).told, 'id')
    await send('deleteProjectById', { path: { id: await idOf('Lost') } })
    const chat = await send('getTraceThread', { body: { project_name: 'Taken', thread_id: 'full' } })
    const thread = textAt(chat.told, 'thread_model_id')
    await send('updateThread', { path: { id: thread }, body: { tags } })
    const configured = await idOf('Configured')
    await send('createAgentInsightsJob', { path: { projectId: configured } })
    wordsFor = wordsOf(await idOf(DEFAULT_PROJECT), configured, thread)
    snapshot = mock.snapshot()
  })
  afterAll(() => mock.close())

  function requestOf(id: OperationId, form: number): Given {
    const words = wordsFor(id)
    const names = pathParametersOf(operations[id])
    const pick = (name: string, at: number) => {
      const values = textsOf(words[name])
      return values[(form >> at) % values.length] ?? UNKNOWN
    }
    const path = Object.fromEntries(names.map((name, at) => [name, pick(name, at)]))
    return { path, query: queryOf(id, form, words), body: bodyOf(id, form, words) }
  }

  const declared = Object.entries(refusals as unknown as Readonly<Record<OperationId, Record<string, DeclaredRefusal>>>)

  it.each(declared as [OperationId, Record<string, DeclaredRefusal>][])(
    'of %s has its status, shape and words for each reason',
    async (id, reasons) => {
      const left = new Map(Object.entries(reasons))
      for (let form = 0; form < MOST && left.size > 0; form++) {
        const { status, told } = await send(id, requestOf(id, form))
        const said = textAt(told, 'message') || textsOf(memberOf(told, 'errors')).join('\n')
        for (const [reason, refusal] of left) if (meets(refusal, status, told, said)) left.delete(reason)
      }
      expect([...left.keys()], 'reasons that no request meets').toEqual([])
    },
  )
})

function meets(
  { answer, say, isList, isDetailed }: DeclaredRefusal,
  status: number,
  told: unknown,
  said: string,
): boolean {
  const keys = isList === true ? 'errors' : isDetailed === true ? 'code,message,details' : 'code,message'
  if (status !== answer || Object.keys(Object(told) as object).join() !== keys) return false
  const parts = say.split(/\{[\w.]+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  // Every placeholder is filled.
  return new RegExp(`^${parts.join('.*')}$`).test(said) && !/\{\w+\}|undefined/.test(said)
}
