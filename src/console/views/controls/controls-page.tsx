/** Everything that steers the mock as a whole: settings, the world at once, and faults, which are here. */
import { useEffect } from 'preact/hooks'
import { SettingsCard } from './settings-card.js'
import { WorldCard } from './world-card.js'
import { clear, describeFault, injectionOf, presets, readPresets } from '../../model/fault-list.js'
import { act } from '../../model/admin-api.js'
import { faults } from '../../model/live.js'
import { show } from '../../model/route.js'
import type { FaultStateView } from '../../../kernel/admin-views.js'
import { textAt, type JsonObject } from '../../../kernel/json-value.js'
import { FaultDialog } from '../dialogs/fault-dialog.js'
import { many } from '../../model/labels.js'
import { Button } from '../../parts/button.js'
import { Icon } from '../../parts/icon.js'

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
  useEffect(() => void readPresets(), [])
  const active = faults.value
  return (
    <section class="panel" aria-labelledby="faults-title">
      <header class="panel-head">
        <h2 id="faults-title">Faults</h2>
        <Button icon="plus" words="New fault" kind="small push" onClick={() => show(<FaultDialog />)} />
        {active.length > 0 && <Button words="Clear all" kind="small danger" onClick={() => void clear()} />}
      </header>
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
        {presets.value.map((preset) => (
          <Preset key={textAt(preset, 'name')} preset={preset} />
        ))}
      </ul>
    </section>
  )
}

function ActiveFault({ fault }: { fault: FaultStateView }) {
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
  const isActive = faults.value.some(({ preset: of }) => of === name)
  const words = isActive ? 'Clear' : 'Inject'
  const begin = () => act(`Inject ${name}`, injectionOf({ preset: name }))
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
