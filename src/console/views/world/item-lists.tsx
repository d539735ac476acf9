/** The list of jobs, and that of bridge commands. */
import { ALL, itemSearch, itemStatus, shownWork } from '../../model/requests/log-filters.js'
import { go, route } from '../../model/route.js'
import { shortId } from '../../model/labels.js'
import { projects, runners, type WorkItem } from '../../model/world-state.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { Search } from '../../parts/field.js'
import { Status } from '../../parts/status.js'
import { Cut, TableList, type Column } from '../../parts/table-list.js'
import { ProjectChoice, StateChoice } from './detail-parts.js'

const kinds = {
  job: {
    label: 'Jobs',
    states: ['pending', 'running', 'completed', 'failed', 'cancelled'],
    columns: ['Agent', 'Created'],
  },
  command: {
    label: 'Commands',
    states: ['pending', 'picked_up', 'completed', 'failed', 'timed_out'],
    columns: ['Type', 'Sent'],
  },
} as const

export function ItemList({ kind, withRunner }: { kind: keyof typeof kinds; withRunner: boolean }) {
  const { label, states, columns } = kinds[kind]
  const owner: readonly Column<WorkItem>[] = [
    ['Runner', ({ runner_id: id }) => <Cut text={runners.get(id)?.name} />],
    ['Project', ({ runner_id: id }) => <Cut text={projects.get(runners.get(id)?.project_id ?? '')?.name} />],
  ]
  return (
    <>
      <div class="filters bar">
        <Search text={itemSearch} label={`Search ${kind}s`} />
        <StateChoice value={itemStatus} states={states} />
        {withRunner && <ProjectChoice />}
      </div>
      <TableList
        kind={withRunner ? 'item-row with-runner' : 'item-row'}
        columns={[
          ['Status', ({ status }) => <Status state={status} />],
          [columns[0], ({ name }) => name, 'name'],
          ...(withRunner ? owner : []),
          ['Id', ({ id }) => <code class="faint">{shortId(id)}</code>],
          [columns[1], ({ made }) => <TimeAgo at={made} />, 'when'],
          ['Took', ({ begun, ended }) => <DurationText from={begun} to={ended} />, 'when'],
        ]}
        items={shownWork[kind].value}
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
