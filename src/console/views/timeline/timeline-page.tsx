/** Every runner over virtual time: heartbeats, work and faults, with the jumps of the clock. */
import { useEffect } from 'preact/hooks'
import { plain } from '../../model/labels.js'
import { CheckField, Search } from '../../parts/field.js'
import { Chart } from './chart.js'
import { followTimeline } from './timeline.js'
import * as view from './view.js'
import { Button } from '../../parts/button.js'

export function TimelinePage() {
  useEffect(followTimeline, [])
  return (
    <section class="column timeline" aria-label="Timeline">
      <Levers />
      <Chart />
      <Legend />
    </section>
  )
}

const spans = [
  ['30 s', 30_000],
  ['2 min', 120_000],
  ['10 min', 600_000],
  ['1 h', 3_600_000],
] as const

function Levers() {
  return (
    <div class="filters bar">
      <Search text={view.laneSearch} label="Search runners" />
      <div class="segments" role="group" aria-label="Time in sight">
        {spans.map(([words, ms]) => (
          <button
            key={words}
            type="button"
            aria-pressed={Math.abs(view.span.value / ms - 1) < 0.01}
            onClick={() => (view.span.value = ms)}
          >
            {words}
          </button>
        ))}
        <button type="button" aria-pressed={false} onClick={view.showAll}>
          All
        </button>
      </div>
      <Button words="−" label="Zoom out" onClick={() => view.zoom(1.6)} />
      <Button words="+" label="Zoom in" onClick={() => view.zoom(1 / 1.6)} />
      <Button words="Now" disabled={view.edge.value === undefined} onClick={view.showNow} />
      <CheckField
        label="Fold jumps of the clock"
        value={view.isFolding.value}
        onChange={(isOn) => (view.isFolding.value = isOn)}
      />
    </div>
  )
}

function Legend() {
  return (
    <ul class="legend" aria-label="Legend">
      {['heartbeat', 'queued', 'running', 'completed', 'failed', 'cancelled', 'timed_out', 'fault', 'jump'].map(
        (what) => (
          <li key={what}>
            <span class={`swatch ${what}`} aria-hidden="true" />
            {what === 'jump' ? 'time was moved' : plain(what)}
          </li>
        ),
      )}
    </ul>
  )
}
