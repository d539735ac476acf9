// Replays what the pages of the web app ask, story by story, to a world that was set up by requests: each answer has the
// status that satisfied the page, and what the pages read is there, as the spec says.
import { afterAll, describe, expect, it } from 'vitest'
import type { OperationId } from '../../../src/kernel/operation.js'
import { hasField, nameOf, operationOf, readPages, valuesAt, type PageRequest, type PageStory } from './page-stories.js'
import { bodyOf } from './page-bodies.js'
import { createPageWorld, idIn, type Lacks, type PageAnswer, type PageWorld } from './page-world.js'

/** What nobody can write here, so that it is never there; and what pages look for and the server does not send. */
const NEVER_THERE = /(feedback_scores|comments|value\.avg|deviation_percentage)$|^(message)$/
const NEVER_IN_THREADS = /\.?tags$/

const LACKS: Readonly<Record<string, Lacks>> = {
  a: { runner: true, configuration: true },
  c0: { configuration: true },
  h0: { configuration: true },
  run10: { room: true },
  'pair-expired': { session: true },
  'pair-tampered': { key: true },
}

/** What no recorded story asks although pages read the answer. */
const UNRECORDED: PageStory = {
  id: 'unrecorded',
  title: 'the panel of a thread, scores by hand, a new version of a prompt',
  requests: [
    { method: 'GET', path: '/v1/private/feedback-definitions', status: 200 },
    {
      method: 'POST',
      path: '/v1/private/prompts/versions',
      body: { name: 'greeting', version: { template: 'Hello {{name}}' } },
      status: 200,
    },
    {
      method: 'POST',
      path: '/v1/private/traces/threads/retrieve',
      body: { project_id: '{projectId}', thread_id: 'question 3' },
      status: 200,
    },
  ],
}

type Seen = Map<OperationId, PageAnswer[]>

/** Text with the world's names in place of those in braces. */
function fill(text: string, names: PageWorld['names']): string {
  return text.replaceAll(/\{([^{}"]+)\}/g, (whole, name: string) => names.get(name) ?? whole)
}

function urlOf({ path, query = {} }: PageRequest, names: PageWorld['names']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    search.set(name, fill(typeof value === 'string' ? value : JSON.stringify(value.json), names))
  }
  return fill(path, names) + (search.size === 0 ? '' : `?${search.toString()}`)
}

/** A job goes on between two looks at it, and ends before the last. */
async function moveJob(world: PageWorld, story: PageStory, look: number, looks: number): Promise<void> {
  const [runner, job] = [world.names.get('runnerId') ?? '', world.names.get('jobId') ?? '']
  if (look === 0) await world.send('POST', `/v1/private/local-runners/${runner}/jobs/next`)
  if (look < looks - 1) return
  const trace_id = world.names.get('traceId')
  const end = story.id === 'e' ? { status: 'failed', error: 'no' } : { status: 'completed', result: { answer: 42 } }
  await world.send('POST', `/v1/private/local-runners/jobs/${job}/results`, { ...end, trace_id })
}

/** Whether an answer is what the page wanted: where the recording has none to expect, a success, or that there is none yet. */
function isWanted({ path, status, also = [], kit }: PageRequest, answer: PageAnswer): boolean {
  if (kit === undefined) return [status, ...also].includes(answer.status)
  return answer.status < 300 || (path.includes('/agent-insights/jobs/') && answer.status === 404)
}

async function replay(world: PageWorld, story: PageStory, seen: Seen): Promise<string[]> {
  const wrong: string[] = []
  for (const request of story.requests) {
    const operation = operationOf(request.method, request.path)
    if (operation === undefined) continue
    const times = Math.min(Number(request.times ?? 1) || 1, 3)
    const looks: string[] = []
    for (let time = 0; time < times; time++) {
      if (request.job_status_seen !== undefined) await moveJob(world, story, time, times)
      const sent = request.body ?? bodyOf(request, operation)
      const body: unknown = sent && JSON.parse(fill(JSON.stringify(sent), world.names))
      const answer = await world.send(request.method, urlOf(request, world.names), body)
      if (!isWanted(request, answer)) {
        wrong.push(`${nameOf(request)}: ${answer.status} instead of ${request.status}: ${answer.text}`)
      }
      if (answer.status < 300) seen.set(operation, [...(seen.get(operation) ?? []), answer])
      if (operation === 'createJob') world.names.set('jobId', idIn(answer))
      if (operation === 'getJob') looks.push((JSON.parse(answer.text) as { status: string }).status)
    }
    if (request.job_status_seen !== undefined) expect([...new Set(looks)]).toEqual(request.job_status_seen)
  }
  return wrong
}

/** A list may be empty; what is read of one item is there in another. */
function isThere(body: unknown, field: string): boolean {
  return field === '[]' ? Array.isArray(body) : valuesAt(body, field).length > 0
}

describe.each([
  { file: 'web-app-requests.json', profile: 'opik@2.0', others: [UNRECORDED], areAllShown: true },
  { file: 'web-app-requests-2.1.json', profile: 'opik@2.1', others: [], areAllShown: false },
] as const)('the pages of the web app, $file', ({ file, profile, others, areAllShown }) => {
  const { stories, reads } = readPages(file)
  const seen: Seen = new Map()
  const worlds: PageWorld[] = []
  afterAll(() => Promise.all(worlds.map(({ mock }) => mock.close())))

  it.each([...stories, ...others])('$id: $title', async (story) => {
    const world = await createPageWorld(profile, LACKS[story.id] ?? {})
    worlds.push(world)
    expect(await replay(world, story, seen)).toEqual([])
  })

  it('ask for nothing that is missing', () => {
    const asked = new Set(stories.flatMap(({ requests }) => requests))
    const missing = [...asked].filter(({ method, path }) => operationOf(method, path) === undefined).map(nameOf)
    expect(missing).toEqual([])
  })

  it.each(reads.filter(({ name }) => !name.includes('delete')))(
    'find what they read in $name',
    ({ operation, isLocation, fields }) => {
      const answers = seen.get(operation) ?? []
      if (isLocation) {
        expect(answers.filter((answer) => !/^[\da-f-]{36}$/.test(idIn(answer)))).toEqual([])
        if (areAllShown) expect(answers).not.toEqual([])
        return
      }
      const bodies = answers.map(({ text }): unknown => (text === '' ? undefined : JSON.parse(text)))
      const isNever = (field: string): boolean =>
        NEVER_THERE.test(field) || (operation.includes('Thread') && NEVER_IN_THREADS.test(field))
      const read = fields.filter((field) => !isNever(field))
      expect(read.filter((field) => !hasField(operation, field))).toEqual([])
      if (areAllShown) expect(read.filter((field) => bodies.every((body) => !isThere(body, field)))).toEqual([])
    },
  )
})
