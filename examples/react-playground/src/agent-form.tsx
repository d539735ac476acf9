import type { LocalRunner, RegisteredAgent } from 'opik-runner-kit'
import { useId, useState, type SubmitEvent } from 'react'
import { ApiError } from './api'
import { toInputs } from './inputs'
import { ParamField } from './param-field'
import type { Draft } from './prompts-card'
import { useCreateJob } from './queries'

interface Props {
  runner: LocalRunner
  /** Prompts that were edited: the agent works with them. */
  drafts: Draft[]
  onCreated: (jobId: string) => void
}

export function AgentForm({ runner, drafts, onCreated }: Props) {
  const { agents } = runner
  const id = useId()
  const [chosen, setChosen] = useState<string>()
  // A runner may register other agents at any time, so the choice may be gone.
  const agent = agents.find(({ name }) => name === chosen) ?? agents[0]
  if (agent === undefined) return <p className="hint">{runner.name} has not registered any agents.</p>
  return (
    <>
      <div className="field">
        <label htmlFor={id} className="name">
          Agent
        </label>
        <select id={id} value={agent.name} onChange={(event) => setChosen(event.target.value)}>
          {agents.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {agent.description !== undefined && <p className="hint">{agent.description}</p>}
      </div>
      {/* The key empties the form when another agent is chosen. */}
      <InputsForm key={agent.name} agent={agent} runner={runner} drafts={drafts} onCreated={onCreated} />
    </>
  )
}

function InputsForm({ agent, runner, drafts, onCreated }: Props & { agent: RegisteredAgent }) {
  const createJob = useCreateJob(runner, onCreated)
  const params = agent.params ?? []
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const inputs = toInputs(params, new FormData(event.currentTarget))
    createJob.mutate({ agentName: agent.name, inputs, drafts })
  }
  return (
    <form onSubmit={submit} aria-label={`Inputs of ${agent.name}`}>
      {params.map((param) => (
        <ParamField key={param.name} param={param} />
      ))}
      <button type="submit" disabled={createJob.isPending}>
        Run {agent.name}
      </button>
      {createJob.isError && (
        <p role="alert" className="error">
          {explain(createJob.error)}
        </p>
      )}
    </form>
  )
}

/** What a refusal of createJob means to the user. */
function explain(error: Error): string {
  switch (error instanceof ApiError ? error.status : 0) {
    case 400:
      return 'The runner no longer offers this agent.'
    case 404:
    case 409:
      return 'The runner is not connected any more.'
    case 429:
      return 'The runner has too many jobs waiting. Try again in a moment.'
    default:
      return `The job could not be created. ${error.message}`
  }
}
