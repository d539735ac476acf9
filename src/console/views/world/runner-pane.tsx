/** The middle column: one runner with its jobs and commands, or those of all runners. */
import { signal } from '@preact/signals'
import type { RunnerDetail, RunnerView } from '../../../generated/kit-schema.js'
import { act, adminCall, readView } from '../../model/admin-api.js'
import { callOf, keepAlive, keptAlive, heartbeatCall } from '../../model/calls.js'
import { ALL, openRunner, choiceOf, narrow, projectChoice } from '../../model/list-filters.js'
import { readWorld, useWatched } from '../../model/live.js'
import { show, go, route } from '../../model/route.js'
import { projects, tallyOf, work, runners, type WorkItem } from '../../model/world-state.js'
import { Menu, type MenuItems, Button } from '../../parts/button.js'
import { Tabs, type Tab } from '../../parts/tabs.js'
import { EndDialog, RegisterDialog, CommandDialog, JobDialog } from '../dialogs/dialogs.js'
import { many, shortId } from '../../model/labels.js'
import { OtherFields, Value } from './detail-parts.js'
import { Countdown, Id, NamedValues, Status, Moment, Cut, DurationText } from '../../parts/values.js'
import { machines } from '../../../lifecycle/table.js'
import { Filters } from '../../parts/field.js'
import { TableList, type Column } from '../../parts/virtual-list.js'

const chosenTab = signal<string | undefined>(undefined)

export function RunnerPane() {
  const id = route.value.runner
  const runner = openRunner.value
  const isAll = id === undefined || id === ALL
  return (
    <section class="column runner-pane" aria-label={isAll ? 'All runners' : 'Runner'}>
      {runner !== undefined ? <RunnerHead runner={runner} /> : <PlainHead gone={isAll ? undefined : id} />}
      {(isAll || runner !== undefined) && <Work runner={runner} />}
    </section>
  )
}

function Back() {
  return <Button icon="chevron-left" label="Back to runners" kind="back" onClick={() => go({ page: 'world' })} />
}

function PlainHead({ gone }: { gone: string | undefined }) {
  return (
    <header class="column-head">
      <Back />
      {gone === undefined ? (
        <h2>All runners</h2>
      ) : (
        <div>
          <h2>Runner is gone</h2>
          <p class="faint">
            It was disconnected, evicted or purged, or this is another world. <Id id={gone} />
          </p>
        </div>
      )}
    </header>
  )
}

function RunnerHead({ runner }: { runner: RunnerView }) {
  const project = projects.value.get(runner.project_id)
  return (
    <header class="runner-head">
      <div class="title-row">
        <Back />
        <h2 title={runner.name}>{runner.name}</h2>
        <Status state={runner.status} />
        <Countdown runner={runner} />
        <RunnerActions runner={runner} />
      </div>
      <NamedValues
        kind="facts"
        of={[
          ['Type', runner.type],
          ['Project', project?.name ?? '–'],
          ['Owner', [runner.user, ' ', <span class="faint">in</span>, ' ', runner.workspace]],
          ['Paired', <Moment at={runner.connected_at} />],
          ['Id', <Id id={runner.id} />],
        ]}
      />
    </header>
  )
}

function RunnerActions({ runner }: { runner: RunnerView }) {
  const { id, type } = runner
  const isKept = keptAlive.value.has(id)
  const isConnect = type === 'connect'
  const poll = callOf(isConnect ? 'nextBridgeCommands' : 'nextJob', runner, { runnerId: id })
  const takes = isConnect ? 'Take the next commands' : 'Take the next job'
  const items = {
    'Send a heartbeat': () => void act('Send heartbeat', heartbeatCall(id, runner, type)),
    [`${isKept ? 'Stop' : 'Send'} its heartbeats from this page`]: () => keepAlive(id, !isKept),
    [takes]: () => void act(takes.replace('the ', ''), poll),
    'Register agents…': () => show(<RegisterDialog runner={runner} />),
    'Disconnect…': () => show(<EndDialog how="disconnect" runner={runner} />),
  }
  return (
    <div class="actions">
      <Button
        icon="plus"
        words={isConnect ? 'New command' : 'New job'}
        kind="small primary"
        onClick={() => show(isConnect ? <CommandDialog runner={runner} /> : <JobDialog runner={runner} />)}
      />
      <Menu label="Life" icon="heart" items={lifeOf(runner)} />
      <Menu label="As the runner" icon="terminal" items={items} />
    </div>
  )
}

function lifeOf(runner: RunnerView): MenuItems {
  const { id, name, status, is_simulated: isSimulated } = runner
  const befall = async (title: string, what: 'lapse' | 'crash' | 'revive'): Promise<void> => {
    if (what !== 'revive') keepAlive(id, false)
    await act(title, adminCall(`POST /runners/${id}/${what}`))
    void readWorld()
  }
  const isConnected = status === 'connected'
  return {
    ...(isConnected && { 'Let it lapse': () => void befall(`Let ${name} lapse`, 'lapse') }),
    ...(isSimulated && { Crash: () => void befall(`Crash ${name}`, 'crash') }),
    ...(!(isSimulated && isConnected) && { 'Come back': () => void befall(`Let ${name} come back`, 'revive') }),
    'Evict…': () => show(<EndDialog how="evict" runner={runner} />),
  }
}

function Work({ runner }: { runner: RunnerView | undefined }) {
  const count = runner === undefined ? { job: work.job.value.size, command: work.command.value.size } : tallyOf(runner)
  const tabs: Tab[] = [
    { id: 'jobs', label: 'Jobs', count: count.job, panel: <ItemList kind="job" /> },
    { id: 'commands', label: 'Commands', count: count.command, panel: <ItemList kind="command" /> },
  ]
  if (runner !== undefined)
    tabs.push({ id: 'about', label: 'Agents & checklist', panel: <About key={runner.id} id={runner.id} /> })
  const usual = runner?.type === 'connect' && count.job === 0 ? 'commands' : 'jobs'
  const wanted = route.value.command === undefined ? (chosenTab.value ?? usual) : 'commands'
  const chosen = tabs.some(({ id }) => id === wanted) ? wanted : usual
  const onChoose = (tab: string): void => {
    chosenTab.value = tab
    go({ page: 'world', runner: runner?.id ?? ALL }, 'replace')
  }
  return <Tabs name="work" label="Work of the runner" {...{ tabs, chosen, onChoose }} />
}

function About({ id }: { id: string }) {
  const { value } = useWatched<RunnerDetail>(id, {
    read: () => readView(`/runners/${id}`, 'registered', 'announces', 'polls'),
    isAbout: (event) => event.type === 'request' && event.path.includes(id) && event.operation !== 'heartbeat',
    resources: () => [id],
  })
  if (value === undefined) return null
  const { registered, capabilities, checklist, announces, polls, fields = {} } = value
  return (
    <div class="scroll padded">
      <h3>Agents</h3>
      {registered.length === 0 && <p class="faint">No agent is registered.</p>}
      {registered.map((agent) => (
        <Agent key={agent.name} agent={agent} />
      ))}
      <h3>Capabilities</h3>
      <p class="tags">
        {capabilities.map((capability) => (
          <span key={capability} class="tag">
            {capability}
          </span>
        ))}
      </p>
      <h3>Waiting now</h3>
      <p>
        {many(polls.jobs, 'poll')} for jobs, {many(polls.commands, 'poll')} for commands.
        {announces.length > 0 && ` Its next heartbeat hears of ${many(announces.length, 'cancelled job')}.`}
      </p>
      <Value title="Checklist" value={checklist} none="None was sent." />
      <OtherFields of={fields} shown={[]} />
    </div>
  )
}

function Agent({ agent }: { agent: RunnerDetail['registered'][number] }) {
  const { name, description, language, timeout, params = [] } = agent
  return (
    <article class="card">
      <header>
        <strong>{name}</strong>
        {language !== undefined && <span class="tag">{language}</span>}
        <span class="faint">{timeout > 0 ? `timeout ${timeout} s` : 'default timeout'}</span>
      </header>
      {description !== undefined && <p>{description}</p>}
      {params.length > 0 && (
        <ul class="params">
          {params.map((param) => (
            <li key={param.name}>
              <code>{param.name}</code> <span class="faint">{param.type}</span>
              {param.presence === 'optional' && <span class="faint"> optional</span>}
            </li>
          ))}
        </ul>
      )}
    </article>
  )
}

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
function ItemList({ kind }: { kind: keyof typeof kinds }) {
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
          [columns[1], ({ made }) => <Moment at={made} />, 'when'],
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
