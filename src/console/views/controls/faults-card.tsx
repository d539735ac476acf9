/** Faults that are under way, and presets to inject. */
import { useEffect } from 'preact/hooks'
import { clear, describeFault, inject, presets, readPresets } from '../../model/fault-list.js'
import { faults } from '../../model/live.js'
import { show } from '../../model/overlay.js'
import { memberOf, textOf, type JsonObject } from '../../model/body-shape.js'
import { many } from '../../model/labels.js'
import { Icon } from '../../parts/icon.js'

/** The card. */
export function FaultsCard() {
  useEffect(() => void readPresets(), [])
  const active = faults.value
  return (
    <section class="panel" aria-labelledby="faults-title">
      <header class="panel-head">
        <h2 id="faults-title">Faults</h2>
        <button type="button" class="button small push" onClick={() => show({ name: 'new-fault' })}>
          <Icon name="plus" size={14} />
          New fault
        </button>
        {active.length > 0 && (
          <button type="button" class="button small danger" onClick={() => void clear()}>
            Clear all
          </button>
        )}
      </header>
      {active.length === 0 ? (
        <p class="faint">None is under way: every request gets its true answer.</p>
      ) : (
        <ul class="fault-list" aria-label="Faults under way">
          {active.map((fault) => (
            <ActiveFault key={textOf(fault, 'id')} fault={fault} />
          ))}
        </ul>
      )}
      <h3>Presets</h3>
      <ul class="preset-list">
        {presets.value.map((preset) => (
          <Preset key={textOf(preset, 'name')} preset={preset} />
        ))}
      </ul>
    </section>
  )
}

function ActiveFault({ fault }: { fault: JsonObject }) {
  const id = textOf(fault, 'id')
  const preset = textOf(fault, 'preset')
  const applied = Number(memberOf(fault, 'applied') ?? 0)
  const waiting = Number(memberOf(fault, 'waiting') ?? 0)
  return (
    <li>
      <Icon name="bolt" />
      <div>
        <strong>{describeFault(fault)}</strong>
        <p class="faint">
          {id}
          {preset !== '' && ` of ${preset}`} · struck {many(applied, 'time')}
          {waiting > 0 && ` · holds up ${many(waiting, 'request')}`}
        </p>
      </div>
      <button type="button" class="button small" aria-label={`Clear ${id}`} onClick={() => void clear(id)}>
        Clear
      </button>
    </li>
  )
}

function Preset({ preset }: { preset: JsonObject }) {
  const name = textOf(preset, 'name')
  const isActive = faults.value.some((fault) => textOf(fault, 'preset') === name)
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p>{textOf(preset, 'title')}</p>
        <p class="faint">{textOf(preset, 'reproduces')}</p>
      </div>
      {isActive ? (
        <button type="button" class="button small" aria-label={`Clear ${name}`} onClick={() => void clear(name)}>
          Clear
        </button>
      ) : (
        <button
          type="button"
          class="button small"
          aria-label={`Inject ${name}`}
          onClick={() => void inject(`Inject ${name}`, { preset: name })}
        >
          Inject
        </button>
      )}
    </li>
  )
}
