/** A job at birth: what createJob's request becomes on the wire. Fields without a value are left out. */
import type { CreateLocalRunnerJobRequest, LocalRunnerJob } from '../../types.js'
import { perhaps } from './words.js'

/** What the server adds to the request. */
export interface JobBirth {
  id: string
  runnerId: string
  projectId: string
  /** Seconds. */
  timeout: number
}

/** The job before its first rule ran, which sets `created_at`. */
export function toNewJob(request: CreateLocalRunnerJobRequest, birth: JobBirth): LocalRunnerJob {
  const masks = Object.entries(request.prompt_masks ?? {})
  return {
    id: birth.id,
    runner_id: birth.runnerId,
    agent_name: request.agent_name,
    status: 'pending',
    ...perhaps('inputs', request.inputs),
    project_id: birth.projectId,
    ...perhaps('mask_id', request.mask_id?.toLowerCase()),
    ...perhaps('prompt_masks', masks.length === 0 ? undefined : lowerCaseMap(masks)),
    ...perhaps('blueprint_name', request.blueprint_name?.trim()),
    ...perhaps('metadata', request.metadata && toMetadata(request.metadata)),
    timeout: birth.timeout,
    created_at: '',
  }
}

/** UUIDs come in any case and go out in lower case. */
function lowerCaseMap(masks: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(masks.map(([prompt, mask]) => [prompt.toLowerCase(), mask.toLowerCase()]))
}

type Metadata = NonNullable<CreateLocalRunnerJobRequest['metadata']>

function toMetadata(given: Metadata): Metadata {
  return {
    ...perhaps('dataset_id', given.dataset_id?.toLowerCase()),
    ...perhaps('dataset_version_id', given.dataset_version_id?.toLowerCase()),
    ...perhaps('dataset_item_version_id', given.dataset_item_version_id?.toLowerCase()),
    ...perhaps('dataset_item_id', given.dataset_item_id?.toLowerCase()),
  }
}
