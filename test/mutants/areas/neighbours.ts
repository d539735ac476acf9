// Mistakes about what stands around runners: projects, traces, spans, threads, searches, sums, configurations, prompts.
import type { OperationId } from '../../../src/kernel/operation.js'
import type { Call } from '../call.js'
import { defineShould, type Mutant, type Spoil } from '../mutant.js'
import { answer, isSuccess, itemsOf, jsonIn, membersIn, membersOf, textIn, withBody, type Members } from '../reply.js'
import {
  editBody,
  editMembers,
  editReply,
  editRequest,
  editRequestBody,
  editResource,
  insteadOf,
  refuseWhen,
} from '../spoils.js'

/** Shows only some entries of a page. */
function showsOnly(isShown: (entry: Members, call: Call) => boolean): Spoil {
  return editMembers((page, call) => {
    const content = itemsOf(page['content']).filter((entry) => isShown(membersOf(entry), call))
    return { ...page, content, size: content.length }
  })
}

/** Leaves entries out of a page when it is filtered or searched. */
const losesWhenAsked = (parameter: 'filters' | 'search', isLost: (entry: Members, asked: string) => boolean): Spoil =>
  showsOnly((entry, { query }) => !query.has(parameter) || !isLost(entry, query.get(parameter) ?? ''))

/** Whether a read of an operation finds nothing. */
const isUnknown = async (call: Call, operation: OperationId, asked: Parameters<Call['ask']>[1]): Promise<boolean> =>
  (await call.ask(operation, asked)).status === 404

const keepsNames: Spoil = (stage) => {
  const taken = new Set<string>()
  const refuse = refuseWhen(
    409,
    ({ operation, body }) => operation === 'createProject' && taken.has(textIn(body, 'name')),
  )
  const spoiler = refuse(stage)
  return async (call) => {
    if (call.operation === 'deleteProjectById')
      taken.add(textIn((await call.ask('getProjectById', { path: call.path })).body, 'name'))
    return spoiler(call)
  }
}

export const projectMutants: readonly Mutant[] = [
  defineShould('projects/description-made-up', 'A project without a description shows its name as one.', {
    touches: ['getProjectById'],
    spoil: editResource((project) => ({ description: project['name'], ...project })),
  }),
  defineShould('projects/no-default-project', 'A workspace has no default project until somebody makes it.', {
    touches: ['retrieveProject'],
    spoil: refuseWhen(404, ({ members }) => members['name'] === 'Default Project'),
  }),
  defineShould('projects/found-in-exact-case', 'Projects are found in the letter case of their name only.', {
    touches: ['findProjects'],
    spoil: showsOnly((project, { query }) => textIn(project, 'name').includes(query.get('name') ?? '')),
  }),
  defineShould('projects/total-unfiltered', 'The total of projects that are found counts all of the workspace.', {
    touches: ['findProjects'],
    spoil: editReply(async (reply, call) => {
      const { body } = await call.ask('findProjects')
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), total: membersOf(body)['total'] }) : reply
    }),
  }),
  defineShould('projects/deleted-keeps-name', 'The name of a deleted project stays taken.', {
    touches: ['createProject', 'deleteProjectById'],
    spoil: keepsNames,
  }),
  defineShould('projects/cards-backwards', 'Cards of a time that ends when it begins are 400.', {
    touches: ['getProjectKpiCards'],
    spoil: insteadOf(422, 400),
  }),
  defineShould('projects/lines-with-gaps', 'A line has no points where there is nothing to count.', {
    touches: ['getProjectMetrics'],
    spoil: editResource((line) => ({
      ...line,
      data: itemsOf(line['data']).filter((point) => Number(membersOf(point)['value'] ?? 0) !== 0),
    })),
  }),
  defineShould('projects/names-of-usage-empty', 'No names of usage are listed.', {
    touches: ['findTokenUsageNames'],
    spoil: editMembers(() => ({ names: [] })),
  }),
]

const sortsNamelessLast: Spoil = editMembers((page, { query }) => {
  if (query.get('sorting')?.includes('name') !== true) return page
  const content = itemsOf(page['content'])
  return { ...page, content: [true, false].flatMap((is) => content.filter((each) => 'name' in membersOf(each) === is)) }
})

export const ingestionMutants: readonly Mutant[] = [
  defineShould('ingestion/first-of-batch-only', 'Of a batch of spans only the first is kept.', {
    touches: ['createSpans'],
    spoil: editRequestBody((body) => ({ ...body, spans: itemsOf(body['spans']).slice(0, 1) })),
  }),
  defineShould('ingestion/early-update-refused', 'An update that comes before its trace is 404.', {
    touches: ['updateTrace'],
    spoil: refuseWhen(404, (call) => isUnknown(call, 'getTraceById', { path: call.path })),
  }),
  defineShould('ingestion/tags-always-merged', 'The tags of a batch update are always added.', {
    touches: ['batchUpdateTraces'],
    spoil: editRequestBody((body) => ({ ...body, merge_tags: true })),
  }),
  defineShould('ingestion/unknown-project-refused', 'A trace for a project that does not exist is refused (404).', {
    touches: ['createTraces'],
    spoil: refuseWhen(404, async (call) => {
      const name = textIn(itemsOf(call.members['traces'])[0], 'project_name')
      return name !== '' && isUnknown(call, 'retrieveProject', { body: { name } })
    }),
  }),
  defineShould('ingestion/search-as-one-list', 'A search answers one JSON array.', {
    touches: ['searchTraces', 'searchSpans'],
    spoil: editReply((reply) => (isSuccess(reply) ? answer(200, jsonIn(reply)) : reply)),
  }),
  defineShould('ingestion/search-of-unknown-project-empty', 'A search in an unknown project streams nothing.', {
    touches: ['searchSpans'],
    spoil: editReply((reply) =>
      reply.status === 404 ? { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: '' } : reply,
    ),
  }),
  defineShould('ingestion/sums-take-any-filter', 'Sums by an unknown field are empty.', {
    touches: ['getSpanStats', 'getTraceThreadStats'],
    spoil: editReply((reply, { query }) =>
      reply.status === 400 && query.has('filters') ? answer(200, { stats: [] }) : reply,
    ),
  }),
  defineShould('ingestion/threads-one-message-a-trace', 'A trace counts as one message of its thread.', {
    touches: ['getTraceThreads'],
    spoil: editResource((thread) => ({ ...thread, number_of_messages: Number(thread['number_of_messages']) / 2 })),
  }),
  defineShould('ingestion/no-figure-of-spans', 'The sums of spans lack their duration.', {
    touches: ['getSpanStats'],
    spoil: editResource((each) => (each['name'] === 'duration' ? { ...each, name: 'span_duration' } : each)),
  }),
  defineShould('ingestion/nulls-passed-over', 'An update with null leaves the value that is there.', {
    touches: ['updateTrace'],
    spoil: editRequestBody((body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))),
  }),
  defineShould('ingestion/traceback-demanded', 'An error without a traceback is 422.', {
    touches: ['createTrace'],
    spoil: refuseWhen(
      422,
      ({ members: { error_info } }) => error_info !== undefined && textIn(error_info, 'traceback') === '',
    ),
  }),
  defineShould('ingestion/any-source-taken', 'A source that is none is taken for sdk.', {
    touches: ['createTrace'],
    spoil: editRequestBody((body) => ({ ...body, source: 'sdk' })),
  }),
  defineShould('ingestion/search-accepts-json', 'A search streams whatever is accepted.', {
    touches: ['searchTraces', 'searchSpans'],
    spoil: editRequest(() => ({ headers: { accept: '*/*' } })),
  }),
  defineShould('ingestion/times-as-sent', 'Times come back with the offset with which they were sent.', {
    touches: ['getTraceById'],
    spoil: editResource((trace) => ({ ...trace, start_time: textIn(trace, 'start_time').replace('Z', '+00:00') })),
  }),
  defineShould('ingestion/missing-numbers-never-fit', 'What has no duration is neither short nor long.', {
    touches: ['getSpansByProject'],
    spoil: losesWhenAsked('filters', (span, asked) => asked.includes('duration') && !('end_time' in span)),
  }),
  defineShould('ingestion/missing-names-last', 'What has no name comes last.', {
    touches: ['getTracesByProject'],
    spoil: sortsNamelessLast,
  }),
  defineShould('ingestion/no-wildcards', 'A search finds % and _ as they are.', {
    touches: ['getTracesByProject'],
    spoil: losesWhenAsked('search', (_, asked) => asked.includes('%')),
  }),
  defineShould('ingestion/tags-counted-in-requests', 'A request may bring fifty tags, however many there are.', {
    touches: ['batchUpdateTraces'],
    spoil: insteadOf(422, 204),
  }),
  defineShould('ingestion/span-of-another-project-refused', 'A span that is there in another project is 409.', {
    touches: ['createSpan'],
    spoil: refuseWhen(409, async (call) => {
      const { status, body } = await call.ask('getSpanById', { path: { id: textIn(call.body, 'id') } })
      return status === 200 && textIn(body, 'project_name') !== textIn(call.body, 'project_name')
    }),
  }),
]

const mergesVersions: Spoil = () => async (call) => {
  const blueprint = membersOf(call.members['blueprint'])
  const project_id = textIn(call.body, 'project_id')
  if (project_id === '' || blueprint['type'] !== 'blueprint') return call.proceed()
  const { body } = await call.ask('getLatestBlueprint', { path: { project_id } })
  const given = itemsOf(blueprint['values'])
  const keys = given.map((value) => textIn(value, 'key'))
  const before = itemsOf(membersOf(body)['values']).filter((value) => !keys.includes(textIn(value, 'key')))
  return call.proceed({ body: { ...call.members, blueprint: { ...blueprint, values: [...given, ...before] } } })
}

export const configurationMutants: readonly Mutant[] = [
  defineShould('configurations/prod-forgotten', 'No environment points to the first version.', {
    touches: ['createAgentConfig'],
    spoil: editReply(async (reply, call) => {
      const project_id = textIn(call.body, 'project_id')
      if (isSuccess(reply) && project_id !== '') await call.ask('deleteEnv', { path: { project_id, env_name: 'prod' } })
      return reply
    }),
  }),
  defineShould('configurations/versions-merged', 'A version takes over what it does not name from the one before.', {
    touches: ['updateAgentConfig'],
    spoil: mergesVersions,
  }),
  defineShould('configurations/mask-alone', 'With a mask its values alone are shown.', {
    touches: ['getBlueprintById'],
    spoil: editReply(async (reply, call) => {
      const mask = call.query.get('mask_id')
      if (!isSuccess(reply) || mask === null) return reply
      const { body } = await call.ask('getDeltaById', { path: { blueprint_id: mask } })
      return withBody(reply, { ...membersIn(reply), values: membersOf(body)['values'] })
    }),
  }),
  defineShould('configurations/keys-stay', 'Keys that are to be removed stay.', {
    touches: ['removeConfigKeys'],
    spoil: editRequestBody((body) => ({ ...body, keys: ['contract-none'] })),
  }),
  defineShould('configurations/names-in-exact-case', 'Environments are found in the letter case of their name only.', {
    touches: ['getBlueprintByEnv'],
    spoil: refuseWhen(404, ({ path }) => path['env_name'] !== path['env_name']?.toLowerCase()),
  }),
  defineShould('prompts/names-in-exact-case', 'A name of a prompt is taken in its letter case only.', {
    touches: ['createPrompt'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status !== 409) return reply
      return call.proceed({ body: { ...call.members, name: `${textIn(call.body, 'name')} again` } })
    },
  }),
  defineShould('prompts/commit-of-the-beginning', 'The commit of a version is the beginning of its id.', {
    touches: ['createPromptVersion'],
    spoil: editResource((version) => ({ ...version, commit: textIn(version, 'id').slice(0, 8) })),
  }),
  defineShould('prompts/versions-oldest-first', 'The versions of a prompt are listed oldest first.', {
    touches: ['getPromptVersions'],
    spoil: editBody((body) => ({ ...membersOf(body), content: itemsOf(membersOf(body)['content']).toReversed() })),
  }),
]
