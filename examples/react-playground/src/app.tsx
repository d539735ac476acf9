import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import { AgentForm } from './agent-form'
import { ConnectionBadge } from './connection-badge'
import { PromptsCard, type Draft } from './prompts-card'
import { useRunner } from './queries'
import { RunView } from './run-view'
import { TracesCard } from './traces-card'

const projectName = import.meta.env.VITE_OPIK_PROJECT ?? 'Default Project'

export function App() {
  const [client] = useState(() => new QueryClient())
  return (
    <QueryClientProvider client={client}>
      <Playground />
    </QueryClientProvider>
  )
}

function Playground() {
  const { data: runner, error } = useRunner(projectName)
  const [jobId, setJobId] = useState<string>()
  const [drafts, setDrafts] = useState<Draft[]>([])
  return (
    <>
      <header className="bar">
        <h1>Agent playground</h1>
        <ConnectionBadge runner={runner} error={error} />
      </header>
      <main className="columns">
        <section className="card" aria-labelledby="new-run-title">
          <h2 id="new-run-title">New run</h2>
          {runner?.status === 'connected' ? (
            <AgentForm runner={runner} drafts={drafts} onCreated={setJobId} />
          ) : (
            <Absence name={runner?.name} />
          )}
        </section>
        <section className="card" aria-labelledby="run-title">
          <h2 id="run-title">Latest run</h2>
          {jobId === undefined ? (
            <p className="hint">Choose an agent, fill in its inputs and run it.</p>
          ) : (
            <RunView key={jobId} jobId={jobId} />
          )}
        </section>
        {runner && (
          <>
            <PromptsCard projectId={runner.project_id} drafts={drafts} onDrafts={setDrafts} />
            <TracesCard projectId={runner.project_id} />
          </>
        )}
      </main>
    </>
  )
}

/** No runner, or one whose heartbeat has lapsed: it has no agents then. */
function Absence({ name }: { name: string | undefined }) {
  if (name !== undefined) return <p className="hint">Waiting for {name} to come back.</p>
  return (
    <p className="hint">
      No runner is connected to <strong>{projectName}</strong>. Start one on your machine with{' '}
      <code>opik endpoint</code>, and its agents appear here.
    </p>
  )
}
