/** Every runner over virtual time: a chart of its life, heartbeats, faults and work, with the jumps of the clock. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { plain, clockTime, duration, many } from '../../model/labels.js'
import { CheckField, Search } from '../../parts/field.js'
import * as view from './timeline.js'
import { Button } from '../../parts/button.js'
import type { ComponentChildren } from 'preact'
import { go } from '../../model/route.js'
import { currentTime, virtualNow } from '../../model/time.js'
import { useSize } from '../../parts/virtual-list.js'
import { ticksOf } from './time-axis.js'
import { Cut } from '../../parts/values.js'

export function TimelinePage() {
  useEffect(view.followTimeline, [])
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

/** Pixels that the names of runners take on the left; timeline.css says the same. */
const LEFT_MARGIN = 170

/** How far apart times are written, in pixels. */
const TICK_GAP = 100

/** What the chart draws with: the place of a moment, from 0 to `room`, in pixels. */
interface Scene {
  readonly x: (at: number) => number
  readonly room: number
  readonly now: number
}

const px = (length: number): string => `${length}px`

function Chart() {
  const box = useRef<HTMLDivElement>(null)
  const size = useSize(box, { width: 0, height: 0 })
  const [top, setTop] = useState(0)
  const pulledFrom = useRef<number | undefined>(undefined)
  useEffect(view.fitOnce)
  const lanes = view.shownLanes.value
  const { from, to } = view.rangeOf()
  const room = Math.max(size.width - LEFT_MARGIN, 1)
  const x = (at: number): number => ((view.axis.value.place(at) - from) / (to - from)) * room
  const scene: Scene = { x, room, now: virtualNow() }
  return (
    <div
      class="chart"
      ref={box}
      onWheel={wheel}
      onKeyDown={key}
      onPointerDown={(event) => (pulledFrom.current = event.clientX)}
      onPointerUp={() => (pulledFrom.current = undefined)}
      onPointerMove={(event) => pull(event, pulledFrom, room)}
    >
      <TimeGrid scene={scene} />
      <div
        class="lanes"
        tabIndex={0}
        role="img"
        aria-label={`${many(lanes.length, 'runner')} over time. Left and right move, plus and minus zoom. The same is listed under World and Requests.`}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <div style={{ height: px((lanes.at(-1)?.top ?? 0) + (lanes.at(-1)?.height ?? 0)) }}>
          {lanes
            .filter((lane) => lane.top + lane.height > top && lane.top < top + size.height)
            .map((lane) => (
              <LaneView key={lane.lane.id} placed={lane} scene={scene} />
            ))}
        </div>
      </div>
      <Stretch kind="now" from={scene.now} to={scene.now} scene={scene} />
      {lanes.length === 0 && <div class="empty over">No runner has been seen yet.</div>}
    </div>
  )
}

/** Round times, and the stretches by which the clock was moved. */
function TimeGrid({ scene }: { scene: Scene }) {
  const { from, to } = view.rangeOf()
  const gap = (TICK_GAP / scene.room) * (to - from)
  return (
    <div class="time-grid" aria-hidden="true">
      {ticksOf(view.axis.value, from, to, gap).map((at) => (
        <span key={at} class="tick" style={{ left: px(scene.x(at)) }}>
          <span>{clockTime(at, gap < 1000 ? 'milliseconds' : 'seconds')}</span>
        </span>
      ))}
      {view.axis.value.folds.map((fold) => (
        <Stretch key={fold.from} kind="jump" {...fold} scene={scene}>
          <strong>+{duration(fold.to - fold.from)}</strong>
        </Stretch>
      ))}
    </div>
  )
}

function pull(
  event: PointerEvent & { currentTarget: HTMLElement },
  from: { current: number | undefined },
  room: number,
): void {
  if (from.current === undefined || event.buttons === 0) return
  const step = event.clientX - from.current
  const { currentTarget: chart, pointerId } = event
  if (Math.abs(step) < 4 && !chart.hasPointerCapture(pointerId)) return
  // What is pulled is not clicked, and a pointer that is let go outside ends the pull.
  chart.setPointerCapture(pointerId)
  view.pan(-step / room)
  from.current = event.clientX
}

function wheel(event: WheelEvent & { currentTarget: HTMLElement }): void {
  const { deltaX, deltaY, currentTarget: chart } = event
  const isZoom = event.ctrlKey || event.metaKey
  if (!isZoom && !event.shiftKey && Math.abs(deltaX) <= Math.abs(deltaY)) return
  event.preventDefault()
  const { left, width } = chart.getBoundingClientRect()
  const share = (event.clientX - left - LEFT_MARGIN) / (width - LEFT_MARGIN)
  if (isZoom) view.zoom(Math.exp(deltaY * 0.004), Math.min(Math.max(share, 0), 1))
  else view.pan((deltaX || deltaY) / 1200)
}

const moves: Readonly<Record<string, () => void>> = {
  ArrowLeft: () => view.pan(-0.15),
  ArrowRight: () => view.pan(0.15),
  '+': () => view.zoom(1 / 1.6),
  '=': () => view.zoom(1 / 1.6),
  '-': () => view.zoom(1.6),
  End: view.showNow,
  Home: view.showAll,
}

function key(event: KeyboardEvent): void {
  const move = moves[event.key]
  if (move === undefined || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  move()
}

/** A stretch of time from top to bottom, as far as it is in sight. */
function Stretch(props: { kind: string; from: number; to: number; scene: Scene; children?: ComponentChildren }) {
  const { kind, from, to, scene, children } = props
  const [left, right] = [Math.max(scene.x(from), 0), Math.min(scene.x(to), scene.room)]
  if (right < 0 || left > scene.room) return null
  return (
    <div class={`stretch ${kind}`} style={{ left: px(left), width: px(right - left) }}>
      {children}
    </div>
  )
}

function LaneView({ placed, scene }: { placed: view.PlacedLane; scene: Scene }) {
  const { lane, bars, leftOut, top, height } = placed
  return (
    <div class="runner-lane" style={{ top: px(top), height: px(height) }}>
      <div class="lane-name">
        <Cut text={lane.name} kind="cut name" />
        <Cut text={[lane.type, lane.project].filter(Boolean).join(' · ')} />
        {leftOut > 0 && <span>+{leftOut} not drawn</span>}
      </div>
      <div class="lane-life">
        <Life lane={lane} scene={scene} />
        {lane.faults.map((fault, place) => (
          <FaultMark key={place} lane={lane} fault={fault} scene={scene} />
        ))}
        {bars.map((bar) => (
          <BarView key={bar.item.id} lane={lane} bar={bar} scene={scene} />
        ))}
      </div>
    </div>
  )
}

/** Connected: a line with a stroke for each heartbeat; lapsed: dots; gone: nothing. */
function Life({ lane: { changes, beats }, scene: { x, room, now } }: { lane: view.Lane; scene: Scene }) {
  const inSight = (at: number): number => Math.min(Math.max(x(at), -9), room + 9)
  // Where heartbeats stand closer than they can be told apart, one stroke stands for all.
  const strokes = new Set(beats.map((at) => Math.round(inSight(at) / 2) * 2))
  return (
    <svg class="life" width={room} height="14" aria-hidden="true">
      {changes.map(({ at, to }, place) => (
        <path key={place} class={to} d={`M${inSight(at)} 7.5H${inSight(changes[place + 1]?.at ?? now)}`} />
      ))}
      <path class="beats" d={Array.from(strokes, (place) => `M${place} 3v9`).join('')} />
    </svg>
  )
}

/** The wait and then the work; the name stands where there is more room for it. */
function BarView({ lane, bar, scene: { x, room, now } }: { lane: view.Lane; bar: view.Bar; scene: Scene }) {
  const { item, created, started, ended, row } = bar
  const last = Math.max(x(ended ?? now), x(created) + 4)
  if (last < 0 || x(created) > room) return null
  const edge = (place: number): number => Math.min(Math.max(place, -4), room + 4)
  const [left, right] = [edge(x(created)), edge(last)]
  const begin = started === undefined ? (ended === undefined ? right : left) : edge(x(started))
  const [wait, ran] = [begin - left, right - begin]
  const named = (width: number, other: number) => width >= other && width > 40 && item.name
  return (
    <div
      class={`lane-bar ${item.status}`}
      style={{ left: px(left), width: px(right - left), top: px(25 + row * view.ROW) }}
      onClick={() => go({ page: 'world', runner: lane.id, [item.kind]: item.id })}
      title={noteOf(lane, bar)}
    >
      {wait > 0 && (
        <span class="wait" style={{ width: px(wait) }}>
          {named(wait, ran + 1)}
        </span>
      )}
      {ran > 0 && <span class="ran">{named(ran, wait)}</span>}
    </div>
  )
}

/** What a bar stands for, in words. */
function noteOf({ name }: view.Lane, { item, created, started, ended }: view.Bar): string {
  const end = ended ?? currentTime()
  const waited = `${clockTime(created, 'milliseconds')}, waited ${duration((started ?? end) - created)}`
  const ran = started === undefined ? '' : `, ran ${duration(end - started)}`
  return [`${item.name} ${plain(item.status)}`, waited + ran, name].join('\n')
}

function FaultMark({ lane, fault, scene }: { lane: view.Lane; fault: view.Lane['faults'][number]; scene: Scene }) {
  const left = scene.x(fault.at)
  if (left < 0 || left > scene.room) return null
  const note = [`${fault.id} ${fault.effect}`, clockTime(fault.at, 'milliseconds'), lane.name].join('\n')
  return <span class="swatch fault" style={{ left: px(left) }} title={note} />
}
