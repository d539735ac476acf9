// The story of sdk_story.py for the SDK in TypeScript, which names versions of prompts by their commits.
import { Opik } from 'opik'

const client = new Opik()
await client.createEnvironment('qa', { description: 'Before staging.', color: '#112233' })
await client.updateEnvironment('qa', { description: 'Für Tests.' })
await client.createEnvironment('gone')
await client.deleteEnvironment('gone')

const first = await client.createPrompt({ name: 'greeting', prompt: 'Hi {{name}}', tags: ['first'] })
await client.createPrompt({ name: 'greeting', prompt: 'Hello {{name}}' })
await client.updatePromptVersionTags([first.versionId], { tags: ['tagged'] })

const template = async (which = {}) => (await client.getPrompt({ name: 'greeting', ...which }))?.prompt

const trace = client.trace({ name: 'greet', input: { name: 'Zoë' }, environment: 'qa' })
const span = trace.span({ name: 'complete', type: 'llm' })
span.end()
trace.update({ output: { text: 'Hello Zoë' } })
trace.end()
await client.flush()
client.logTracesFeedbackScores([{ id: trace.data.id, name: 'tone', value: 0.75, reason: 'warm' }])
client.logSpansFeedbackScores([{ id: span.data.id, name: 'speed', value: 1 }])
await client.flush()
await client.api.traces.addTraceComment(trace.data.id, { body: { text: 'Nice.' } })

const environments = (await client.getEnvironments()).map(({ name, description }) => [name, description ?? null])
const story = {
  environments: Object.fromEntries(environments),
  prompts: [await template(), await template({ commit: first.commit })],
  trace: trace.data.id,
  span: span.data.id,
}
console.log(JSON.stringify(story))
