import type { Prompt } from 'opik-runner-kit'
import { useId, useState } from 'react'
import { useDeploy, useEnvironments, usePrompts, useSaveVersion } from './queries'

/** A template that was edited and is not saved: agents are run with it. */
export interface Draft {
  prompt: Prompt
  template: string
}

interface Props {
  projectId: string
  drafts: Draft[]
  onDrafts: (drafts: Draft[]) => void
}

/** The prompts of a project, if it has any. */
export function PromptsCard({ projectId, drafts, onDrafts }: Props) {
  const { data: prompts = [] } = usePrompts(projectId)
  if (prompts.length === 0) return null
  const others = (prompt: Prompt) => drafts.filter((draft) => draft.prompt.id !== prompt.id)
  return (
    <section className="card" aria-labelledby="prompts-title">
      <h2 id="prompts-title">Prompts</h2>
      {prompts.map((prompt) => (
        <PromptEditor
          key={prompt.id}
          prompt={prompt}
          draft={drafts.find((draft) => draft.prompt.id === prompt.id)}
          onEdit={(template) => onDrafts([...others(prompt), { prompt, template }])}
          onSaved={() => onDrafts(others(prompt))}
        />
      ))}
    </section>
  )
}

interface EditorProps {
  prompt: Prompt
  draft: Draft | undefined
  onEdit: (template: string) => void
  onSaved: () => void
}

function PromptEditor({ prompt, draft, onEdit, onSaved }: EditorProps) {
  const id = useId()
  const save = useSaveVersion(onSaved)
  const { name, latest_version: latest } = prompt
  const state = draft === undefined ? [latest?.version_number, ...(latest?.environments ?? [])].join(' ') : 'draft'
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id} className="name">
          {name}
        </label>
        <span className="hint">{state}</span>
      </div>
      <textarea
        id={id}
        rows={2}
        value={draft?.template ?? latest?.template ?? ''}
        onChange={(event) => onEdit(event.target.value)}
      />
      {draft === undefined ? (
        <DeployForm prompt={prompt} />
      ) : (
        <button type="button" disabled={save.isPending} onClick={() => save.mutate(draft)}>
          Save {name}
        </button>
      )}
    </div>
  )
}

function DeployForm({ prompt }: { prompt: Prompt }) {
  const { data: environments = [] } = useEnvironments()
  const [chosen, setChosen] = useState<string>()
  const deploy = useDeploy(prompt)
  const environment = chosen ?? environments[0]
  if (environment === undefined) return null
  return (
    <div className="bar">
      <select
        aria-label={`Environment of ${prompt.name}`}
        value={environment}
        onChange={(event) => setChosen(event.target.value)}
      >
        {environments.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <button type="button" disabled={deploy.isPending} onClick={() => deploy.mutate(environment)}>
        Deploy {prompt.name}
      </button>
    </div>
  )
}
