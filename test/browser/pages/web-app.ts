// A page as Opik's web app has them: axios and TanStack Query, the paths, parameters and polls of its agent pages. It knows
// of no mock, but for its first lines: with `?api=URL` it asks a server, else MSW's worker answers.
import { MutationObserver, QueryClient, QueryObserver, type QueryKey } from '@tanstack/query-core'
import axios from 'axios'
import type {
  BlueprintPage,
  LocalRunnerJob,
  LocalRunnerPage,
  ProjectPage,
  SpanPage,
  Trace,
  TracePage,
} from '../../../src/index.js'
import { startRunnerMock } from '../../../src/mocks/adapters/browser.js'
import { proof, readLink, toUuid } from './link-crypto.js'

const server = new URLSearchParams(location.search).get('api')
if (server === null) {
  globalThis.started = startRunnerMock({ scenario: 'demo', frozen: true, quiet: true })
  await globalThis.started
}

const api = axios.create({ baseURL: server ?? '/api', withCredentials: true })
api.defaults.headers.common['Comet-Workspace'] = 'default'
const client = new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } })

const get = async <Body>(path: string, params: object, signal: AbortSignal): Promise<Body> =>
  (await api.get<Body>(`/v1/private${path}`, { params, signal })).data
const post = (path: string, body: object) => api.post<unknown>(`/v1/private${path}`, body)
/** The id at the end of `Location`. */
const idIn = (headers: object): string => String(Reflect.get(headers, 'location')).split('/').at(-1) ?? ''

const shown = new Map<string, { destroy(): void }>()

/** Keeps a list on the page in step with a query, until another query takes its place. */
function show<Body>(
  name: string,
  key: QueryKey,
  read: (signal: AbortSignal) => Promise<Body>,
  lines: (body: Body) => (string | undefined)[],
  interval?: (body: Body | undefined) => number | false,
) {
  const list = document.getElementById(name) ?? document.body.appendChild(document.createElement('ul'))
  list.id = name
  const observer = new QueryObserver<Body>(client, {
    queryKey: key,
    queryFn: ({ signal }) => read(signal),
    refetchInterval: ({ state }) => interval?.(state.data) ?? false,
  })
  shown.get(name)?.destroy()
  shown.set(name, observer)
  observer.subscribe(({ data }) => {
    if (data === undefined) return
    list.replaceChildren(
      ...lines(data).map((text) => Object.assign(document.createElement('li'), { textContent: text ?? '' })),
    )
  })
  return observer
}

/** A button that changes something, and has what it changes read again. */
function button(name: string, change: () => Promise<unknown>, ...changed: QueryKey[]): void {
  const mutation = new MutationObserver(client, {
    mutationFn: change,
    onSuccess: () => Promise.all(changed.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
  mutation.subscribe(() => undefined)
  const made = document.body.appendChild(Object.assign(document.createElement('button'), { textContent: name }))
  made.addEventListener('click', () => void mutation.mutate())
}

const sorting = JSON.stringify([{ field: 'created_at', direction: 'ASC' }])
const projects = await client.fetchQuery({
  queryKey: ['projects'],
  queryFn: ({ signal }) => {
    const params = { workspace_name: 'default', sorting, size: 1000, page: 1 }
    return get<ProjectPage>('/projects/', params, signal)
  },
})
const project_id = projects.content[0]?.id ?? ''

const RUNNERS = ['runners', project_id]
const runners = show(
  'runners',
  RUNNERS,
  (signal) => get<LocalRunnerPage>('/local-runners/', { project_id, size: 50 }, signal),
  ({ content }) => content.map(({ name, type, status, agents }) => `${name}: ${type}, ${status}, ${agents.length}`),
  (page) => (page?.content.some(({ status }) => status === 'connected') === true ? 10_000 : 3000),
)
/** The one that it uses: the first that is connected. */
const runnerOf = (type: string) =>
  runners.getCurrentResult().data?.content.find((each) => each.type === type && each.status === 'connected')

button(
  'pair',
  async () => {
    const link = readLink(new URL(location.hash.slice(1)).hash)
    const hmac = await proof(link, link.name)
    await post(`/pairing/sessions/${toUuid(link.session)}/activate`, { runner_name: link.name, hmac })
  },
  RUNNERS,
)
button('disconnect', () => api.delete(`/v1/private/local-runners/${runnerOf('connect')?.id}`), RUNNERS)

let jobId = ''
const isOver = ({ status }: LocalRunnerJob): boolean => ['completed', 'failed', 'cancelled'].includes(status)

/** The trace of a job and its spans, while the job runs and once more. */
function follow(trace_id: string, isLive: () => boolean): void {
  const interval = () => (isLive() ? 200 : false)
  const spans = { project_id, trace_id, strip_attachments: true, size: 15_000, page: 1 }
  const exclude = JSON.stringify(['input', 'output'])
  show(
    'trace',
    ['trace', trace_id],
    (signal) => get<Trace>(`/traces/${trace_id}`, { strip_attachments: true }, signal),
    ({ name, end_time: end, duration }) => [`${name}: ${end === undefined ? 'runs' : `took ${duration} ms`}`],
    interval,
  )
  show(
    'spans',
    ['spans', trace_id],
    (signal) => get<SpanPage>('/spans/', { ...spans, exclude }, signal),
    ({ content }) => content.map(({ name, end_time: end }) => (end === undefined ? `${name}…` : name)).reverse(),
    interval,
  )
}

/** Runs an agent as its page does: creates a job, reads it where `Location` says, and follows it until it ends. */
async function run(agent_name: string, inputs: object): Promise<void> {
  const blueprint_name = history.getCurrentResult().data?.content[0]?.name
  const { headers } = await post('/local-runners/jobs', { agent_name, project_id, inputs, blueprint_name })
  jobId = idIn(headers)
  const id = jobId
  let trace = ''
  let isRunning = true
  const job = show(
    'job',
    ['job', id],
    (signal) => get<LocalRunnerJob>(`/local-runners/jobs/${id}`, {}, signal),
    (read) => [`${read.agent_name}: ${read.status}`, JSON.stringify(read.result ?? read.error ?? null)],
    (read) => (read !== undefined && isOver(read) ? false : 200),
  )
  job.subscribe(({ data }) => {
    if (data?.trace_id !== undefined && trace === '') follow((trace = data.trace_id), () => isRunning)
    if (data === undefined || !isOver(data) || !isRunning) return
    isRunning = false
    for (const queryKey of [['trace'], ['spans'], ['traces']]) void client.invalidateQueries({ queryKey })
  })
}
button('run research', () => run('research', { question: 'Why?' }))
button('run summarize', () => run('summarize', { text: 'one two three', max_words: 2 }))
button('run always-fails', () => run('always-fails', {}))
button('cancel', () => api.post(`/v1/private/local-runners/jobs/${jobId}/cancel`), ['job'])

/** The logs page: its filters and its order are choices of the user. */
function showTraces(own: object[], order: object[]): void {
  const visible = { field: 'visibility_mode', type: 'string', operator: '=', value: 'default' }
  const source = { field: 'source', type: 'string', operator: '=', value: 'sdk' }
  const params = {
    ...{ project_id, size: 100, page: 1, truncate: true, filters: JSON.stringify([...own, visible, source]) },
    ...(order.length > 0 ? { sorting: JSON.stringify(order) } : {}),
    exclude: JSON.stringify(['experiment', 'feedback_scores']),
  }
  show(
    'traces',
    ['traces', params],
    (signal) => get<TracePage>('/traces/', params, signal),
    ({ content, total }) => [...content.map(({ name }) => name), `${total} in all`],
  )
}
const by = (field: string, direction: string) => [{ field, direction }]
button('list traces', async () => showTraces([], []))
button('sort by duration', async () => showTraces([], by('duration', 'DESC')))
button('sort by name', async () => showTraces([], by('name', 'ASC')))
button('filter by duration', async () =>
  showTraces([{ field: 'duration', type: 'duration', operator: '>=', value: '1000' }], []),
)
button('filter by name', async () =>
  showTraces([{ field: 'name', type: 'string', operator: 'contains', value: 'SUMM' }], []),
)
button('filter by errors', async () =>
  showTraces([{ field: 'error_info', type: 'error_info', operator: 'is_not_empty', value: '' }], []),
)

const HISTORY = ['history', project_id]
const history = show(
  'history',
  HISTORY,
  (signal) =>
    get<BlueprintPage>(`/agent-configs/blueprints/history/projects/${project_id}`, { page: 1, size: 50 }, signal),
  ({ content }) =>
    content.map(
      ({ name, envs = [], values }) =>
        `${name} [${envs.join()}] ${values.map(({ key, value }) => `${key}=${value}`).join()}`,
    ),
)
const versionOf = (temperature: string) => ({
  project_id,
  blueprint: {
    type: 'blueprint',
    values: [
      { key: 'model', type: 'string', value: 'small' },
      { key: 'temperature', type: 'float', value: temperature },
    ],
  },
})
button('create configuration', () => post('/agent-configs/blueprints/', versionOf('0.1')), HISTORY)
button('save configuration', () => api.patch('/v1/private/agent-configs/blueprints/', versionOf('0.2')), HISTORY)
button(
  'deploy',
  () => {
    const blueprint_id = history.getCurrentResult().data?.content[0]?.id
    return post('/agent-configs/blueprints/environments', { project_id, envs: [{ env_name: 'staging', blueprint_id }] })
  },
  HISTORY,
)
