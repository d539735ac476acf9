/** How well the runners that talk to this server keep their side of the contract. */
import type { ConductReport, ConductVerdict, RunnerConduct } from '../../../generated/kit-schema.js'
import { readAdmin, viewWith } from '../../model/admin-api.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { clockTime, many } from '../../model/labels.js'
import { Mark } from '../../parts/values.js'

export function Conduct() {
  const { value } = useWatched<{ isWatched: boolean; runners: readonly RunnerConduct[] }>('conduct', {
    read: async () => {
      const { status, body } = await readAdmin('/conduct')
      return { isWatched: status !== 409, runners: isReport(body) ? body.runners : [] }
    },
    isAbout: (event) => event.type === 'request',
  })
  if (value === undefined) return null
  if (!value.isWatched) {
    return (
      <div class="empty">
        <p>Nobody is watched.</p>
        <p class="faint">
          Start the server with <code>serve --conduct</code> to have its clients graded.
        </p>
      </div>
    )
  }
  if (value.runners.length === 0) return <div class="empty">No runner has called yet.</div>
  return (
    <div class="scroll padded">
      {value.runners.map((runner) => (
        <RunnerVerdicts key={runner.runner_id} runner={runner} />
      ))}
    </div>
  )
}

const isReport = viewWith<ConductReport>('runners')

const order = ['broken', 'kept', 'not exercised']

function RunnerVerdicts({ runner: { name, type, runner_id: id, calls, verdicts } }: { runner: RunnerConduct }) {
  const sorted = verdicts.toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
  const broken = verdicts.filter(({ outcome }) => outcome === 'broken').length
  return (
    <article class="card conduct">
      <header>
        <strong>{name ?? 'unknown runner'}</strong>
        <span class="tag">{type ?? id}</span>
        <span class="faint">{many(calls, 'call')}</span>
        <span class={broken === 0 ? 'push good' : 'push bad'}>
          {broken === 0 ? 'nothing broken' : `${broken} of ${verdicts.length} rules broken`}
        </span>
      </header>
      <ul>
        {sorted.map((verdict) => (
          <Verdict key={verdict.rule} verdict={verdict} />
        ))}
      </ul>
    </article>
  )
}

function Verdict({ verdict: { rule, title, severity, outcome, evidence } }: { verdict: ConductVerdict }) {
  return (
    <li class={`verdict ${outcome.replace(' ', '-')}`}>
      <Mark words={outcome} icon={outcome === 'kept' ? 'check' : outcome === 'broken' ? 'close' : undefined} />
      <div>
        <span>{title}</span> <code class="faint">{rule}</code>
        {severity === 'should' && <span class="faint"> · should</span>}
        {evidence.map(({ at, operation, note }, index) => (
          <p key={index} class="evidence">
            <span class="number">{clockTime(Date.parse(at), 'milliseconds')}</span> {operation}: {note}
          </p>
        ))}
      </div>
    </li>
  )
}
