// Checks of prompts: versions added to the prompt of a name, commits, and what is read of them.
import { defineCheck } from '../../check/check.js'
import { createPrompt } from '../../check/neighbour-requests.js'
import { expectEqual } from '../../target/expectation.js'

export const promptChecks = [
  defineCheck({
    id: 'prompts/commit',
    title: 'The commit of a version is the end of its id, and finds its prompt.',
    rule: { operation: 'createPromptVersion' },
    severity: 'should',
    async run(context) {
      const { id, prompt_id, commit } = await createPrompt(context)
      expectEqual('the commit', commit, id.slice(-8))
      const prompt = await context.expectCall(200, 'getPromptByCommit', { path: { commit } })
      expectEqual('prompt and version', [prompt.id, prompt.requested_version?.id], [prompt_id, id])
    },
  }),
  defineCheck({
    id: 'prompts/newest-version',
    title: 'Without a commit the newest version is retrieved, with the names in its template.',
    rule: { operation: 'retrievePromptVersion' },
    severity: 'should',
    async run(context) {
      const { name, prompt_id, id: first, commit } = await createPrompt(context)
      const body = { name, version: { template: 'Hello {{first}} {{last}}' } }
      const second = await context.expectCall(200, 'createPromptVersion', { body })
      expectEqual('the prompt of the second version', second.prompt_id, prompt_id)
      const newest = await context.expectCall(200, 'retrievePromptVersion', { body: { name } })
      expectEqual('the newest version', newest.id, second.id)
      expectEqual('its variables', newest.variables?.toSorted(), ['first', 'last'])
      const named = await context.expectCall(200, 'retrievePromptVersion', { body: { name, commit } })
      expectEqual('the version of the commit', named.id, first)
    },
  }),
  defineCheck({
    id: 'prompts/versions-listed',
    title: 'The versions of a prompt are listed newest first, and counted.',
    rule: { operation: 'getPromptVersions' },
    severity: 'should',
    async run(context) {
      const { name, prompt_id, id: first } = await createPrompt(context)
      const body = { name, version: { template: 'Hello' } }
      const { id: second } = await context.expectCall(200, 'createPromptVersion', { body })
      const page = await context.expectCall(200, 'getPromptVersions', { path: { id: prompt_id } })
      const ids = page.content.map(({ id }) => id)
      expectEqual('the versions', ids, [second, first])
      const prompt = await context.expectCall(200, 'getPromptById', { path: { id: prompt_id } })
      expectEqual('count and newest version', [prompt.version_count, prompt.latest_version?.id], [2, second])
    },
  }),
]
