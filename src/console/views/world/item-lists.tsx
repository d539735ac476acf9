/** The list of jobs, and that of bridge commands. */
import { signal } from '@preact/signals'
import { machines } from '../../../lifecycle/table.js'
import { ALL, choiceOf, narrow, openRunner, projectChoice } from '../../model/list-filters.js'
import { go, route } from '../../model/route.js'
import { shortId } from '../../model/labels.js'
import { projects, runners, work, type WorkItem } from '../../model/world-state.js'
import { Filters } from '../../parts/field.js'
import { TableList, type Column } from '../../parts/table-list.js'
import { Cut, DurationText, Status, TimeAgo } from '../../parts/values.js'

const search = signal('')

const statusIn = ({ states }: { states: object }) =>
  choiceOf<WorkItem>(
    'Status',
    Object.keys(states).filter((state) => state !== 'none'),
    ({ status }) => status,
  )

const kinds = {
  job: { label: 'Jobs', status: statusIn(machines.job), columns: ['Agent', 'Created'] },
  command: { label: 'Commands', status: statusIn(machines.bridgeCommand), columns: ['Type', 'Sent'] },
} as const

const project = projectChoice<WorkItem>(({ runner_id: id }) => runners.value.get(id)?.project_id)

const owner: readonly Column<WorkItem>[] = [
  ['Runner', ({ runner_id: id }) => <Cut text={runners.value.get(id)?.name} />],
  ['Project', ({ runner_id: id }) => <Cut text={projects.value.get(runners.value.get(id)?.project_id ?? '')?.name} />],
]

/** Those of the open runner, or of all, the newest first. */
export function ItemList({ kind }: { kind: keyof typeof kinds }) {
  const { label, status, columns } = kinds[kind]
  const runner = openRunner.value
  const filter = {
    ...{ label: `Search ${kind}s`, search, text: ({ name, id }: WorkItem) => `${name} ${id}` },
    choices: runner === undefined ? [status, project] : [status],
  }
  const all = [...work[kind].value.values()].reverse()
  const own = runner === undefined ? all : all.filter(({ runner_id: id }) => id === runner.id)
  return (
    <>
      <Filters of={filter} />
      <TableList
        kind={runner === undefined ? 'item-row with-runner' : 'item-row'}
        columns={[
          ['Status', (item) => <Status state={item.status} />],
          [columns[0], ({ name }) => name, 'name'],
          ...(runner === undefined ? owner : []),
          ['Id', ({ id }) => <code class="faint">{shortId(id)}</code>],
          [columns[1], ({ made }) => <TimeAgo at={made} />, 'when'],
          ['Took', ({ begun, ended }) => <DurationText from={begun} to={ended} />, 'when'],
        ]}
        items={narrow(own, filter)}
        keyOf={({ id }) => id}
        rowHeight={40}
        narrowRowHeight={62}
        label={label}
        current={route.value[kind]}
        onMove={({ id }, how) => go({ page: 'world', runner: route.value.runner ?? ALL, [kind]: id }, how)}
        empty={<p>No {kind}s here.</p>}
      />
    </>
  )
}
