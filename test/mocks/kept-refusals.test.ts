// What operations refuse outside of lifecycles: for each reason that the tables declare there is a request that meets it, and
// its answer has the status, the shape and the words of the table. Requests whose ids nothing has meet most reasons; the others
// are here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_PROJECT } from '../../src/mocks/base/settings.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { refusals } from '../../src/generated/refusals.js'
import { operations } from '../../src/kernel/all-operations.js'
import { fillPath, type DeclaredRefusal, type OperationId } from '../../src/kernel/operation.js'
import { textAt } from '../../src/kernel/json-value.js'
import { beforeRefusals, neighbourProvocations, type Given } from './neighbour-refusals.js'
import { goodInput } from './requests.js'
import { beforeTraceRefusals, tagThread, traceProvocations } from './trace-refusals.js'

const [start_time, far] = ['2026-07-01T12:00:00Z', '2999-07-01T12:00:00Z']
const NEW = '01900000-0000-7000-8000-000000000001'
const KNOWN = '01900000-0000-7000-8000-000000000002'
const RANDOM = '3f0c9a52-7a44-4d0e-9a39-0f8f5d6b1c11'

const named = { name: 'Taken' }
const list = { project_name: 'Taken' }
const badLists: Record<string, Given> = {
  filters: { query: { ...list, filters: '[{"field":"colour","operator":"=","value":"red"}]' } },
  sorting: { query: { ...list, sorting: '{}' } },
  exclude: { query: { ...list, exclude: '["colour"]' } },
  times: { query: { ...list, from_time: 'yesterday' } },
  backwards: { query: { ...list, from_time: '2', to_time: '1' } },
  unnamedProject: {},
  noProject: { query: { project_name: 'Nowhere' } },
}
const badWrites = (change: object): Record<string, Given> => ({
  wrongVersion: { body: { start_time, ...change, id: RANDOM } },
  farTime: { body: { start_time: far, ...change } },
  elsewhere: { body: { start_time, ...change, id: KNOWN, project_name: 'Elsewhere' } },
})
const badUpdates: Record<string, Given> = {
  wrongVersion: { path: { id: RANDOM }, body: { trace_id: KNOWN } },
  farTime: { path: { id: NEW }, body: { trace_id: KNOWN, end_time: far } },
  noProject: { path: { id: NEW }, body: { trace_id: KNOWN, project_id: RANDOM } },
  elsewhere: { path: { id: KNOWN }, body: { trace_id: KNOWN, project_name: 'Elsewhere' } },
}
const batch = (of: string): Record<string, Given> =>
  Object.fromEntries(
    Object.entries(badWrites({ trace_id: KNOWN })).map(([reason, { body }]) => [reason, { body: { [of]: [body] } }]),
  )

/** The same in a body, where lists are lists. */
const badSearches: Record<string, Given> = Object.fromEntries(
  Object.entries(badLists).map(([reason, { query = {} }]) => {
    const lists = Object.entries(query).flatMap(([name, text]) =>
      name === 'filters' || name === 'exclude' ? [[name, JSON.parse(text)] as const] : [],
    )
    return [reason, { body: { ...query, ...Object.fromEntries<unknown>(lists) } }]
  }),
)
const badCards = (id: string): Record<string, Given> => {
  const asked = { entity_type: 'traces', metric_type: 'TRACE_COUNT', interval: 'DAILY', interval_start: start_time }
  const filters = [{ field: 'colour', operator: '=', value: 'red' }]
  return {
    noProject: { path: { id: NEW }, body: asked },
    filters: { path: { id }, body: { ...asked, filters: JSON.stringify(filters), trace_filters: filters } },
    emptyInterval: { path: { id }, body: { ...asked, interval_end: start_time } },
  }
}

let first: string
let configured: string
let thread: string
/** Requests by operation and reason. */
const provocations = (): Partial<Record<OperationId, Record<string, Given>>> => ({
  listRunners: { farPage: { query: { project_id: NEW, page: '2147483647', size: '2' } } },
  createProject: { taken: { body: named } },
  updateProject: { taken: { path: { id: first }, body: named } },
  deleteProjectById: { permanent: { path: { id: first } } },
  createTrace: { ...badWrites({}), complete: { body: { start_time, id: KNOWN, project_name: 'Taken' } } },
  createTraces: batch('traces'),
  updateTrace: badUpdates,
  createSpans: batch('spans'),
  updateSpan: badUpdates,
  getProjectKpiCards: badCards(first),
  ...traceProvocations(first, thread),
  ...neighbourProvocations(first, configured),
})

const reasons = Object.entries(refusals as Readonly<Record<string, Readonly<Record<string, DeclaredRefusal>>>>).flatMap(
  ([id, declared]) => Object.entries(declared).map(([reason, refusal]) => ({ id: id as OperationId, reason, refusal })),
)

describe('a refusal', () => {
  const mock = createRunnerMock({ seed: 11 })
  const send = async (id: OperationId, { path = {}, query = {}, body }: Given) => {
    const operation = operations[id]
    const search = new URLSearchParams(query).toString()
    const url = fillPath(operation, path) + (search === '' ? '' : `?${search}`)
    const headers = { 'content-type': 'application/json' }
    const sent = body === undefined ? {} : { headers, body: new TextEncoder().encode(JSON.stringify(body)) }
    return mock.handle({ method: operation.method, url, ...sent })
  }

  beforeAll(async () => {
    await send('createProject', { body: named })
    const entry = { id: KNOWN, trace_id: KNOWN, start_time, project_name: 'Taken' }
    await send('createTrace', { body: entry })
    await send('createSpan', { body: entry })
    const found = await send('retrieveProject', { body: { name: DEFAULT_PROJECT } })
    first = (JSON.parse(found.body) as { id: string }).id
    for (const [id, given] of [...beforeRefusals, ...beforeTraceRefusals]) await send(id, given)
    const lost = JSON.parse((await send('retrieveProject', { body: { name: 'Lost' } })).body) as { id: string }
    await send('deleteProjectById', { path: lost })
    const chat = await send('getTraceThread', { body: { project_name: 'Taken', thread_id: 'full' } })
    thread = (JSON.parse(chat.body) as { thread_model_id: string }).thread_model_id
    await send(...tagThread(thread))
    const other = await send('retrieveProject', { body: { name: 'Configured' } })
    configured = (JSON.parse(other.body) as { id: string }).id
    await send('createAgentInsightsJob', { path: { projectId: configured } })
  })
  afterAll(() => mock.close())

  it.each(reasons)('of $id for the reason $reason has its status and shape', async ({ id, reason, refusal }) => {
    const badList = operations[id].method === 'GET' ? badLists[reason] : badSearches[reason]
    const { path, query, json } = goodInput(id)
    // Without a request of its own, one for what nothing has.
    const usual = { path, query: { ...query, ...badList?.query }, body: badList?.body ?? (json as object | undefined) }
    const { status, body } = await send(id, provocations()[id]?.[reason] ?? usual)
    expect(status).toBe(refusal.answer)
    const keys = Object.keys(JSON.parse(body) as object)
    const coded = refusal.isDetailed === true ? ['code', 'message', 'details'] : ['code', 'message']
    expect(keys).toEqual(refusal.isList === true ? ['errors'] : coded)
    // It is refused for this reason, and every placeholder is filled.
    const words = refusal.say.replaceAll(/[$()*+.?[\\\]^|]/g, String.raw`\$&`).replaceAll(/\{[^}]*\}/g, '(.+)')
    const [message] =
      refusal.isList === true
        ? (JSON.parse(body) as { errors: string[] }).errors
        : [textAt(JSON.parse(body), 'message')]
    expect(message).toMatch(new RegExp(`^${words}$`, 's'))
    expect(body).not.toMatch(/\{\w+\}|undefined/)
  })
})
