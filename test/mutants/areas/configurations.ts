// Mistakes about agent configurations and prompts.
import { defineMutant, type Mutant, type MutantDefinition } from '../mutant.js'
import { answer, isSuccess, itemsOf, jsonIn, membersIn, membersOf, textIn, withBody, without } from '../reply.js'
import { editBody, editReply, editRequestBody, editResource } from '../spoils.js'

/** Clients get by without what is promised of them. */
function neighbourMutant(definition: MutantDefinition): Mutant {
  return defineMutant({ severity: 'should', ...definition })
}

const reversed = editBody((body) => ({ ...membersOf(body), content: itemsOf(membersOf(body)['content']).toReversed() }))

export const configurationMutants: readonly Mutant[] = [
  neighbourMutant({
    id: 'configurations/prod-forgotten',
    mistake: 'No environment points to the first version.',
    touches: ['createAgentConfig'],
    spoil: editReply(async (reply, call) => {
      const project_id = textIn(call.body, 'project_id')
      if (isSuccess(reply) && project_id !== '') {
        await call.ask('deleteEnv', { path: { project_id, env_name: 'prod' } })
      }
      return reply
    }),
  }),
  neighbourMutant({
    id: 'configurations/versions-merged',
    mistake: 'A version takes over the values of the one before that it does not name.',
    touches: ['updateAgentConfig'],
    spoil: () => async (call) => {
      const blueprint = membersOf(call.members['blueprint'])
      const project_id = textIn(call.body, 'project_id')
      if (project_id === '' || blueprint['type'] !== 'blueprint') return call.proceed()
      const { body } = await call.ask('getLatestBlueprint', { path: { project_id } })
      const given = itemsOf(blueprint['values'])
      const keys = given.map((value) => textIn(value, 'key'))
      const before = itemsOf(membersOf(body)['values']).filter((value) => !keys.includes(textIn(value, 'key')))
      return call.proceed({ body: { ...call.members, blueprint: { ...blueprint, values: [...given, ...before] } } })
    },
  }),
  neighbourMutant({
    id: 'configurations/mask-read-as-version',
    mistake: 'The id of a mask reads it as if it were a version.',
    touches: ['getBlueprintById'],
    spoil: editReply(async (reply, call) => {
      if (reply.status !== 404) return reply
      const { status, body } = await call.ask('getDeltaById', { path: call.path })
      return status === 200 ? answer(200, { ...membersOf(body), envs: [] }) : reply
    }),
  }),
  neighbourMutant({
    id: 'configurations/mask-alone',
    mistake: 'With a mask its values alone are shown.',
    touches: ['getBlueprintById'],
    spoil: editReply(async (reply, call) => {
      const mask = call.query.get('mask_id')
      if (!isSuccess(reply) || mask === null) return reply
      const { body } = await call.ask('getDeltaById', { path: { blueprint_id: mask } })
      return withBody(reply, { ...membersIn(reply), values: membersOf(body)['values'] })
    }),
  }),
  neighbourMutant({
    id: 'configurations/keys-stay',
    mistake: 'Keys that are to be removed stay.',
    touches: ['removeConfigKeys'],
    spoil: editRequestBody((body) => ({ ...body, keys: ['contract-none'] })),
  }),
  neighbourMutant({
    id: 'prompts/commit-of-the-beginning',
    mistake: 'The commit of a version is the beginning of its id.',
    touches: ['createPromptVersion'],
    spoil: editResource((version) => ({ ...version, commit: textIn(version, 'id').slice(0, 8) })),
  }),
  neighbourMutant({
    id: 'prompts/oldest-retrieved',
    mistake: 'Without a commit the oldest version is retrieved.',
    touches: ['retrievePromptVersion'],
    spoil: editReply(async (reply, call) => {
      if (!isSuccess(reply) || textIn(call.body, 'commit') !== '') return reply
      const { body } = await call.ask('getPromptVersions', { path: { id: textIn(jsonIn(reply), 'prompt_id') } })
      const oldest = itemsOf(membersOf(body)['content']).at(-1)
      return withBody(reply, { ...membersIn(reply), id: textIn(oldest, 'id') })
    }),
  }),
  neighbourMutant({
    id: 'prompts/variables-forgotten',
    mistake: 'A version does not tell the names in its template.',
    touches: ['retrievePromptVersion'],
    spoil: editResource((version) => without(version, 'variables')),
  }),
  neighbourMutant({
    id: 'prompts/versions-oldest-first',
    mistake: 'The versions of a prompt are listed oldest first.',
    touches: ['getPromptVersions'],
    spoil: reversed,
  }),
]
