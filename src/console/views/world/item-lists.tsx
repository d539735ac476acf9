/** The lists of jobs and of bridge commands. */
import { ALL, itemSearch, itemStatus } from '../../model/requests/log-filters.js'
import { go, route } from '../../model/route.js'
import { plain, shortId } from '../../model/labels.js'
import { projects, runners, type Command, type Job } from '../../model/world-state.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { Choice, Search } from '../../parts/search.js'
import { Status } from '../../parts/status.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { ProjectChoice } from './project-choice.js'

const ROW_HEIGHT = 40
const NARROW_ROW_HEIGHT = 62

/** Jobs, the newest first. */
export function JobList({ jobs, withRunner }: { jobs: readonly Job[]; withRunner: boolean }) {
  const open = (job: Job, how: 'key' | 'click'): void =>
    go({ page: 'world', runner: route.value.runner ?? ALL, job: job.id }, how === 'key' ? 'replace' : 'push')
  return (
    <>
      <ItemFilters
        states={['pending', 'running', 'completed', 'failed', 'cancelled']}
        label="Search jobs"
        withProject={withRunner}
      />
      <Head
        columns={['Status', 'Agent', ...(withRunner ? ['Runner', 'Project'] : []), 'Id', 'Created', 'Took']}
        withRunner={withRunner}
      />
      <VirtualList
        items={jobs}
        keyOf={({ id }) => id}
        rowHeight={ROW_HEIGHT}
        narrowRowHeight={NARROW_ROW_HEIGHT}
        label="Jobs"
        current={route.value.job}
        onMove={open}
        empty={<p>No jobs here.</p>}
      >
        {(job) => (
          <div class={withRunner ? 'item-row with-runner' : 'item-row'}>
            <Status state={job.status} />
            <span class="name">{job.agent_name}</span>
            {withRunner && <Whose runnerId={job.runner_id} />}
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
      <ItemFilters
        states={['pending', 'picked_up', 'completed', 'failed', 'timed_out']}
        label="Search commands"
        withProject={withRunner}
      />
      <Head
        columns={['Status', 'Type', ...(withRunner ? ['Runner', 'Project'] : []), 'Id', 'Sent', 'Took']}
        withRunner={withRunner}
      />
      <VirtualList
        items={commands}
        keyOf={({ id }) => id}
        rowHeight={ROW_HEIGHT}
        narrowRowHeight={NARROW_ROW_HEIGHT}
        label="Commands"
        current={route.value.command}
        onMove={open}
        empty={<p>No commands here.</p>}
      >
        {(command) => (
          <div class={withRunner ? 'item-row with-runner' : 'item-row'}>
            <Status state={command.status} />
            <span class="name">{command.type}</span>
            {withRunner && <Whose runnerId={command.runner_id} />}
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

/** The runner of a job or command, and its project. */
function Whose({ runnerId }: { runnerId: string }) {
  const runner = runners.get(runnerId)
  const project = projects.get(runner?.project_id ?? '')?.name
  return (
    <>
      <span class="cut" title={runner?.name}>
        {runner?.name}
      </span>
      <span class="cut" title={project}>
        {project}
      </span>
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

function ItemFilters(props: { states: readonly string[]; label: string; withProject: boolean }) {
  const { states, label, withProject } = props
  return (
    <div class="filters bar">
      <Search text={itemSearch} label={label} />
      <Choice
        value={itemStatus}
        label="Status"
        options={[[ALL, 'Any status'], ...states.map((state) => [state, plain(state)] as const)]}
      />
      {withProject && <ProjectChoice />}
    </div>
  )
}
