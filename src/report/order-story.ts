/** What has happened in a run of `explore`, as numbered lines and as a sequence diagram. */
import { escapeMarkup, shorten } from '../kernel/printable.js'

/** One thing that has happened. */
export interface StoryEvent {
  /** Milliseconds since the run began: of the mock's time. */
  readonly at: number
  /** `hung-up`: the client did not wait for the answer. */
  readonly kind: 'step' | 'call' | 'answer' | 'drop' | 'hung-up' | 'time' | 'failure'
  readonly text: string
  /** Number of the call that it is about, counted from 1. */
  readonly call?: number | undefined
  /** Of a departure: what would have happened in the natural order. */
  insteadOf?: string | undefined
}

type StoryKind = StoryEvent['kind']

interface KindLook {
  /** Who acts and who is acted on. Default: all. */
  readonly way?: readonly [from: keyof typeof LANES, to: keyof typeof LANES]
  /** Who has turned to whom, and whether it has arrived. */
  readonly sign?: string
  readonly beginning?: string
  readonly ending?: string
}

const looks: Readonly<Record<StoryKind, KindLook>> = {
  step: { way: ['test', 'client'], beginning: 'step: ' },
  call: { way: ['client', 'mock'], sign: '->' },
  answer: { way: ['mock', 'client'], sign: '<-' },
  drop: { way: ['mock', 'client'], sign: 'x-', ending: ': the connection breaks' },
  'hung-up': { way: ['mock', 'client'], sign: '-x', ending: ': the client hangs up' },
  time: { beginning: 'time passes to ' },
  failure: {},
}

export function isStoryKind(kind: string): kind is StoryKind {
  return Object.hasOwn(looks, kind)
}

/** The story as lines, numbered from 1. A departure is marked with `>`. */
export function describeStory(events: readonly StoryEvent[]): string[] {
  const width = String(events.length).length
  return events.map((event, at) => {
    const number = String(at + 1).padStart(width)
    const { sign } = looks[event.kind]
    const who = sign === undefined ? '' : `client ${sign} mock  `
    const mark = event.insteadOf === undefined ? ' ' : '>'
    return `${mark} ${number}  ${secondsOf(event).padStart(7)}  ${who}${wordsOf(event)}`
  })
}

function secondsOf({ at }: StoryEvent): string {
  return `${(at / 1000).toFixed(1)} s`
}

function wordsOf({ kind, text, call, insteadOf }: StoryEvent): string {
  const number = call === undefined ? '' : `[${call}] `
  const instead = insteadOf === undefined ? '' : `  (not yet: ${insteadOf})`
  const { beginning = '', ending = '' } = looks[kind]
  return `${number}${beginning}${text}${ending}${instead}`
}

const LANES = { test: 24, client: 76, mock: 128 }
const ROW = 28
const TOP = 24
const WIDTH = 900
const MAX_TEXT = 100

/** The story as an SVG: lanes with an arrow for each call and answer, and its words beside it; departures in red. */
export function renderSequence(events: readonly StoryEvent[]): string {
  const height = TOP + ROW * events.length
  const lanes = Object.entries(LANES).map(
    ([name, x]) =>
      `<text x="${x}" y="14" text-anchor="middle" font-weight="bold" fill="#333">${name}</text>` +
      `<path class="lane" d="M${x} ${TOP}V${height}" stroke="#bbb"/>`,
  )
  const rows = events.map((event, at) => renderRow(event, String(at + 1), TOP + ROW * (at + 0.5)))
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="sequence" role="img" aria-label="Sequence of the run" width="${WIDTH}" ` +
    `height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui,sans-serif" font-size="13">` +
    `<rect width="100%" height="100%" fill="#fff"/>${lanes.join('')}${rows.join('')}</svg>`
  )
}

function renderRow(event: StoryEvent, number: string, y: number): string {
  const { kind, insteadOf } = event
  const isBad = insteadOf !== undefined || kind === 'failure'
  const texts = [
    `<text x="184" y="${y + 4}" text-anchor="end" fill="#666">${number}</text>`,
    `<text x="240" y="${y + 4}" text-anchor="end" fill="#666">${secondsOf(event)}</text>`,
    `<text class="words" x="260" y="${y + 4}">${escapeMarkup(shorten(wordsOf(event), MAX_TEXT))}</text>`,
  ]
  const color = isBad ? '#c62828' : '#333'
  const line = `fill="none" stroke="${color}" stroke-width="1.5"${kind === 'time' ? ' stroke-dasharray="1 5"' : ''}`
  return `<g class="${isBad ? 'bad' : ''}" fill="${color}"><path d="${arrowOf(kind, y)}" ${line}/>${texts.join('')}</g>`
}

/** From lane to lane, or across all of them; with a cross where it does not arrive. */
function arrowOf(kind: StoryKind, y: number): string {
  const { way } = looks[kind]
  if (way === undefined) return `M8 ${y}H144`
  const [from, to] = [LANES[way[0]], LANES[way[1]]]
  const end = kind === 'drop' ? (from + to) / 2 : to
  const back = from < to ? -6 : 6
  const tip = kind === 'drop' || kind === 'hung-up' ? 'm-4-4l8 8m0-8l-8 8' : `m${back}-4L${end} ${y}l${back} 4`
  return `M${from} ${y}H${end}${tip}`
}
