/** How well the runners that talk to this server keep their side of the contract. */
import { memberOf, objectsAt, textAt, type JsonObject } from '../../../kernel/json-value.js'
import { readAdmin } from '../../model/admin-api.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { clockTime, many } from '../../model/labels.js'
import { Icon } from '../../parts/icon.js'

interface Report {
  readonly isWatched: boolean
  readonly runners: readonly JsonObject[]
}

/** The verdicts, runner by runner; those that were broken first. */
export function Conduct() {
  const { value } = useWatched<Report>('conduct', {
    read: async () => {
      const { status, body } = await readAdmin('/conduct')
      return { isWatched: status !== 409, runners: objectsAt(body, 'runners') }
    },
    isAbout: (event) => event.type === 'request',
    patience: 1000,
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
        <RunnerVerdicts key={textAt(runner, 'runner_id')} runner={runner} />
      ))}
    </div>
  )
}

const order = ['broken', 'kept', 'not exercised']

function RunnerVerdicts({ runner }: { runner: JsonObject }) {
  const verdicts = objectsAt(runner, 'verdicts').toSorted(
    (a, b) => order.indexOf(textAt(a, 'outcome')) - order.indexOf(textAt(b, 'outcome')),
  )
  const broken = verdicts.filter((verdict) => textAt(verdict, 'outcome') === 'broken').length
  return (
    <article class="card conduct">
      <header>
        <strong>{textAt(runner, 'name') || 'unknown runner'}</strong>
        <span class="tag">{textAt(runner, 'type') || textAt(runner, 'runner_id')}</span>
        <span class="faint">{many(Number(memberOf(runner, 'calls') ?? 0), 'call')}</span>
        <span class={broken === 0 ? 'push good' : 'push bad'}>
          {broken === 0 ? 'nothing broken' : `${broken} of ${verdicts.length} rules broken`}
        </span>
      </header>
      <ul>
        {verdicts.map((verdict) => (
          <Verdict key={textAt(verdict, 'rule')} verdict={verdict} />
        ))}
      </ul>
    </article>
  )
}

function Verdict({ verdict }: { verdict: JsonObject }) {
  const outcome = textAt(verdict, 'outcome')
  const evidence = objectsAt(verdict, 'evidence')
  return (
    <li class={`verdict ${outcome.replace(' ', '-')}`}>
      <span class="mark" title={outcome}>
        {outcome === 'kept' ? (
          <Icon name="check" size={14} />
        ) : outcome === 'broken' ? (
          <Icon name="close" size={14} />
        ) : (
          '·'
        )}
        <span class="visually-hidden">{outcome}: </span>
      </span>
      <div>
        <span>{textAt(verdict, 'title')}</span> <code class="faint">{textAt(verdict, 'rule')}</code>
        {textAt(verdict, 'severity') === 'should' && <span class="faint"> · should</span>}
        {evidence.map((each, index) => (
          <p key={index} class="evidence">
            <span class="number">{clockTime(Date.parse(textAt(each, 'at')), 'milliseconds')}</span>{' '}
            {textAt(each, 'operation')}: {textAt(each, 'note')}
          </p>
        ))}
      </div>
    </li>
  )
}
