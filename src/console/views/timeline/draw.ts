/** Draws the timeline on a canvas: only what is in sight, in the colours of the page. */
import { clockTime, duration } from '../../model/labels.js'
import { ticksOf, type TimeAxis } from './time-axis.js'
import type { Lane, WorkSpan } from './timeline.js'
import { LEFT_MARGIN, HEAD, type PlacedLane } from './view.js'

export interface Drawing {
  readonly width: number
  readonly height: number
  readonly scroll: number
  readonly axis: TimeAxis
  readonly from: number
  readonly to: number
  /** Virtual milliseconds. */
  readonly now: number
  readonly lanes: readonly PlacedLane[]
  readonly paint: Paint
  readonly hovered: string | undefined
}

type Paint = (name: string) => string

export interface HitArea {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly lane: Lane
  readonly span?: WorkSpan
  readonly fault?: Lane['faults'][number]
}

const ROW = 17
const BEAT_LINE = 13

type Pen = CanvasRenderingContext2D

export function draw(pen: Pen, scene: Drawing): HitArea[] {
  const { width, height, paint, lanes, scroll } = scene
  pen.clearRect(0, 0, width, height)
  pen.fillStyle = paint('surface')
  pen.fillRect(0, 0, width, height)
  const spots: HitArea[] = []
  drawGrid(pen, scene)
  drawBands(pen, scene)
  pen.save()
  pen.beginPath()
  pen.rect(0, HEAD, width, height - HEAD)
  pen.clip()
  for (const place of lanes) {
    const y = HEAD + place.top - scroll
    if (y + place.height < HEAD || y > height) continue
    drawLane(pen, scene, place, y, spots)
  }
  pen.restore()
  drawFolds(pen, scene)
  drawNow(pen, scene)
  return spots
}

function xOf({ width, from, to, axis }: Drawing, at: number): number {
  return LEFT_MARGIN + ((axis.place(at) - from) / (to - from)) * (width - LEFT_MARGIN)
}

function drawGrid(pen: Pen, scene: Drawing): void {
  const { width, height, paint, axis, from, to } = scene
  const gap = (100 / Math.max(width - LEFT_MARGIN, 1)) * (to - from)
  pen.font = `11px ${paint('font')}`
  pen.textAlign = 'center'
  for (const at of ticksOf(axis, from, to, gap)) {
    const x = Math.round(xOf(scene, at)) + 0.5
    if (x < LEFT_MARGIN) continue
    line(pen, paint('line'), [x, HEAD, x, height])
    pen.fillStyle = paint('text-3')
    pen.fillText(clockTime(at, gap < 1000 ? 'milliseconds' : 'seconds'), x, 21)
  }
  line(pen, paint('line'), [0, HEAD + 0.5, width, HEAD + 0.5])
}

type Four = readonly [number, number, number, number]

function line(pen: Pen, color: string, [x1, y1, x2, y2]: Four): void {
  pen.strokeStyle = color
  pen.lineWidth = 1
  pen.beginPath()
  pen.moveTo(x1, y1)
  pen.lineTo(x2, y2)
  pen.stroke()
}

function foldsOf(scene: Drawing): { left: number; right: number; ms: number }[] {
  const { width, axis } = scene
  return axis.folds
    .map(({ from, to }) => ({
      left: Math.max(xOf(scene, from), LEFT_MARGIN),
      right: Math.min(xOf(scene, to), width),
      ms: to - from,
    }))
    .filter(({ left, right }) => right >= LEFT_MARGIN && left <= width)
}

/** A band for each, behind what happened in it. */
function drawBands(pen: Pen, scene: Drawing): void {
  pen.fillStyle = scene.paint('amber-soft')
  pen.globalAlpha = 0.55
  for (const { left, right } of foldsOf(scene)) pen.fillRect(left, HEAD, right - left, scene.height - HEAD)
  pen.globalAlpha = 1
}

/** The edges of each, and how long it was. */
function drawFolds(pen: Pen, scene: Drawing): void {
  const { height, paint } = scene
  for (const { left, right, ms } of foldsOf(scene)) {
    pen.setLineDash([3, 3])
    for (const x of [left, right]) line(pen, paint('amber'), [Math.round(x) + 0.5, HEAD, Math.round(x) + 0.5, height])
    pen.setLineDash([])
    const words = `+${duration(ms)}`
    const middle = (left + right) / 2
    pen.font = `600 11px ${paint('font')}`
    const room = pen.measureText(words).width + 12
    pen.fillStyle = paint('amber-soft')
    box(pen, [middle - room / 2, 8, room, 18], 9)
    pen.fillStyle = paint('amber')
    pen.textAlign = 'center'
    pen.fillText(words, middle, 21)
  }
}

function drawNow(pen: Pen, scene: Drawing): void {
  const x = xOf(scene, scene.now)
  if (x < LEFT_MARGIN || x > scene.width) return
  line(pen, scene.paint('accent'), [Math.round(x) + 0.5, HEAD - 6, Math.round(x) + 0.5, scene.height])
}

function drawLane(pen: Pen, scene: Drawing, { lane, height }: PlacedLane, y: number, spots: HitArea[]): void {
  const { width, paint } = scene
  pen.save()
  pen.beginPath()
  pen.rect(LEFT_MARGIN, y, width - LEFT_MARGIN, height)
  pen.clip()
  drawLife(pen, scene, lane, y + BEAT_LINE)
  for (const span of lane.work.values()) drawWork(pen, scene, { lane, span, y }, spots)
  for (const fault of lane.faults) drawFault(pen, scene, { lane, fault, y }, spots)
  pen.restore()
  pen.textAlign = 'left'
  pen.fillStyle = paint('text')
  pen.font = `550 13px ${paint('font')}`
  pen.fillText(fit(pen, lane.name, LEFT_MARGIN - 36), 20, y + 20)
  pen.fillStyle = paint('text-3')
  pen.font = `11px ${paint('font')}`
  pen.fillText(fit(pen, [lane.type, lane.project].filter(Boolean).join(' · '), LEFT_MARGIN - 36), 20, y + 36)
  if (lane.leftOut.size > 0) pen.fillText(`+${lane.leftOut.size} not drawn`, 20, y + 52)
  line(pen, paint('line'), [0, Math.round(y + height) - 0.5, width, Math.round(y + height) - 0.5])
}

/** Connected: a line with a stroke for each heartbeat; lapsed: dots; gone: nothing. */
function drawLife(pen: Pen, scene: Drawing, { changes, beats }: Lane, y: number): void {
  const { paint, now } = scene
  for (const [index, { at, to }] of changes.entries()) {
    if (to === 'none') continue
    const until = changes[index + 1]?.at ?? now
    const isAlive = to === 'connected'
    pen.setLineDash(isAlive ? [] : [2, 4])
    line(pen, paint(isAlive ? 'green' : 'text-3'), [xOf(scene, at), y + 0.5, xOf(scene, until), y + 0.5])
    pen.setLineDash([])
  }
  pen.fillStyle = paint('green')
  let last = -Infinity
  for (const at of beats) {
    const x = xOf(scene, at)
    // Where they stand closer than they can be told apart, one stroke stands for all.
    if (x < LEFT_MARGIN - 2 || x > scene.width || Math.abs(x - last) < 2) continue
    pen.fillRect(x - 0.75, y - 4, 1.5, 9)
    last = x
  }
}

function drawWork(pen: Pen, scene: Drawing, what: { lane: Lane; span: WorkSpan; y: number }, spots: HitArea[]): void {
  const { lane, span, y } = what
  const { paint, now, width } = scene
  const left = xOf(scene, span.created)
  const start = span.started === undefined ? undefined : xOf(scene, span.started)
  const right = Math.max(xOf(scene, span.ended ?? now), left + 4)
  if (right < LEFT_MARGIN || left > width) return
  const top = y + 25 + span.row * ROW
  const color = colors[span.status] ?? 'grey'
  const from = start ?? (span.ended === undefined ? right : left)
  if (from > left) {
    pen.fillStyle = paint('amber-soft')
    box(pen, [left, top, Math.max(from - left, 2), 13], 3)
  }
  if (right > from) {
    pen.fillStyle = paint(`${color}-soft`)
    box(pen, [from, top, Math.max(right - from, 4), 13], 3)
    pen.fillStyle = paint(color)
    box(pen, [from, top, 3, 13], 1.5)
  }
  if (scene.hovered === span.id) {
    pen.strokeStyle = paint(color)
    pen.lineWidth = 1.5
    pen.strokeRect(left, top, right - left, 13)
  }
  // The name stands where there is more room for it: in the wait or in the work.
  const isWaitLonger = from - left > right - from
  const [begin, end] = isWaitLonger ? [Math.max(left, LEFT_MARGIN), from] : [Math.max(from, LEFT_MARGIN), right]
  if (end - begin > 40) {
    pen.font = `500 11px ${paint('font')}`
    pen.fillStyle = paint(isWaitLonger ? 'amber' : color)
    pen.textAlign = 'left'
    pen.fillText(fit(pen, span.label, end - begin - 12), begin + 7, top + 10)
  }
  spots.push({ x: left, y: top, width: right - left, height: 14, lane, span })
}

const colors: Readonly<Record<string, string>> = {
  pending: 'amber',
  running: 'blue',
  picked_up: 'blue',
  completed: 'green',
  failed: 'red',
  timed_out: 'orange',
}

type FaultPlace = { y: number } & Required<Pick<HitArea, 'lane' | 'fault'>>

function drawFault(pen: Pen, scene: Drawing, { lane, fault, y }: FaultPlace, spots: HitArea[]): void {
  const x = xOf(scene, fault.at)
  if (x < LEFT_MARGIN || x > scene.width) return
  const middle = y + BEAT_LINE + 0.5
  pen.fillStyle = scene.paint('red')
  pen.strokeStyle = scene.paint('surface')
  pen.lineWidth = 1.5
  pen.beginPath()
  pen.moveTo(x, middle - 6)
  pen.lineTo(x + 5, middle)
  pen.lineTo(x, middle + 6)
  pen.lineTo(x - 5, middle)
  pen.closePath()
  pen.stroke()
  pen.fill()
  spots.push({ x: x - 6, y: middle - 7, width: 12, height: 14, lane, fault })
}

function box(pen: Pen, [x, y, width, height]: Four, radius: number): void {
  pen.beginPath()
  pen.roundRect(x, y, width, height, Math.min(radius, width / 2))
  pen.fill()
}

function fit(pen: Pen, text: string, room: number): string {
  if (pen.measureText(text).width <= room) return text
  let length = text.length
  while (length > 0 && pen.measureText(`${text.slice(0, length)}…`).width > room) length = Math.floor(length * 0.9)
  return length === 0 ? '' : `${text.slice(0, length)}…`
}
