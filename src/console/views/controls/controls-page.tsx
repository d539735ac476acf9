/** Everything that steers the mock as a whole: settings, the world at once, and faults, which are here. */
import { SettingsCard } from './settings-card.js'
import { WorldCard } from './world-card.js'
import { act, adminCall, readAdmin } from '../../model/admin-api.js'
import { world } from '../../model/world-state.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { show } from '../../model/route.js'
import type { InjectedFault } from '../../../generated/kit-schema.js'
import { objectsAt, textAt, type JsonObject } from '../../../kernel/json-value.js'
import { FaultDialog } from '../dialogs/fault-dialog.js'
import { many, plain } from '../../model/labels.js'
import { Panel } from '../../parts/panel.js'
import { Button, Icon } from '../../parts/button.js'

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
  const read = async () => objectsAt((await readAdmin('/faults/presets')).body, 'presets')
  const { value: presets = [] } = useWatched<readonly JsonObject[]>('presets', { read })
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
        {presets.map((preset) => (
          <Preset key={textAt(preset, 'name')} preset={preset} />
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

function Preset({ preset }: { preset: JsonObject }) {
  const name = textAt(preset, 'name')
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
