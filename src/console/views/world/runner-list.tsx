/** The column of runners, with its filters. */
import { ALL, runnerSearch, runnerStatus, runnerType, shownRunners } from '../../model/requests/log-filters.js'
import { show } from '../../model/overlay.js'
import { go, route } from '../../model/route.js'
import { many } from '../../model/labels.js'
import { heedWorld, jobs, projects, runners, type Runner } from '../../model/world-state.js'
import { Countdown } from '../../parts/countdown.js'
import { Icon } from '../../parts/icon.js'
import { Choice, Search } from '../../parts/search.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { ProjectChoice } from './project-choice.js'
import { WaitingSessions } from './waiting-sessions.js'

/** The column. */
export function RunnerList() {
  heedWorld()
  const shown = shownRunners.value
  const open = (runner: Runner, how: 'key' | 'click'): void =>
    go({ page: 'world', runner: runner.id }, how === 'key' ? 'replace' : 'push')
  return (
    <section class="column runner-list" aria-label="Runners">
      <header class="column-head">
        <h2>
          Runners <span class="count">{countText(shown.length)}</span>
        </h2>
        <button type="button" class="button small push" onClick={() => show({ name: 'pair' })}>
          <Icon name="plus" size={14} />
          Pair
        </button>
      </header>
      <Filters />
      <AllRow />
      <VirtualList
        items={shown}
        keyOf={({ id }) => id}
        rowHeight={projects.size > 1 ? 82 : 62}
        label="Runners"
        current={route.value.runner}
        onMove={open}
        empty={<NoRunners />}
      >
        {(runner) => <RunnerRow runner={runner} />}
      </VirtualList>
      <WaitingSessions />
    </section>
  )
}

function countText(shown: number): string {
  const all = runners.size
  return shown === all ? all.toLocaleString('en') : `${shown.toLocaleString('en')} of ${all.toLocaleString('en')}`
}

function Filters() {
  return (
    <div class="filters">
      <Search text={runnerSearch} label="Search runners" />
      <div class="filter-row">
        <Choice
          value={runnerStatus}
          label="Status"
          options={[
            [ALL, 'Any status'],
            ['connected', 'Connected'],
            ['disconnected', 'Disconnected'],
          ]}
        />
        <Choice
          value={runnerType}
          label="Type"
          options={[
            [ALL, 'Any type'],
            ['endpoint', 'Endpoint'],
            ['connect', 'Connect'],
          ]}
        />
      </div>
      <ProjectChoice />
    </div>
  )
}

function AllRow() {
  heedWorld()
  const isOpen = route.value.runner === ALL || route.value.runner === undefined
  return (
    <button
      type="button"
      class={isOpen ? 'all-row current' : 'all-row'}
      aria-current={isOpen}
      onClick={() => go({ page: 'world', runner: ALL })}
    >
      <span>All runners</span>
      <span class="count">{many(jobs.size, 'job')}</span>
    </button>
  )
}

function RunnerRow({ runner }: { runner: Runner }) {
  heedWorld()
  return (
    <div class="runner-row">
      <span class={`dot ${runner.status}`} aria-hidden="true" />
      <span class="name">{runner.name}</span>
      <span class={`tag ${runner.type}`}>{runner.type}</span>
      <span class="sub">
        <span class="visually-hidden">{runner.status}, </span>
        <Countdown runner={runner} />
        <span class="work">{workOf(runner)}</span>
      </span>
      {projects.size > 1 && (
        <span class="sub cut" title={projects.get(runner.project_id)?.name}>
          {projects.get(runner.project_id)?.name}
        </span>
      )}
    </div>
  )
}

function workOf({ counts }: Runner): string {
  const busy = (counts.get('running') ?? 0) + (counts.get('picked_up') ?? 0)
  const queued = counts.get('pending') ?? 0
  const parts = [busy > 0 ? `${busy} running` : '', queued > 0 ? `${queued} queued` : '']
  return parts.filter((part) => part !== '').join(' · ')
}

function NoRunners() {
  heedWorld()
  if (runners.size > 0) return <p>No runner passes these filters.</p>
  return (
    <>
      <p>No runner is paired.</p>
      <p class="faint">Pair one, or start an SDK or daemon against this server.</p>
    </>
  )
}
