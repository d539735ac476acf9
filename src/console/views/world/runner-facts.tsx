/** What a runner has told of itself: agents with their parameters, capabilities and checklist. */
import type { RunnerDetail } from '../../../kernel/admin-views.js'
import { many } from '../../model/labels.js'
import { Json } from '../../parts/json.js'
import { OtherFields } from './detail-parts.js'

/** The facts. */
export function RunnerFacts({ detail }: { detail: RunnerDetail }) {
  const { registered, capabilities, checklist, announces, polls } = detail
  return (
    <div class="scroll padded">
      <h3>Agents</h3>
      {registered.length === 0 && <p class="faint">No agent is registered.</p>}
      {registered.map((agent) => (
        <Agent key={agent.name} agent={agent} />
      ))}
      <h3>Capabilities</h3>
      <p class="tags">
        {capabilities.map((capability) => (
          <span key={capability} class="tag">
            {capability}
          </span>
        ))}
      </p>
      <h3>Waiting now</h3>
      <p>
        {many(polls.jobs, 'poll')} for jobs, {many(polls.commands, 'poll')} for commands.
        {announces.length > 0 && ` Its next heartbeat hears of ${many(announces.length, 'cancelled job')}.`}
      </p>
      <h3>Checklist</h3>
      {checklist === undefined ? <p class="faint">None was sent.</p> : <Json value={checklist} label="checklist" />}
      <OtherFields of={detail.fields ?? {}} shown={[]} />
    </div>
  )
}

function Agent({ agent }: { agent: RunnerDetail['registered'][number] }) {
  const { name, description, language, timeout, params = [] } = agent
  return (
    <article class="card">
      <header>
        <strong>{name}</strong>
        {language !== undefined && <span class="tag">{language}</span>}
        <span class="faint">{timeout > 0 ? `timeout ${timeout} s` : 'default timeout'}</span>
      </header>
      {description !== undefined && <p>{description}</p>}
      {params.length > 0 && (
        <ul class="params">
          {params.map((param) => (
            <li key={param.name}>
              <code>{param.name}</code> <span class="faint">{param.type}</span>
              {param.presence === 'optional' && <span class="faint"> optional</span>}
            </li>
          ))}
        </ul>
      )}
    </article>
  )
}
