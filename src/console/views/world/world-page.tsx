/**
 * The world: runners on the left, which are here, with the sessions that wait; what the chosen one has to do in the middle;
 * one job or command on the right.
 */
import { route, show, go } from '../../model/route.js'
import { PairDialog } from '../dialogs/dialogs.js'
import { WorkPane } from './work-panes.js'
import { RunnerPane } from './runner-pane.js'
import { signal } from '@preact/signals'
import { ALL, choiceOf, narrow, projectChoice, type Filter } from '../../model/list-filters.js'
import { duration, many, shareText } from '../../model/labels.js'
import { projects, runners, sessions, tallyOf, work } from '../../model/world-state.js'
import { Filters } from '../../parts/field.js'
import { VirtualList } from '../../parts/virtual-list.js'
import type { RunnerView, SessionView } from '../../../generated/kit-schema.js'
import { act, adminCall, readView } from '../../model/admin-api.js'
import { useWatched } from '../../model/live.js'
import { virtualNow } from '../../model/time.js'
import { Button, CopyButton, Icon } from '../../parts/button.js'
import { Countdown, Cut } from '../../parts/values.js'

/** The page. On narrow screens only the deepest open column shows. */
export function WorldPage() {
  const { runner, job, command } = route.value
  const depth = job !== undefined || command !== undefined ? 2 : runner === undefined ? 0 : 1
  return (
    <div class="world" data-depth={depth}>
      <RunnerList />
      <RunnerPane />
      {job !== undefined && <WorkPane key={job} kind="job" id={job} />}
      {command !== undefined && <WorkPane key={command} kind="command" id={command} />}
    </div>
  )
}

function RunnerList() {
  const shown = narrow([...runners.value.values()].reverse(), filter)
  shown.sort((a, b) => Number(b.status === 'connected') - Number(a.status === 'connected'))
  return (
    <section class="column runner-list" aria-label="Runners">
      <header class="column-head">
        <h2>
          Runners <span class="count">{shareText(shown.length, runners.value.size)}</span>
        </h2>
        <Button icon="plus" words="Pair" kind="small push" onClick={() => show(<PairDialog />)} />
      </header>
      <Filters of={filter} kind="filters" />
      <AllRow />
      <VirtualList
        items={shown}
        keyOf={({ id }) => id}
        rowHeight={projects.value.size > 1 ? 82 : 62}
        label="Runners"
        current={route.value.runner}
        onMove={({ id }, how) => go({ page: 'world', runner: id }, how)}
        empty={<NoRunners />}
      >
        {(runner) => <RunnerRow runner={runner} />}
      </VirtualList>
      <WaitingSessions />
    </section>
  )
}

const filter: Filter<RunnerView> = {
  label: 'Search runners',
  search: signal(''),
  text: ({ name, id, agents, workspace, user }) => [name, id, ...agents, workspace, user].join(' '),
  choices: [
    choiceOf('Status', ['connected', 'disconnected'], ({ status }) => status),
    choiceOf('Type', ['endpoint', 'connect'], ({ type }) => type),
    projectChoice(({ project_id: project }) => project),
  ],
}

function AllRow() {
  const isOpen = route.value.runner === ALL || route.value.runner === undefined
  return (
    <button
      type="button"
      class={isOpen ? 'all-row current' : 'all-row'}
      aria-current={isOpen}
      onClick={() => go({ page: 'world', runner: ALL })}
    >
      <span>All runners</span>
      <span class="count">{many(work.job.value.size, 'job')}</span>
    </button>
  )
}

function RunnerRow({ runner }: { runner: RunnerView }) {
  return (
    <div class="runner-row">
      <span class={`dot ${runner.status}`} aria-hidden="true" />
      <span class="name">{runner.name}</span>
      <span class={`tag ${runner.type}`}>{runner.type}</span>
      <span class="sub">
        <span class="visually-hidden">{runner.status}, </span>
        <Countdown runner={runner} />
        <span class="work">{wordsOf(tallyOf(runner))}</span>
      </span>
      {projects.value.size > 1 && <Cut kind="sub cut" text={projects.value.get(runner.project_id)?.name} />}
    </div>
  )
}

function wordsOf({ busy, queued }: ReturnType<typeof tallyOf>): string {
  const parts = [busy > 0 ? `${busy} running` : '', queued > 0 ? `${queued} queued` : '']
  return parts.filter((part) => part !== '').join(' · ')
}

function NoRunners() {
  if (runners.value.size > 0) return <p>No runner passes these filters.</p>
  return (
    <>
      <p>No runner is paired.</p>
      <p class="faint">Pair one, or start an SDK or daemon against this server.</p>
    </>
  )
}

/** Pairing sessions that wait for a person to open their link: the link, the time left, and a way to do it here. */
function WaitingSessions() {
  if (sessions.value.size === 0) return null
  return (
    <section class="column-foot waiting" aria-label="Waiting for activation">
      <p>{many(sessions.value.size, 'pairing session')} waiting for activation</p>
      <ul class="scroll">
        {[...sessions.value.values()].map((session) => (
          <Waiting key={session.id} session={session} />
        ))}
      </ul>
    </section>
  )
}

function Waiting({ session }: { session: SessionView }) {
  const { id, type, project_id: projectId, runner_id: runnerId, expires_at: end } = session
  const project = projects.value.get(projectId)?.name ?? projectId
  // It holds a key, so it is asked for by itself.
  const link = useWatched<{ link: string }>(id, { read: () => readView(`/pairing/${id}/link`, 'link') }).value?.link
  const activate = async (): Promise<void> => {
    const { isOk } = await act('Activate pairing session', adminCall(`POST /pairing/${id}/activate`))
    if (isOk) go({ page: 'world', runner: runnerId })
  }
  return (
    <li>
      <span class={`tag ${type}`}>{type}</span>
      <Cut text={project} />
      <span class="number faint">{duration(Date.parse(end) - virtualNow())} left</span>
      <span class="link">
        {link !== undefined && (
          <>
            <a href={link} target="_blank" rel="noreferrer">
              <Icon name="link" size={14} />
              Pairing link
            </a>
            <CopyButton text={() => link} title="Copy pairing link" />
          </>
        )}
      </span>
      <Button words="Activate" label={`Activate ${type} session for ${project}`} onClick={() => void activate()} />
    </li>
  )
}
