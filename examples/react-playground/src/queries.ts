import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { LocalRunner, Prompt } from 'opik-runner-kit'
import { ApiError, cancelJob, createJob, disconnectRunner, findProject, findRunner, hasEnded, readRun } from './api'
import { deployVersion, readEnvironments, readPrompts, readTraces, savePrompt } from './api'
import type { Run } from './api'
import type { Draft } from './prompts-card'
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
    mutationFn: async ({ drafts, ...job }: { agentName: string; inputs: object; drafts: Draft[] }) => {
      const masks = drafts.map(async ({ prompt, template }) => [prompt.id, await savePrompt(prompt, template, 'mask')])
      const prompt_masks: Record<string, string> = Object.fromEntries(await Promise.all(masks))
      return createJob(runner.project_id, { ...job, prompt_masks })
    },
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

export function usePrompts(projectId: string) {
  return useQuery({ queryKey: ['prompts', projectId], queryFn: ({ signal }) => readPrompts(projectId, signal) })
}

export function useEnvironments() {
  return useQuery({ queryKey: ['environments'], queryFn: ({ signal }) => readEnvironments(signal) })
}

export function useTraces(projectId: string, environment: string | undefined) {
  return useQuery({
    queryKey: ['traces', projectId, environment],
    queryFn: ({ signal }) => readTraces(projectId, environment, signal),
    refetchInterval: POLL_MS,
  })
}

export function useSaveVersion(onSaved: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ prompt, template }: Draft) => savePrompt(prompt, template, 'prompt_version'),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['prompts'] })
      onSaved()
    },
  })
}

/** Deploys the newest version of a prompt. */
export function useDeploy({ latest_version: latest }: Prompt) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (environment: string) => {
      if (latest !== undefined) await deployVersion(latest.id, [...(latest.environments ?? []), environment])
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['prompts'] }),
  })
}
