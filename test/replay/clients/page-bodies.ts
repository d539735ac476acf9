// Bodies for requests of which a recording keeps no more than the names of their fields.
import type { OperationId } from '../../../src/kernel/operation.js'
import type { PageRequest } from './page-stories.js'

const TIME = { interval_start: '{from}', interval_end: '{now}' }
const OF_PROMPT = { name: 'qa', template_structure: 'text', project_id: '{projectId}' }

const VERSION = { template: 'Answer well.', type: 'mustache' }

const BODIES: Partial<Record<OperationId, Readonly<Record<string, unknown>>>> = {
  getProjectKpiCards: { ...TIME, entity_type: 'traces', filters: '[]' },
  getProjectMetrics: { ...TIME, metric_type: 'TRACE_COUNT', interval: 'DAILY' },
  createJob: { agent_name: 'qa-agent', project_id: '{projectId}', inputs: { question: 'Why?' } },
  retrieveProject: { name: 'No such project' },
  createPrompt: { ...OF_PROMPT, name: 'A new prompt', template: 'Hello' },
  createEnvironment: { name: 'canary', color: '#19A979' },
  createPromptVersion: { ...OF_PROMPT, version: VERSION },
  activatePairingSession: { runner_name: 'story-laptop', hmac: '{hmac}' },
}

/** A body with the fields that the page sent, as far as they say anything. */
export function bodyOf({ body_keys: keys }: PageRequest, operation: OperationId): unknown {
  if (keys === undefined) return undefined
  const { version } = keys
  const isMask = typeof version === 'object' && version !== null && 'version_type' in version
  const body = BODIES[operation]
  return isMask ? { ...body, version: { ...VERSION, version_type: 'mask' } } : body
}
