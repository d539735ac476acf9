/** What has happened in a run, as numbered lines and as a sequence diagram. */
import { escapeMarkup } from '../kernel/printable.js'

/** One thing that has happened. */
export interface StoryEvent {
  /** Milliseconds since the run began: of the mock's time. */
  readonly at: number
  /** `hung-up`: the client did not wait for the answer. */
  readonly kind: 'step' | 'call' | 'answer' | 'drop' | 'hung-up' | 'time' | 'failure'
  readonly text: string
  /** Number of the call that it is about, counted from 1. */
  readonly call?: number
  /** Of a departure: what would have happened in the natural order. */
  insteadOf?: string
}

/** The story as lines, numbered from 1. A departure is marked with `>`. */
export function describeStory(events: readonly StoryEvent[]): string[] {
  const width = String(events.length).length
  return events.map((event, at) => {
    const number = String(at + 1).padStart(width)
    const seconds = `${(event.at / 1000).toFixed(1)} s`.padStart(7)
    const instead = event.insteadOf === undefined ? '' : `  (not yet: ${event.insteadOf})`
    return `${event.insteadOf === undefined ? ' ' : '>'} ${number}  ${seconds}  ${wordsOf(event)}${instead}`
  })
}

/** Who has turned to whom, and whether it has arrived. */
const signs = { call: '->', answer: '<-', drop: 'x-', 'hung-up': '-x' } as const
const endings = { call: '', answer: '', drop: ': the connection breaks', 'hung-up': ': the client hangs up' } as const

function wordsOf({ kind, text, call }: StoryEvent): string {
  if (kind === 'failure') return text
  if (kind === 'step') return `step: ${text}`
  if (kind === 'time') return `time passes to ${text}`
  return `client ${signs[kind]} mock  [${call}] ${text}${endings[kind]}`
}

const LANES = { test: 90, client: 330, mock: 570 }
const ROW = 34
const TOP = 40
const WIDTH = 660
const MAX_TEXT = 60

/** The story as an SVG: lanes of test, client and mock, an arrow for each call and answer, departures in red. */
export function renderSequence(events: readonly StoryEvent[]): string {
  const height = TOP + ROW * (events.length + 1)
  const rows = events.map((event, at) => renderRow(event, at + 1, TOP + ROW * (at + 1)))
  const lanes = Object.entries(LANES).map(
    ([name, x]) =>
      `<text x="${x}" y="20" text-anchor="middle" font-weight="bold">${name}</text>` +
      `<line x1="${x}" y1="28" x2="${x}" y2="${height}" stroke="#bbb" stroke-dasharray="3 4"/>`,
  )
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" aria-label="Sequence of the run" width="${WIDTH}" ` +
    `height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui,sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="#fff"/>${lanes.join('')}${rows.join('')}</svg>`
  )
}

function renderRow(event: StoryEvent, number: number, y: number): string {
  const { kind, call, insteadOf } = event
  const color = insteadOf !== undefined || kind === 'failure' ? '#c62828' : '#333'
  const short = event.text.length > MAX_TEXT ? `${event.text.slice(0, MAX_TEXT)}...` : event.text
  const label = escapeMarkup(
    `${number}  ${kind === 'time' ? 'time: ' : ''}${call === undefined ? '' : `[${call}] `}${short}`,
  )
  const middle = (x: number, below: number, text: string): string =>
    `<text x="${x}" y="${y + below}" text-anchor="middle" fill="${color}">${text}</text>`
  const text = (x: number): string =>
    middle(x, -5, label) + (insteadOf === undefined ? '' : middle(x, 13, escapeMarkup(`not yet: ${insteadOf}`)))
  if (kind === 'time' || kind === 'failure') {
    const dashes = kind === 'time' ? '1 5' : 'none'
    const line = `<line x1="20" y1="${y}" x2="${WIDTH - 20}" y2="${y}" stroke="${color}" stroke-dasharray="${dashes}"/>`
    return `<g>${line}${text(WIDTH / 2)}</g>`
  }
  const { test, client, mock } = LANES
  const [from, to] = kind === 'step' ? [test, client] : kind === 'call' ? [client, mock] : [mock, client]
  const end = kind === 'drop' ? (from + to) / 2 : to
  return `<g>${arrow(from, end, y, color, kind === 'drop' || kind === 'hung-up')}${text((from + to) / 2)}</g>`
}

/** With a cross at its end where it does not arrive. */
function arrow(from: number, to: number, y: number, color: string, isBroken: boolean): string {
  const back = from < to ? -7 : 7
  const tip = isBroken
    ? `M${to - 5} ${y - 5}l10 10m0 -10l-10 10`
    : `M${to + back} ${y - 4}L${to} ${y}L${to + back} ${y + 4}`
  return `<path d="M${from} ${y}L${to} ${y}${tip}" fill="none" stroke="${color}" stroke-width="1.4"/>`
}
