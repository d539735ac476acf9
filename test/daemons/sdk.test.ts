// What programs do through Opik's newest SDKs beside running agents: environments, versions of prompts, drafts, scores and
// comments, read back as the web app reads them.
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clientsOf, type Client } from '../../scripts/daemons/clients.mjs'
import { programOf } from '../../scripts/programs.mjs'
import { createJob, endedJob } from '../sdk/api-client.js'
import { openSite, start, startAgents, storyOf, type Site } from './daemon.js'

interface Story {
  environments: Record<string, string | null>
  prompts: string[]
  trace: string
  span: string
}

function storyCommand({ language, folder }: Client): string[] {
  return language === 'python'
    ? [programOf(folder, 'python'), resolve('test/daemons/sdk_story.py')]
    : [process.execPath, join(folder, 'sdk_story.mjs')]
}

/** Plays the story and resolves with what the program has printed last. */
async function play(site: Site, client: Client): Promise<Story> {
  const { ended } = await start(site, storyCommand(client))
  await ended
  const line = site.printed
    .join('')
    .split('\n')
    .findLast((each) => each.startsWith('{'))
  if (line === undefined) throw new Error(storyOf(site))
  return JSON.parse(line) as Story
}

describe.concurrent.each(clientsOf(false))('opik $version for $language', (client) => {
  it('keeps environments, prompts, scores and comments', async (context) => {
    const site = await openSite(context)
    const { environments, prompts, trace, span } = await play(site, client)
    expect(environments).toMatchObject({ qa: 'Für Tests.' })
    expect(environments).not.toHaveProperty('gone')
    // By version and by environment; one SDK knows commits alone.
    const [newest, ...pinned] = prompts
    expect([newest, ...new Set(pinned)]).toEqual(['Hello {{name}}', 'Hi {{name}}'])
    const read = async (path: string): Promise<unknown> => (await site.api.send('GET', path)).body
    expect(await read(`traces/${trace}`)).toMatchObject({
      environment: 'qa',
      output: { text: 'Hello Zoë' },
      feedback_scores: [{ name: 'tone', value: 0.75, reason: 'warm' }],
      span_feedback_scores: [{ name: 'speed', value: 1 }],
      comments: [{ text: 'Nice.' }],
    })
    expect(await read(`spans/${span}`)).toMatchObject({ environment: 'qa', feedback_scores: [{ name: 'speed' }] })
    const filters = encodeURIComponent(JSON.stringify([{ field: 'environment', operator: '=', value: 'qa' }]))
    expect(await read(`traces?project_id=${site.projectId}&filters=${filters}`)).toMatchObject({ total: 1 })
  })

  it('runs an agent with the newest version of its prompt, and with a draft', async (context) => {
    const site = await openSite(context)
    const { api, projectId } = site
    const save = async (version: object) => {
      const body = { name: 'greeting', project_id: projectId, version }
      return (await api.send('POST', 'prompts/versions', body)).body as { id: string; prompt_id: string }
    }
    const { prompt_id: promptId } = await save({ template: 'Hi {{name}}' })
    const draft = await save({ template: 'Ahoy {{name}}', version_type: 'mask' })
    const runnerId = await startAgents(site, client, 'headless')
    const run = async (more: object): Promise<unknown> => {
      const job = { agent_name: 'prompted', project_id: projectId, inputs: {}, ...more }
      const ended = await endedJob(api, await createJob(api, job), () => storyOf(site))
      expect(ended).toMatchObject({ runner_id: runnerId })
      return ended['error'] ?? ended['result']
    }
    expect(await run({})).toEqual({ prompt: 'Hi {{name}}' })
    const template = client.language === 'python' ? 'Ahoy {{name}}' : 'Hi {{name}}'
    // The published SDK for TypeScript takes no drafts yet.
    expect(await run({ prompt_masks: { [promptId]: draft.id } })).toEqual({ prompt: template })
  })
})
