/** The list of jobs, and that of bridge commands. */
import { ALL, itemSearch, itemStatus, shownWork } from '../../model/requests/log-filters.js'
import { go, route } from '../../model/route.js'
import { shortId } from '../../model/labels.js'
import { projects, runners, type Work } from '../../model/world-state.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { Search } from '../../parts/field.js'
import { Status } from '../../parts/status.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { Cut, ListHead, ProjectChoice, StateChoice } from './detail-parts.js'

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
  const row = withRunner ? 'item-row with-runner' : 'item-row'
  return (
    <>
      <div class="filters bar">
        <Search text={itemSearch} label={`Search ${kind}s`} />
        <StateChoice value={itemStatus} states={states} />
        {withRunner && <ProjectChoice />}
      </div>
      <ListHead
        kind={row}
        columns={['Status', columns[0], ...(withRunner ? ['Runner', 'Project'] : []), 'Id', columns[1], 'Took']}
      />
      <VirtualList
        items={shownWork[kind].value}
        keyOf={({ id }) => id}
        rowHeight={40}
        narrowRowHeight={62}
        label={label}
        current={route.value[kind]}
        onMove={({ id }, how) => go({ page: 'world', runner: route.value.runner ?? ALL, [kind]: id }, how)}
        empty={<p>No {kind}s here.</p>}
      >
        {(item) => <Row kind={row} item={item} withRunner={withRunner} />}
      </VirtualList>
    </>
  )
}

function Row({ kind, item, withRunner }: { kind: string; item: Work; withRunner: boolean }) {
  const { name, status, made, begun, ended } = item
  const runner = runners.get(item.runner_id)
  return (
    <div class={kind}>
      <Status state={status} />
      <span class="name">{name}</span>
      {withRunner && <Cut text={runner?.name} />}
      {withRunner && <Cut text={projects.get(runner?.project_id ?? '')?.name} />}
      <code class="faint">{shortId(item.id)}</code>
      <span class="when">
        <TimeAgo at={made} />
      </span>
      <span class="when">
        <DurationText from={begun} to={ended} />
      </span>
    </div>
  )
}
