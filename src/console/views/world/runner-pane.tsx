/** The middle column: one runner with its jobs and commands, or those of all runners. */
import { signal } from '@preact/signals'
import type { RunnerDetail } from '../../../kernel/admin-views.js'
import { act, ADMIN, readAdmin } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { ALL, openRunner, shownCommands, shownJobs } from '../../model/requests/log-filters.js'
import { keepAlive, keptAlive } from '../../model/keep-alive.js'
import { wantRunner } from '../../model/live.js'
import { show } from '../../model/overlay.js'
import { heartbeatCall } from '../../model/pair-by-hand.js'
import { go, route } from '../../model/route.js'
import { hasMembers } from '../../model/body-shape.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { commands, heedWorld, jobs, projects, runnerIn, type Runner } from '../../model/world-state.js'
import { Id } from '../../parts/copy.js'
import { Countdown } from '../../parts/countdown.js'
import { Icon } from '../../parts/icon.js'
import { Menu, type MenuItem } from '../../parts/menu.js'
import { TimeAgo } from '../../parts/moment.js'
import { Status } from '../../parts/status.js'
import { Tabs, type Tab } from '../../parts/tabs.js'
import { CommandList, JobList } from './item-lists.js'
import { RunnerFacts } from './runner-facts.js'

const chosenTab = signal<string | undefined>(undefined)

/** The column. */
export function RunnerPane() {
  heedWorld()
  const id = route.value.runner
  const runner = openRunner.value
  const isAll = id === undefined || id === ALL
  return (
    <section class="column runner-pane" aria-label={isAll ? 'All runners' : 'Runner'}>
      {isAll ? <AllHead /> : runner === undefined ? <GoneHead id={id} /> : <RunnerHead runner={runner} />}
      {(isAll || runner !== undefined) && <Work runner={runner} />}
    </section>
  )
}

function Back() {
  return (
    <button
      type="button"
      class="button quiet icon-only back"
      aria-label="Back to runners"
      onClick={() => go({ page: 'world' })}
    >
      <Icon name="chevron-left" />
    </button>
  )
}

function AllHead() {
  return (
    <header class="column-head">
      <Back />
      <h2>All runners</h2>
    </header>
  )
}

function GoneHead({ id }: { id: string }) {
  return (
    <header class="column-head">
      <Back />
      <div>
        <h2>Runner is gone</h2>
        <p class="faint">
          It was disconnected, evicted or purged, or this is another world. <Id id={id} />
        </p>
      </div>
    </header>
  )
}

function RunnerHead({ runner }: { runner: Runner }) {
  heedWorld()
  const project = projects.get(runner.project_id)
  return (
    <header class="runner-head">
      <div class="title-row">
        <Back />
        <h2 title={runner.name}>{runner.name}</h2>
        <Status state={runner.status} />
        <Countdown runner={runner} />
        <RunnerActions runner={runner} />
      </div>
      <dl class="facts">
        <div>
          <dt>Type</dt>
          <dd>{runner.type}</dd>
        </div>
        <div>
          <dt>Project</dt>
          <dd>{project?.name ?? '–'}</dd>
        </div>
        <div>
          <dt>Owner</dt>
          <dd>
            {runner.user} <span class="faint">in</span> {runner.workspace}
          </dd>
        </div>
        <div>
          <dt>Paired</dt>
          <dd>
            <TimeAgo at={runner.connected_at} />
          </dd>
        </div>
        <div>
          <dt>Id</dt>
          <dd>
            <Id id={runner.id} />
          </dd>
        </div>
      </dl>
    </header>
  )
}

function RunnerActions({ runner }: { runner: Runner }) {
  heedWorld()
  const { id, type } = runner
  const isKept = keptAlive.value.has(id)
  const beat = (): void => void act('Send heartbeat', heartbeatCall(id, runner, type))
  const poll = (): void =>
    void act(
      type === 'connect' ? 'Take next commands' : 'Take next job',
      callOf(type === 'connect' ? 'nextBridgeCommands' : 'nextJob', runner, { runnerId: id }),
    )
  return (
    <div class="actions">
      {type === 'endpoint' ? (
        <button type="button" class="button small primary" onClick={() => show({ name: 'new-job', runner: id })}>
          <Icon name="plus" size={14} />
          New job
        </button>
      ) : (
        <button type="button" class="button small primary" onClick={() => show({ name: 'new-command', runner: id })}>
          <Icon name="plus" size={14} />
          New command
        </button>
      )}
      <Menu label="Life" icon="heart" items={lifeOf(runner)} />
      <Menu
        label="As the runner"
        icon="terminal"
        items={[
          { label: 'Send a heartbeat', onChoose: beat },
          {
            label: isKept ? 'Stop its heartbeats from this page' : 'Send its heartbeats from this page',
            onChoose: () => keepAlive(id, !isKept),
          },
          { label: type === 'connect' ? 'Take the next commands' : 'Take the next job', onChoose: poll },
          { label: 'Register agents…', onChoose: () => show({ name: 'register-agents', runner: id }) },
          { label: 'Disconnect…', onChoose: () => show({ name: 'disconnect', runner: id }) },
        ]}
      />
    </div>
  )
}

/** What may become of a runner without a client's doing. */
function lifeOf({ id, name, status, is_simulated: isSimulated }: Runner): MenuItem[] {
  const befall = async (title: string, what: 'lapse' | 'crash' | 'revive'): Promise<void> => {
    if (what !== 'revive') keepAlive(id, false)
    await act(title, { method: 'POST', path: `${ADMIN}/runners/${id}/${what}` })
    wantRunner(id)
  }
  const isConnected = status === 'connected'
  return [
    ...(isConnected ? [{ label: 'Let it lapse', onChoose: () => void befall(`Let ${name} lapse`, 'lapse') }] : []),
    ...(isSimulated ? [{ label: 'Crash', onChoose: () => void befall(`Crash ${name}`, 'crash') }] : []),
    ...(isSimulated && isConnected
      ? []
      : [{ label: 'Come back', onChoose: () => void befall(`Let ${name} come back`, 'revive') }]),
    { label: 'Evict…', onChoose: () => show({ name: 'evict', runner: id }) },
  ]
}

function Work({ runner }: { runner: Runner | undefined }) {
  heedWorld()
  const tabs: Tab[] = [
    { id: 'jobs', label: 'Jobs', count: (runner?.jobs ?? jobs).size },
    { id: 'commands', label: 'Commands', count: (runner?.commands ?? commands).size },
  ]
  if (runner !== undefined) tabs.push({ id: 'about', label: 'Agents & checklist' })
  const usual = runner?.type === 'connect' && runner.jobs.size === 0 ? 'commands' : 'jobs'
  const wanted = route.value.command === undefined ? (chosenTab.value ?? usual) : 'commands'
  const chosen = tabs.some(({ id }) => id === wanted) ? wanted : usual
  return (
    <Tabs
      name="work"
      label="Work of the runner"
      tabs={tabs}
      chosen={chosen}
      onChoose={(tab) => {
        chosenTab.value = tab
        go({ page: 'world', runner: runner?.id ?? ALL }, 'replace')
      }}
    >
      {chosen === 'jobs' && <JobList jobs={shownJobs.value} withRunner={runner === undefined} />}
      {chosen === 'commands' && <CommandList commands={shownCommands.value} withRunner={runner === undefined} />}
      {chosen === 'about' && runner !== undefined && <About key={runner.id} id={runner.id} />}
    </Tabs>
  )
}

function About({ id }: { id: string }) {
  const { value } = useWatched<RunnerDetail>(id, {
    read: async () => {
      const { body } = await readAdmin(`/runners/${id}`)
      return isRunnerDetail(body) ? body : undefined
    },
    isAbout: (event) =>
      event.type === 'request'
        ? runnerIn(event.path) === id && event.operation !== 'heartbeat'
        : 'machine' in event && event.resource.id === id,
    isEnd: (event) => 'machine' in event && event.to === 'none' && event.resource.id === id,
  })
  return value === undefined ? null : <RunnerFacts detail={value} />
}

function isRunnerDetail(value: unknown): value is RunnerDetail {
  return hasMembers(value, 'registered', 'announces', 'polls')
}
