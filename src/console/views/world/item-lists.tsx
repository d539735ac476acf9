/** The lists of jobs and of bridge commands. */
import { ALL, itemSearch, itemStatus } from '../../model/requests/log-filters.js'
import { go, route } from '../../model/route.js'
import { plain, shortId } from '../../model/labels.js'
import { runners, type Command, type Job } from '../../model/world-state.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { Choice, Search } from '../../parts/search.js'
import { Status } from '../../parts/status.js'
import { VirtualList } from '../../parts/virtual-list.js'

const ROW_HEIGHT = 40

/** Jobs, the newest first. */
export function JobList({ jobs, withRunner }: { jobs: readonly Job[]; withRunner: boolean }) {
  const open = (job: Job, how: 'key' | 'click'): void =>
    go({ page: 'world', runner: route.value.runner ?? ALL, job: job.id }, how === 'key' ? 'replace' : 'push')
  return (
    <>
      <ItemFilters states={['pending', 'running', 'completed', 'failed', 'cancelled']} label="Search jobs" />
      <Head
        columns={['Status', 'Agent', ...(withRunner ? ['Runner'] : []), 'Id', 'Created', 'Took']}
        withRunner={withRunner}
      />
      <VirtualList
        items={jobs}
        keyOf={({ id }) => id}
        rowHeight={ROW_HEIGHT}
        label="Jobs"
        current={route.value.job}
        onMove={open}
        empty={<p>No jobs here.</p>}
      >
        {(job) => (
          <div class={withRunner ? 'item-row with-runner' : 'item-row'}>
            <Status state={job.status} />
            <span class="name">{job.agent_name}</span>
            {withRunner && <span class="cut">{runners.get(job.runner_id)?.name ?? ''}</span>}
            <code class="faint">{shortId(job.id)}</code>
            <span class="when">
              <TimeAgo at={job.created_at} />
            </span>
            <span class="when">
              <DurationText from={job.started_at} to={job.completed_at} />
            </span>
          </div>
        )}
      </VirtualList>
    </>
  )
}

/** Bridge commands, the newest first. */
export function CommandList({ commands, withRunner }: { commands: readonly Command[]; withRunner: boolean }) {
  const open = (command: Command, how: 'key' | 'click'): void =>
    go({ page: 'world', runner: route.value.runner ?? ALL, command: command.id }, how === 'key' ? 'replace' : 'push')
  return (
    <>
      <ItemFilters states={['pending', 'picked_up', 'completed', 'failed', 'timed_out']} label="Search commands" />
      <Head
        columns={['Status', 'Type', ...(withRunner ? ['Runner'] : []), 'Id', 'Sent', 'Took']}
        withRunner={withRunner}
      />
      <VirtualList
        items={commands}
        keyOf={({ id }) => id}
        rowHeight={ROW_HEIGHT}
        label="Commands"
        current={route.value.command}
        onMove={open}
        empty={<p>No commands here.</p>}
      >
        {(command) => (
          <div class={withRunner ? 'item-row with-runner' : 'item-row'}>
            <Status state={command.status} />
            <span class="name">{command.type}</span>
            {withRunner && <span class="cut">{runners.get(command.runner_id)?.name ?? ''}</span>}
            <code class="faint">{shortId(command.id)}</code>
            <span class="when">
              <TimeAgo at={command.submitted_at} />
            </span>
            <span class="when">
              <DurationText from={command.picked_up_at} to={command.completed_at} />
            </span>
          </div>
        )}
      </VirtualList>
    </>
  )
}

function Head({ columns, withRunner }: { columns: readonly string[]; withRunner: boolean }) {
  return (
    <div class={withRunner ? 'item-row item-head with-runner' : 'item-row item-head'} aria-hidden="true">
      {columns.map((column) => (
        <span key={column}>{column}</span>
      ))}
    </div>
  )
}

function ItemFilters({ states, label }: { states: readonly string[]; label: string }) {
  return (
    <div class="filters in-row">
      <Search text={itemSearch} label={label} />
      <Choice
        value={itemStatus}
        label="Status"
        options={[[ALL, 'Any status'], ...states.map((state) => [state, plain(state)] as const)]}
      />
    </div>
  )
}
