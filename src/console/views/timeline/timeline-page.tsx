/** Every runner over virtual time: heartbeats, work and faults, with the jumps of the clock. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { go } from '../../model/route.js'
import { followTimeline, timelineRevision } from './timeline.js'
import { currentTime, virtualNow } from '../../model/time.js'
import { clockTime, duration, many, plain } from '../../model/labels.js'
import { Button } from '../../parts/button.js'
import { CheckField, Search } from '../../parts/field.js'
import { useSize } from '../../parts/virtual-list.js'
import { draw, type Drawing, type HitArea } from './draw.js'
import * as view from './view.js'

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

function Chart() {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const spots = useRef<readonly HitArea[]>([])
  const [scroll, setScroll] = useState(0)
  const size = useSize(box, { width: 0, height: 0 })
  const [tip, setTip] = useState<{ spot: HitArea; x: number; y: number } | undefined>(undefined)
  void timelineRevision.value
  useEffect(view.fitOnce)
  const lanes = view.shownLanes.value
  const total = (lanes.at(-1)?.top ?? 0) + (lanes.at(-1)?.height ?? 0)
  const top = Math.min(scroll, Math.max(0, total - size.height + view.HEAD))
  const scene = { ...size, scroll: top, axis: view.axis.value, ...view.rangeOf(), now: virtualNow(), lanes }
  useEffect(() => {
    spots.current = paintScene(canvas.current, { ...scene, hovered: tip?.spot.span?.id })
  })
  const spotAt = (event: MouseEvent): HitArea | undefined =>
    spots.current.findLast(
      ({ x, y, width, height }) =>
        event.offsetX >= x - 2 && event.offsetX <= x + width + 2 && event.offsetY >= y && event.offsetY <= y + height,
    )
  const drag = useDrag()
  return (
    <div class="chart" ref={box}>
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={`${many(lanes.length, 'runner')} over time. Arrows move, plus and minus zoom. The same is listed under World and Requests.`}
        onWheel={(event) => wheel(event, setScroll)}
        onKeyDown={(event) => key(event, setScroll)}
        onPointerDown={drag.start}
        onPointerUp={drag.end}
        onPointerCancel={drag.end}
        onPointerMove={(event) => {
          drag.move(event)
          const spot = spotAt(event)
          setTip(spot === undefined ? undefined : { spot, x: event.offsetX, y: event.offsetY })
        }}
        onPointerLeave={() => setTip(undefined)}
        onClick={(event) => {
          const spot = drag.hasMoved() ? undefined : spotAt(event)
          if (spot !== undefined) open(spot)
        }}
      />
      {tip !== undefined && <Tip {...tip} room={size} />}
      {lanes.length === 0 && <div class="empty over">No runner has been seen yet.</div>}
    </div>
  )
}

function paintScene(canvas: HTMLCanvasElement | null, scene: Omit<Drawing, 'paint'>): HitArea[] {
  const pen = canvas?.getContext('2d')
  if (canvas === null || pen === null || pen === undefined || scene.width === 0) return []
  const ratio = devicePixelRatio
  const [width, height] = [Math.round(scene.width * ratio), Math.round(scene.height * ratio)]
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  canvas.style.width = `${scene.width}px`
  canvas.style.height = `${scene.height}px`
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  const style = getComputedStyle(canvas)
  const kept = new Map<string, string>()
  const paint = (name: string): string => {
    const known = kept.get(name) ?? style.getPropertyValue(`--${name}`).trim()
    kept.set(name, known)
    return known
  }
  return draw(pen, { ...scene, paint })
}

type SetScroll = (change: (before: number) => number) => void

function wheel(event: WheelEvent & { currentTarget: HTMLCanvasElement }, setScroll: SetScroll): void {
  event.preventDefault()
  if (event.ctrlKey || event.metaKey) view.zoom(Math.exp(event.deltaY * 0.004), shareOf(event))
  else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
    view.pan((event.deltaX || event.deltaY) / 1200)
  else setScroll((before) => Math.max(0, before + event.deltaY))
}

function shareOf(event: MouseEvent & { currentTarget: HTMLCanvasElement }): number {
  const share = (event.offsetX - view.LEFT_MARGIN) / (event.currentTarget.clientWidth - view.LEFT_MARGIN)
  return Math.min(Math.max(share, 0), 1)
}

function key(event: KeyboardEvent, setScroll: SetScroll): void {
  const moves: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => view.pan(-0.15),
    ArrowRight: () => view.pan(0.15),
    ArrowDown: () => setScroll((before) => before + 60),
    ArrowUp: () => setScroll((before) => Math.max(0, before - 60)),
    '+': () => view.zoom(1 / 1.6),
    '=': () => view.zoom(1 / 1.6),
    '-': () => view.zoom(1.6),
    End: view.showNow,
    Home: view.showAll,
  }
  const move = moves[event.key]
  if (move === undefined || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  move()
}

function useDrag() {
  const from = useRef<{ x: number; isMoved: boolean } | undefined>(undefined)
  const hasMoved = useRef(false)
  return {
    start: (event: PointerEvent & { currentTarget: HTMLCanvasElement }): void => {
      // So that a pointer which is let go outside ends the pull.
      event.currentTarget.setPointerCapture(event.pointerId)
      from.current = { x: event.clientX, isMoved: false }
      hasMoved.current = false
    },
    move: (event: PointerEvent & { currentTarget: HTMLCanvasElement }): void => {
      if (from.current === undefined) return
      const step = event.clientX - from.current.x
      if (!from.current.isMoved && Math.abs(step) < 4) return
      view.pan(-step / Math.max(event.currentTarget.clientWidth - view.LEFT_MARGIN, 1))
      from.current = { x: event.clientX, isMoved: true }
      hasMoved.current = true
    },
    end: (): void => {
      from.current = undefined
    },
    hasMoved: (): boolean => hasMoved.current,
  }
}

function open({ lane, span: work }: HitArea): void {
  if (work === undefined) return
  const what = work.kind === 'job' ? { job: work.id } : { command: work.id }
  go({ page: 'world', runner: lane.id, ...what })
}

function Tip({ spot, x, y, room }: { spot: HitArea; x: number; y: number; room: { width: number; height: number } }) {
  const { span: work, fault, lane } = spot
  const left = Math.max(0, Math.min(x + 14, room.width - 250))
  const top = y + 16 < room.height - 84 ? y + 16 : y - 84
  return (
    <div class="tip" style={{ transform: `translate(${left}px, ${top}px)` }}>
      {work !== undefined && (
        <>
          <strong>{work.label}</strong> {plain(work.status)}
          <p>
            {clockTime(work.created, 'milliseconds')}, waited{' '}
            {duration((work.started ?? work.ended ?? currentTime()) - work.created)}
            {work.started !== undefined && `, ran ${duration((work.ended ?? currentTime()) - work.started)}`}
          </p>
        </>
      )}
      {fault !== undefined && (
        <>
          <strong>{fault.id}</strong> {fault.effect}
          <p>{clockTime(fault.at, 'milliseconds')}</p>
        </>
      )}
      <p class="faint">{lane.name}</p>
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
