/** Everything that steers the mock as a whole: faults, the world at once with its snapshots, and settings. */
import { act, adminCall, curlOf, readView, type CurlCall } from '../../model/admin-api.js'
import { world, runners, work, settings } from '../../model/world-state.js'
import { useWatched, readWorld } from '../../model/live.js'
import { show } from '../../model/route.js'
import type { InjectedFault, PresetList, ScenarioList } from '../../../generated/kit-schema.js'
import { textAt } from '../../../kernel/json-value.js'
import { FaultDialog } from '../dialogs/dialogs.js'
import { many, plain, clockTime } from '../../model/labels.js'
import { Panel } from '../../parts/panel.js'
import { Button, Icon, JsonFileButton } from '../../parts/button.js'
import { useState } from 'preact/hooks'
import { signal } from '@preact/signals'
import { SentActions } from '../../parts/dialog.js'
import { Problem, Field, instead } from '../../parts/field.js'
import { offerFile } from '../../model/platform.js'
import { currentTime } from '../../model/time.js'
import { Curl } from '../../parts/values.js'
import { descriptions } from '../../../generated/lifecycle-tables.js'
import { Profile as profileForm } from '../../../generated/kit-page.js'
import { settings as declared, settingNames as names, type SettingName } from '../../../lifecycle/table.js'

export function ControlsPage() {
  return (
    <div class="scroll whole">
      <div class="controls">
        <div class="controls-column">
          <FaultsCard />
        </div>
        <div class="controls-column">
          <WorldCard />
          <SettingsCard />
        </div>
      </div>
    </div>
  )
}

function FaultsCard() {
  const { value } = useWatched<PresetList>('presets', { read: () => readView('/faults/presets', 'presets') })
  const active = activeFaults()
  return (
    <Panel
      title="Faults"
      head={[
        <Button icon="plus" words="New fault" kind="small push" onClick={() => show(<FaultDialog />)} />,
        active.length > 0 && <Button words="Clear all" kind="small danger" onClick={() => void clear()} />,
      ]}
    >
      {active.length === 0 ? (
        <p class="faint">No active faults.</p>
      ) : (
        <ul class="fault-list" aria-label="Faults under way">
          {active.map((fault) => (
            <ActiveFault key={fault.id} fault={fault} />
          ))}
        </ul>
      )}
      <h3>Presets</h3>
      <ul class="preset-list">
        {value?.presets.map((preset) => (
          <Preset key={preset.name} preset={preset} />
        ))}
      </ul>
    </Panel>
  )
}

const activeFaults = () => world.value?.faults ?? []

function ActiveFault({ fault }: { fault: InjectedFault }) {
  const { id, preset, applied, waiting } = fault
  return (
    <li>
      <Icon name="bolt" />
      <div>
        <strong>{describeFault(fault)}</strong>
        <p class="faint">
          {id}
          {preset !== undefined && ` of ${preset}`} · struck {many(applied, 'time')}
          {waiting > 0 && ` · holds up ${many(waiting, 'request')}`}
        </p>
      </div>
      <Button words="Clear" label={`Clear ${id}`} onClick={() => void clear(id)} />
    </li>
  )
}

function Preset({ preset }: { preset: PresetList['presets'][number] }) {
  const { name } = preset
  const isActive = activeFaults().some(({ preset: of }) => of === name)
  const words = isActive ? 'Clear' : 'Inject'
  const begin = () => act(`Inject ${name}`, adminCall('POST /faults', { preset: name }))
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p>{textAt(preset, 'title')}</p>
        <p class="faint">{textAt(preset, 'reproduces')}</p>
      </div>
      <Button words={words} label={`${words} ${name}`} onClick={() => void (isActive ? clear(name) : begin())} />
    </li>
  )
}

async function clear(id?: string): Promise<void> {
  const path = id === undefined ? '/faults' : `/faults/${encodeURIComponent(id)}`
  await act(id === undefined ? 'Clear all faults' : `Clear ${id}`, adminCall(`DELETE ${path}`))
}

/** The members of a fault that say what it does to which requests. */
function describeFault({ id: _id, preset: _preset, applied: _applied, waiting: _waiting, ...said }: InjectedFault) {
  const parts = Object.entries(said).map(
    ([name, value]) => `${plain(name)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  )
  return parts.join(', ')
}

function WorldCard() {
  return (
    <Panel
      title="World"
      head={<Button icon="list" words="History" kind="small quiet push" onClick={() => show(<SentActions />)} />}
    >
      <ScenarioPart />
      <h3>Reaper</h3>
      <Button
        icon="broom"
        words="Run the reaper"
        kind=""
        onClick={() => void act('Run the reaper', adminCall('POST /reap'))}
      />
      <h3>Snapshots</h3>
      <div class="actions">
        <Button icon="save" words="Take a snapshot" kind="" onClick={() => void takeSnapshot()} />
        <JsonFileButton words="Load a file" onFile={(name, state) => void restore(name, state)} />
      </div>
      <Problem words={flaw.value} />
      <ul class="snapshot-list">
        {snapshots.value.map((snapshot) => (
          <Snapshot key={snapshot.name} snapshot={snapshot} />
        ))}
      </ul>
      <Curl
        of="snapshots"
        text={() => `${curlOf(adminCall('GET /state'))} > snapshot.json\n\n${curlOf(restoreCall({}))}`}
      />
    </Panel>
  )
}

function Snapshot({ snapshot }: { snapshot: Kept }) {
  const { name, at, runners, jobs, state } = snapshot
  const download = () => offerFile(`${name.replaceAll(' ', '-')}.json`, JSON.stringify(state), 'application/json')
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p class="faint">
          {clockTime(at)}, {many(runners, 'runner')}, {many(jobs, 'job')}
        </p>
      </div>
      <Button words="Load" label={`Load ${name}`} onClick={() => void restore(name, state)} />
      <Button icon="save" label={`Download ${name}`} kind="small" onClick={download} />
    </li>
  )
}

/** Which scenario the world began with, and back to its beginning or over to another. */
function ScenarioPart() {
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  const { value } = useWatched<ScenarioList>('scenarios', {
    read: () => readView('/scenarios', 'current', 'scenarios'),
  })
  if (value === undefined) return null
  const { current, scenarios } = value
  const name = chosen ?? current
  const isOther = name !== current
  const call = adminCall('POST /reset', { scenario: name })
  const run = async (): Promise<void> => {
    await act(isOther ? `Switch to ${name}` : 'Reset the world', call)
    setChosen(undefined)
  }
  return (
    <div class="scenario">
      <Field
        label="Scenario"
        value={name}
        options={scenarios.map((scenario) => scenario.name)}
        onChange={setChosen}
        hint={scenarios.find((each) => each.name === name)?.description}
      />
      <Button icon="reset" words={isOther ? 'Switch' : 'Reset'} kind="danger" onClick={() => void run()} />
      <Curl of="reset" text={() => curlOf(call)} />
    </div>
  )
}

type Kept = Readonly<Record<'at' | 'runners' | 'jobs', number> & { name: string; state: unknown }>

const snapshots = signal<readonly Kept[]>([])

/** What was wrong with the snapshot that was loaded last. */
const flaw = signal('')

async function takeSnapshot(): Promise<void> {
  const name = `snapshot ${snapshots.value.length + 1}`
  const what = { name, at: currentTime(), runners: runners.value.size, jobs: work.job.value.size }
  const { isOk, body } = await act('Take a snapshot', adminCall('GET /state'))
  if (isOk) snapshots.value = [{ ...what, state: body }, ...snapshots.value]
}

function restoreCall(state: unknown): CurlCall {
  return { ...adminCall('PUT /state', state), bodyFile: 'snapshot.json' }
}

async function restore(name: string, state: unknown): Promise<void> {
  flaw.value = state === undefined ? `${name} is no JSON.` : (await act(`Load ${name}`, restoreCall(state))).problem
}

function SettingsCard() {
  const [edits, setEdits] = useState<Readonly<Record<string, string>>>({})
  const [problem, setProblem] = useState('')
  const changes = changesOf(edits)
  const count = Object.keys(changes).length
  const call = adminCall('PATCH /settings', changes)
  const save = async (): Promise<void> => {
    const answer = await act('Change settings', call)
    setProblem(answer.problem)
    if (!answer.isOk) return
    await readWorld()
    setEdits({})
  }
  const defaults = Object.fromEntries(names.map((name) => [name, String(declared[name].default)]))
  const isDefault = names.every((name) => settings.value[name] === declared[name].default)
  return (
    <Panel
      title="Settings"
      head={!isDefault && <Button words="Defaults" kind="small push" onClick={() => setEdits(defaults)} />}
    >
      <form onSubmit={instead(() => void save())}>
        <div class="settings">
          <Profile />
          {names.map((name) => {
            const value = edits[name] ?? String(settings.value[name] ?? '')
            return (
              <Field
                key={name}
                label={name.replace(/_seconds$/, '').replaceAll('_', ' ')}
                hint={unitOf(name)}
                about={descriptions.settings[name]}
                look={Number(value) === declared[name].default ? 'setting' : 'setting changed'}
                kind="number"
                value={value}
                onChange={(text) => setEdits({ ...edits, [name]: text })}
              />
            )
          })}
        </div>
        {count > 0 && (
          <div class="settings-foot">
            <Curl of="settings" text={() => curlOf(call)} />
            <Problem words={problem} />
            <div class="actions">
              <Button words={count === 1 ? 'Save the change' : `Save ${count} changes`} kind="primary" />
              <Button words="Discard" kind="" onClick={() => setEdits({})} />
            </div>
          </div>
        )}
      </form>
    </Panel>
  )
}

/** How the mock behaves where servers differ; a choice takes effect at once. */
function Profile() {
  const choose = (name: string) => void act('Change the profile', adminCall('PATCH /settings', { profile: name }))
  return (
    <Field
      label="profile"
      look="setting"
      about="What the mock does where today's servers do what nobody should rely on."
      options={(profileForm.enum ?? []).map(String)}
      value={world.value?.profile ?? ''}
      onChange={choose}
    />
  )
}

function unitOf(name: SettingName): string {
  return name.endsWith('_seconds') ? 's' : name.endsWith('_per_minute') ? '/min' : name.endsWith('_bytes') ? 'B' : ''
}

/** What differs from the server's settings; a text that is no number as it is. */
function changesOf(edits: Readonly<Record<string, string>>): Record<string, unknown> {
  const changed = Object.entries(edits).filter(([name, text]) => text !== String(settings.value[name]))
  return Object.fromEntries(
    changed.map(([name, text]) => [name, text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)]),
  )
}
