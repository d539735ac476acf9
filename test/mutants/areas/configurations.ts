// Mistakes about agent configurations and prompts.
import { type Mutant, defineShould } from '../mutant.js'
import { isSuccess, itemsOf, jsonIn, membersIn, membersOf, refusal, textIn, withBody, without } from '../reply.js'
import { editBody, editReply, editRequestBody, editResource, insteadOf } from '../spoils.js'

const reversed = editBody((body) => ({ ...membersOf(body), content: itemsOf(membersOf(body)['content']).toReversed() }))

export const configurationMutants: readonly Mutant[] = [
  defineShould('configurations/prod-forgotten', 'No environment points to the first version.', {
    touches: ['createAgentConfig'],
    spoil: editReply(async (reply, call) => {
      const project_id = textIn(call.body, 'project_id')
      if (isSuccess(reply) && project_id !== '') {
        await call.ask('deleteEnv', { path: { project_id, env_name: 'prod' } })
      }
      return reply
    }),
  }),
  defineShould('configurations/versions-merged', 'A version takes over what it does not name from the one before.', {
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
  defineShould('configurations/no-version-without-values', 'A version without values cannot be read (400).', {
    touches: ['getLatestBlueprint', 'getBlueprintHistory'],
    spoil: editReply((reply) => (/"values":\[\]/.test(reply.body) ? refusal(400) : reply)),
  }),
  defineShould('configurations/no-duration-as-a-wrong-one', 'A timeout that is no duration is 422.', {
    touches: ['upsertWorkspaceConfiguration'],
    spoil: insteadOf(400, 422),
  }),
  defineShould('configurations/names-in-exact-case', 'Environments are found in the letter case of their name only.', {
    touches: ['getBlueprintByEnv'],
    spoil: editReply((reply, { path }) =>
      path['env_name'] === path['env_name']?.toLowerCase() ? reply : refusal(404),
    ),
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
  defineShould('prompts/oldest-retrieved', 'Without a commit the oldest version is retrieved.', {
    touches: ['retrievePromptVersion'],
    spoil: editReply(async (reply, call) => {
      if (!isSuccess(reply) || textIn(call.body, 'commit') !== '') return reply
      const { body } = await call.ask('getPromptVersions', { path: { id: textIn(jsonIn(reply), 'prompt_id') } })
      const oldest = itemsOf(membersOf(body)['content']).at(-1)
      return withBody(reply, { ...membersIn(reply), id: textIn(oldest, 'id') })
    }),
  }),
  defineShould('prompts/variables-forgotten', 'A version does not tell the names in its template.', {
    touches: ['retrievePromptVersion'],
    spoil: editResource((version) => without(version, 'variables')),
  }),
  defineShould('prompts/versions-oldest-first', 'The versions of a prompt are listed oldest first.', {
    touches: ['getPromptVersions'],
    spoil: reversed,
  }),
]
