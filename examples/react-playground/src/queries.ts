import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { LocalRunner } from 'opik-runner-kit'
import { ApiError, cancelJob, createJob, disconnectRunner, findProject, findRunner, hasEnded, readRun } from './api'
import type { Run } from './api'
import { POLL_MS } from './polling'

/** The runner of a project, looked at again and again; `null` when there is none. */
export function useRunner(projectName: string) {
  return useQuery({
    queryKey: ['runner', projectName],
    queryFn: async ({ client, signal }) => {
      const projectId = await client.ensureQueryData({
        queryKey: ['project', projectName],
        queryFn: () => findProject(projectName, signal),
      })
      return findRunner(projectId, signal)
    },
    refetchInterval: POLL_MS,
    retry: false, // the next poll is the second try
  })
}

/** A job with its logs, followed until it has ended or is gone. */
export function useRun(jobId: string) {
  const queryKey = ['run', jobId]
  return useQuery({
    queryKey,
    queryFn: ({ client, signal }) => readRun(jobId, client.getQueryData<Run>(queryKey), signal),
    refetchInterval: ({ state: { data, error } }) => (isOver(data, error) ? false : POLL_MS),
    retry: false,
  })
}

/** A disconnect takes the runner's jobs along, so a job that cannot be found will not come back. */
function isOver(run: Run | undefined, error: Error | null): boolean {
  return (run !== undefined && hasEnded(run.job)) || isGone(error)
}

export function isGone(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 404
}

export function useCreateJob(runner: LocalRunner, onCreated: (jobId: string) => void) {
  return useMutation({
    mutationFn: ({ agentName, inputs }: { agentName: string; inputs: object }) =>
      createJob(runner.project_id, agentName, inputs),
    onSuccess: onCreated,
  })
}

export function useCancelJob(jobId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => cancelJob(jobId),
    onSettled: () => client.invalidateQueries({ queryKey: ['run', jobId] }),
  })
}

export function useDisconnect(runner: LocalRunner) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => disconnectRunner(runner.id),
    onSettled: () => client.invalidateQueries({ queryKey: ['runner'] }),
  })
}
