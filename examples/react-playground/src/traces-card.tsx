import { useId, useState } from 'react'
import { useEnvironments, useTraces } from './queries'

/** What the agents of a project have done: all of it, or in one environment. */
export function TracesCard({ projectId }: { projectId: string }) {
  const id = useId()
  const [environment, setEnvironment] = useState('')
  const { data: environments = [] } = useEnvironments()
  const { data: traces = [] } = useTraces(projectId, environment === '' ? undefined : environment)
  return (
    <section className="card" aria-labelledby="traces-title">
      <h2 id="traces-title">Traces</h2>
      <div className="field">
        <label htmlFor={id} className="name">
          Environment
        </label>
        <select id={id} value={environment} onChange={(event) => setEnvironment(event.target.value)}>
          <option value="">all</option>
          {environments.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <ol className="traces" aria-labelledby="traces-title">
        {traces.map((trace) => (
          <li key={trace.id}>
            {trace.name} {trace.environment !== undefined && <span className="hint">{trace.environment}</span>}
          </li>
        ))}
      </ol>
    </section>
  )
}
