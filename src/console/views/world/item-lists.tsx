/** The list of jobs, and that of bridge commands. */
import { ALL, itemSearch, itemStatus } from '../../model/requests/log-filters.js'
import { go, route } from '../../model/route.js'
import { plain, shortId } from '../../model/labels.js'
import { projects, runners, type Command, type Job } from '../../model/world-state.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { Choice, Search } from '../../parts/field.js'
import { Status } from '../../parts/status.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { ProjectChoice } from './detail-parts.js'

const ROW_HEIGHT = 40
const NARROW_ROW_HEIGHT = 62

/** What the lists of jobs and of commands differ in. */
interface ItemKind<Item> {
  /** What one is called in the address. */
  readonly name: 'job' | 'command'
  readonly states: readonly string[]
  /** Heads of the columns for its name and for when it was made. */
  readonly heads: readonly [string, string]
  readonly rowOf: (item: Item) => { name: string; made: string; begun: string | undefined; ended: string | undefined }
}

export const jobKind: ItemKind<Job> = {
  name: 'job',
  states: ['pending', 'running', 'completed', 'failed', 'cancelled'],
  heads: ['Agent', 'Created'],
  rowOf: ({ agent_name: name, created_at: made, started_at: begun, completed_at: ended }) => ({
    name,
    made,
    begun,
    ended,
  }),
}

export const commandKind: ItemKind<Command> = {
  name: 'command',
  states: ['pending', 'picked_up', 'completed', 'failed', 'timed_out'],
  heads: ['Type', 'Sent'],
  rowOf: ({ type: name, submitted_at: made, picked_up_at: begun, completed_at: ended }) => ({
    name,
    made,
    begun,
    ended,
  }),
}

/** Jobs or bridge commands, the newest first. */
export function ItemList<Item extends Job | Command>(props: {
  kind: ItemKind<Item>
  items: readonly Item[]
  withRunner: boolean
}) {
  const { kind, items, withRunner } = props
  const [nameHead, madeHead] = kind.heads
  const open = ({ id }: Item, how: 'key' | 'click'): void => {
    const what = kind.name === 'job' ? { job: id } : { command: id }
    go({ page: 'world', runner: route.value.runner ?? ALL, ...what }, how === 'key' ? 'replace' : 'push')
  }
  const row = withRunner ? 'item-row with-runner' : 'item-row'
  return (
    <>
      <ItemFilters states={kind.states} label={`Search ${kind.name}s`} withProject={withRunner} />
      <div class={`${row} item-head`} aria-hidden="true">
        {['Status', nameHead, ...(withRunner ? ['Runner', 'Project'] : []), 'Id', madeHead, 'Took'].map((column) => (
          <span key={column}>{column}</span>
        ))}
      </div>
      <VirtualList
        items={items}
        keyOf={({ id }) => id}
        rowHeight={ROW_HEIGHT}
        narrowRowHeight={NARROW_ROW_HEIGHT}
        label={kind.name === 'job' ? 'Jobs' : 'Commands'}
        current={route.value[kind.name]}
        onMove={open}
        empty={<p>No {kind.name}s here.</p>}
      >
        {(item) => {
          const { name, made, begun, ended } = kind.rowOf(item)
          return (
            <div class={row}>
              <Status state={item.status} />
              <span class="name">{name}</span>
              {withRunner && <Whose runnerId={item.runner_id} />}
              <code class="faint">{shortId(item.id)}</code>
              <span class="when">
                <TimeAgo at={made} />
              </span>
              <span class="when">
                <DurationText from={begun} to={ended} />
              </span>
            </div>
          )
        }}
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
