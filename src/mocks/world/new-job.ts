/** A job at birth: what createJob's request becomes on the wire. Fields without a value are left out. */
import { carry } from '../../kernel/carry.js'
import type { CreateLocalRunnerJobRequest, LocalRunnerJob } from '../../kernel/types.js'

/** What the server adds to the request. */
export interface NewJob {
  id: string
  runnerId: string
  projectId: string
  /** Seconds. */
  timeout: number
}

/** The job before its first rule ran, which sets `created_at`. */
export function toNewJob(request: CreateLocalRunnerJobRequest, birth: NewJob): LocalRunnerJob {
  const { id, runnerId: runner_id, projectId: project_id, timeout } = birth
  const computed = { id, runner_id, status: 'pending' as const, project_id, timeout, created_at: '' }
  return carry('CreateLocalRunnerJobRequest', request, computed)
}
