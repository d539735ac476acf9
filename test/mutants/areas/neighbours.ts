// Mistakes about what stands around runners: projects, traces, spans, threads, searches, sums, configurations, prompts.
import type { OperationId } from '../../../src/kernel/operation.js'
import type { Call } from '../call.js'
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
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

export const projectMutants: readonly Mutant[] = mutantsOf((it) => {
  it('projects/description-made-up [getProjectById should]: A project without a description shows its name as one.', () =>
    editResource((project) => ({ description: project['name'], ...project })))
  it('projects/no-default-project [retrieveProject should]: A workspace has no default project until somebody makes it.', () =>
    refuseWhen(404, ({ members }) => members['name'] === 'Default Project'))
  it('projects/found-in-exact-case [findProjects should]: Projects are found in the letter case of their name only.', () =>
    showsOnly((project, { query }) => textIn(project, 'name').includes(query.get('name') ?? '')))
  it('projects/total-unfiltered [findProjects should]: The total of projects that are found counts all of the workspace.', () =>
    editReply(async (reply, call) => {
      const { body } = await call.ask('findProjects')
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), total: membersOf(body)['total'] }) : reply
    }))
  it('projects/deleted-keeps-name [createProject deleteProjectById should]: The name of a deleted project stays taken.', () =>
    keepsNames)
  it('projects/cards-backwards [getProjectKpiCards should]: Cards of a time that ends when it begins are 400.', () =>
    insteadOf(422, 400))
  it('projects/lines-with-gaps [getProjectMetrics should]: A line has no points where there is nothing to count.', () =>
    editResource((line) => ({
      ...line,
      data: itemsOf(line['data']).filter((point) => Number(membersOf(point)['value'] ?? 0) !== 0),
    })))
  it('projects/names-of-usage-empty [findTokenUsageNames should]: No names of usage are listed.', () =>
    editMembers(() => ({ names: [] })))
})

const sortsNamelessLast: Spoil = editMembers((page, { query }) => {
  if (query.get('sorting')?.includes('name') !== true) return page
  const content = itemsOf(page['content'])
  return { ...page, content: [true, false].flatMap((is) => content.filter((each) => 'name' in membersOf(each) === is)) }
})

export const ingestionMutants: readonly Mutant[] = mutantsOf((it) => {
  it('ingestion/first-of-batch-only [createSpans should]: Of a batch of spans only the first is kept.', () =>
    editRequestBody((body) => ({ ...body, spans: itemsOf(body['spans']).slice(0, 1) })))
  it('ingestion/early-update-refused [updateTrace should]: An update that comes before its trace is 404.', () =>
    refuseWhen(404, (call) => isUnknown(call, 'getTraceById', { path: call.path })))
  it('ingestion/tags-always-merged [batchUpdateTraces should]: The tags of a batch update are always added.', () =>
    editRequestBody((body) => ({ ...body, merge_tags: true })))
  it('ingestion/unknown-project-refused [createTraces should]: A trace for a project that does not exist is refused (404).', () =>
    refuseWhen(404, async (call) => {
      const name = textIn(itemsOf(call.members['traces'])[0], 'project_name')
      return name !== '' && isUnknown(call, 'retrieveProject', { body: { name } })
    }))
  it('ingestion/search-as-one-list [searchTraces searchSpans should]: A search answers one JSON array.', () =>
    editReply((reply) => (isSuccess(reply) ? answer(200, jsonIn(reply)) : reply)))
  it('ingestion/search-of-unknown-project-empty [searchSpans should]: A search in an unknown project streams nothing.', () =>
    editReply((reply) =>
      reply.status === 404 ? { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: '' } : reply,
    ))
  it('ingestion/sums-take-any-filter [getSpanStats getTraceThreadStats should]: Sums by an unknown field are empty.', () =>
    editReply((reply, { query }) =>
      reply.status === 400 && query.has('filters') ? answer(200, { stats: [] }) : reply,
    ))
  it('ingestion/threads-one-message-a-trace [getTraceThreads should]: A trace counts as one message of its thread.', () =>
    editResource((thread) => ({ ...thread, number_of_messages: Number(thread['number_of_messages']) / 2 })))
  it('ingestion/no-figure-of-spans [getSpanStats should]: The sums of spans lack their duration.', () =>
    editResource((each) => (each['name'] === 'duration' ? { ...each, name: 'span_duration' } : each)))
  it('ingestion/nulls-passed-over [updateTrace should]: An update with null leaves the value that is there.', () =>
    editRequestBody((body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))))
  it('ingestion/traceback-demanded [createTrace should]: An error without a traceback is 422.', () =>
    refuseWhen(
      422,
      ({ members: { error_info } }) => error_info !== undefined && textIn(error_info, 'traceback') === '',
    ))
  it('ingestion/any-source-taken [createTrace should]: A source that is none is taken for sdk.', () =>
    editRequestBody((body) => ({ ...body, source: 'sdk' })))
  it('ingestion/search-accepts-json [searchTraces searchSpans should]: A search streams whatever is accepted.', () =>
    editRequest(() => ({ headers: { accept: '*/*' } })))
  it('ingestion/times-as-sent [getTraceById should]: Times come back with the offset with which they were sent.', () =>
    editResource((trace) => ({ ...trace, start_time: textIn(trace, 'start_time').replace('Z', '+00:00') })))
  it('ingestion/missing-numbers-never-fit [getSpansByProject should]: What has no duration is neither short nor long.', () =>
    losesWhenAsked('filters', (span, asked) => asked.includes('duration') && !('end_time' in span)))
  it('ingestion/missing-names-last [getTracesByProject should]: What has no name comes last.', () => sortsNamelessLast)
  it('ingestion/no-wildcards [getTracesByProject should]: A search finds % and _ as they are.', () =>
    losesWhenAsked('search', (_, asked) => asked.includes('%')))
  it('ingestion/tags-counted-in-requests [batchUpdateTraces should]: A request may bring fifty tags, however many there are.', () =>
    insteadOf(422, 204))
  it('ingestion/span-of-another-project-refused [createSpan should]: A span that is there in another project is 409.', () =>
    refuseWhen(409, async (call) => {
      const { status, body } = await call.ask('getSpanById', { path: { id: textIn(call.body, 'id') } })
      return status === 200 && textIn(body, 'project_name') !== textIn(call.body, 'project_name')
    }))
})

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

export const configurationMutants: readonly Mutant[] = mutantsOf((it) => {
  it('configurations/prod-forgotten [createAgentConfig should]: No environment points to the first version.', () =>
    editReply(async (reply, call) => {
      const project_id = textIn(call.body, 'project_id')
      if (isSuccess(reply) && project_id !== '') await call.ask('deleteEnv', { path: { project_id, env_name: 'prod' } })
      return reply
    }))
  it('configurations/versions-merged [updateAgentConfig should]: A version takes over what it does not name from the one before.', () =>
    mergesVersions)
  it('configurations/mask-alone [getBlueprintById should]: With a mask its values alone are shown.', () =>
    editReply(async (reply, call) => {
      const mask = call.query.get('mask_id')
      if (!isSuccess(reply) || mask === null) return reply
      const { body } = await call.ask('getDeltaById', { path: { blueprint_id: mask } })
      return withBody(reply, { ...membersIn(reply), values: membersOf(body)['values'] })
    }))
  it('configurations/keys-stay [removeConfigKeys should]: Keys that are to be removed stay.', () =>
    editRequestBody((body) => ({ ...body, keys: ['contract-none'] })))
  it('configurations/names-in-exact-case [getBlueprintByEnv should]: Environments are found in the letter case of their name only.', () =>
    refuseWhen(404, ({ path }) => path['env_name'] !== path['env_name']?.toLowerCase()))
  it('prompts/names-in-exact-case [createPrompt should]: A name of a prompt is taken in its letter case only.', () =>
    () =>
    async (call) => {
      const reply = await call.proceed()
      if (reply.status !== 409) return reply
      return call.proceed({ body: { ...call.members, name: `${textIn(call.body, 'name')} again` } })
    })
  it('prompts/commit-of-the-beginning [createPromptVersion should]: The commit of a version is the beginning of its id.', () =>
    editResource((version) => ({ ...version, commit: textIn(version, 'id').slice(0, 8) })))
  it('prompts/versions-oldest-first [getPromptVersions should]: The versions of a prompt are listed oldest first.', () =>
    editBody((body) => ({ ...membersOf(body), content: itemsOf(membersOf(body)['content']).toReversed() })))
})
