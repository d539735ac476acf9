/** One bridge command: its arguments, what the runner answered, and how it got where it is. */
import { signal } from '@preact/signals'
import type { CommandDetail } from '../../../kernel/admin-views.js'
import { curlOf, hasMembers, readView } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { commandFixture, toFixtureCode, toFixtureJson } from '../../model/fixture-code.js'
import { show } from '../../model/route.js'
import { inferCommandSteps, useSteps } from '../../model/requests/path-to-state.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { duration } from '../../model/labels.js'
import { Button } from '../../parts/button.js'
import { copy, Json } from '../../parts/copy.js'
import { Menu } from '../../parts/menu.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { PathDiagram } from '../../parts/state-diagram.js'
import { Tabs } from '../../parts/tabs.js'
import { Exchanges, DetailHead, Fact, Facts, OtherFields, RunnerFact } from './detail-parts.js'

const chosenTab = signal('overview')

/** The column. */
export function CommandPane({ id }: { id: string }) {
  const { value, isGone } = useWatched<CommandDetail>(id, {
    read: () => readView(`/commands/${id}`, isCommandDetail),
    isAbout: (event) => 'machine' in event && event.resource.id === id,
    isEnd: (event, { command }) =>
      'machine' in event && event.to === 'none' && [id, command.runner_id].includes(event.resource.id),
  })
  return (
    <section class="column detail" aria-label="Command">
      <DetailHead title={value?.command.type ?? 'Command'} id={id} state={value?.command.status} isGone={isGone}>
        {value !== undefined && <CommandActions detail={value} />}
      </DetailHead>
      {value !== undefined && (
        <Tabs
          name="command"
          label="Command"
          tabs={[
            { id: 'overview', label: 'Overview' },
            { id: 'exchanges', label: 'Exchanges' },
          ]}
          chosen={chosenTab.value}
          onChoose={(tab) => (chosenTab.value = tab)}
        >
          {chosenTab.value === 'overview' && <Overview detail={value} isGone={isGone} />}
          {chosenTab.value === 'exchanges' && <Exchanges id={id} runnerId={value.command.runner_id} />}
        </Tabs>
      )}
    </section>
  )
}

function CommandActions({ detail: { command, workspace, user } }: { detail: CommandDetail }) {
  const owner = { workspace, user }
  const { command_id: commandId, runner_id: runnerId, status } = command
  const isOpen = status === 'pending' || status === 'picked_up'
  return (
    <div class="actions">
      {isOpen && <Button words="Report result…" onClick={() => show({ name: 'report-command', command: commandId })} />}
      <Menu
        label="Copy"
        icon="copy"
        items={[
          {
            label: 'As curl',
            onChoose: () => void copy(curlOf(callOf('getBridgeCommand', owner, { runnerId, commandId }))),
          },
          { label: 'As fixture, TypeScript', onChoose: () => void copy(toFixtureCode(commandFixture, command)) },
          { label: 'As fixture, JSON', onChoose: () => void copy(toFixtureJson(command)) },
        ]}
      />
    </div>
  )
}

function Overview({ detail: { command }, isGone }: { detail: CommandDetail; isGone: boolean }) {
  const kept = useSteps('bridgeCommand', command.command_id)
  const steps = kept.length > 0 ? kept : inferCommandSteps(command)
  return (
    <div class="scroll padded">
      {command.error !== undefined && (
        <>
          <h3>Error</h3>
          <Json value={command.error} label="error" />
        </>
      )}
      <PathDiagram machine="bridgeCommand" steps={steps} current={isGone ? 'none' : command.status} />
      <Facts>
        <Fact name="Sent">
          <TimeAgo at={command.submitted_at} />
        </Fact>
        <Fact name="Waited">
          <DurationText from={command.submitted_at} to={command.picked_up_at ?? command.completed_at} />
        </Fact>
        <Fact name="Ran">
          <DurationText from={command.picked_up_at} to={command.completed_at} />
        </Fact>
        <Fact name="Timeout">{duration(command.timeout_seconds * 1000)}</Fact>
        <RunnerFact id={command.runner_id} open={{ command: command.command_id }} />
      </Facts>
      {command.result !== undefined && (
        <>
          <h3>Result</h3>
          <Json value={command.result} label="result" />
        </>
      )}
      <h3>Arguments</h3>
      <Json value={command.args} label="arguments" />
      <OtherFields of={command} shown={SHOWN} />
    </div>
  )
}

const SHOWN = [
  ...['command_id', 'runner_id', 'type', 'status', 'args', 'result', 'error', 'timeout_seconds'],
  ...['submitted_at', 'picked_up_at', 'completed_at', 'duration_ms'],
]

function isCommandDetail(value: unknown): value is CommandDetail {
  return hasMembers(value, 'command', 'workspace')
}
