/**
 * The command `watch`: judges recorded traffic. Files, options, what is shown and exit codes are here; the rules are
 * src/contracts/watch's.
 */
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Command } from 'commander'
import pc from 'picocolors'
import { describeAccident } from '../contracts/check/seen-accidents.js'
import {
  judge,
  readRecording,
  type AccidentSeen,
  type JudgedCounts,
  type RecordedExchange,
  type Recording,
  type Verdict,
} from '../contracts/watch/judge-recording.js'
import { KitError } from '../kernel/errors.js'
import { printable, printableData, printableLines } from '../kernel/printable.js'
import { unreadable } from './files/input-file.js'
import { readSettings } from './files/settings-file.js'

interface WatchFlags {
  readonly recording: readonly string[]
  readonly limits?: string
  readonly startsEmpty?: boolean
  readonly json?: true
}

/** Where an exchange stands in the files that were given. */
interface Place {
  readonly file: string
  readonly exchange: RecordedExchange
}

/** An exchange of a story, as it is shown. */
interface ShownExchange {
  readonly recording: string
  readonly id: number
  readonly method: string
  readonly path: string
  /** null when the caller has hung up. */
  readonly status: number | null
  readonly at_start_ns: number
  readonly at_end_ns: number
}

type ShownVerdict = Omit<Verdict, 'at' | 'story'> & { readonly story: readonly ShownExchange[] }

interface ShownAccident extends Pick<AccidentSeen, 'id' | 'how'> {
  readonly times: number
  readonly first: ShownExchange
  readonly today: string
}

/** What is printed, as it is with `--json`. */
interface Shown {
  readonly verdicts: readonly ShownVerdict[]
  readonly accidents: readonly ShownAccident[]
  readonly counts: JudgedCounts
}

/**
 * Adds `watch --recording FILE...` to a program. Sets `process.exitCode`: 0 when no `must` rule was broken, 1 when one
 * was; 2, by a KitError, for files that cannot be used.
 */
export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .summary('judge recorded traffic')
    .description(
      'Judges traffic between any clients and any server that was recorded, whatever the order of calls. It judges ' +
        'recordings only, and stands between nobody. Exits 0 when no must rule was broken, 1 when one was, 2 when a ' +
        'file cannot be used.',
    )
    .requiredOption('--recording <files...>', 'recordings, gzipped or not; several of one server are judged together')
    .option('--limits <file>', 'settings in which the server differs from what the recording says, YAML or JSON')
    .option('--starts-empty', 'there was nothing on the server when the recording began')
    .option('--json', 'print JSON')
    .action(async (flags: WatchFlags) => {
      process.exitCode = await watch(flags)
    })
}

async function watch({ recording: names, limits, startsEmpty = false, json }: WatchFlags): Promise<number> {
  const settings = limits === undefined ? {} : await readSettings(limits, 'limits')
  const { recording, places } = merge(await Promise.all([...new Set(names)].map(readFrom)))
  const header = { ...recording.header, settings: { ...recording.header.settings, ...settings } }
  const { verdicts, accidents, counts } = judge({ ...recording, header }, { startsEmpty })
  const shown: Shown = {
    verdicts: verdicts.map(({ at: _at, story, ...verdict }) => ({
      ...verdict,
      story: story.map(({ id }) => expand(id, places)),
    })),
    accidents: gather(accidents, places),
    counts,
  }
  const text = json === true ? printableLines(JSON.stringify(shown, null, 2)) : render(printableData(shown), places)
  process.stdout.write(`${text}\n`)
  return verdicts.some(({ severity }) => severity === 'must') ? 1 : 0
}

interface NamedRecording extends Recording {
  readonly name: string
}

async function readFrom(name: string): Promise<NamedRecording> {
  const bytes = await readFile(name).catch((error: unknown) => {
    throw unreadable(name, 'recording', error)
  })
  return { name, ...(await readRecording(bytes, name)) }
}

/** Clocks that say the same within this are one: what was read off the wall is never exact. */
const CLOCK_TOLERANCE_MS = 1000

/** One recording of all, its exchanges numbered anew: each file has its own numbers. */
function merge(all: readonly NamedRecording[]): { recording: Recording; places: readonly Place[] } {
  const [first = EMPTY, ...others] = all
  for (const other of others) expectTogether(first, other)
  const places = all.flatMap(({ name, exchanges }) => exchanges.map((exchange) => ({ file: name, exchange })))
  if (others.length > 0) places.sort((a, b) => a.exchange.at_start_ns - b.exchange.at_start_ns)
  const exchanges = places.map(({ exchange }, id) => ({ ...exchange, id }))
  return { recording: { header: first.header, exchanges }, places }
}

const EMPTY: NamedRecording = {
  name: '',
  header: { format: 'opik-runner-recording/1', settings: {}, base_path: '' },
  exchanges: [],
}

/** @throws KitError for recordings of two servers or two clocks, whose exchanges have no common order */
function expectTogether(one: NamedRecording, other: NamedRecording): void {
  const member = (['settings', 'base_path', 'auth'] as const).find(
    (name) => !isDeepStrictEqual(one.header[name], other.header[name]),
  )
  const { wall_clock_ms_at_zero: zero } = one.header
  const apart = Math.abs((zero ?? 0) - (other.header.wall_clock_ms_at_zero ?? zero ?? 0))
  const isOneClock = zero === undefined || apart <= CLOCK_TOLERANCE_MS
  if (member === undefined && isOneClock) return
  throw new KitError('watch/together', {
    failed: `${one.name} and ${other.name} cannot be judged together: their ${member ?? 'clocks'} differ.`,
    value: member ?? `wall_clock_ms_at_zero, by ${apart} ms`,
    fix: 'Judge them one by one.',
  })
}

function expand(id: number, places: readonly Place[]): ShownExchange {
  const place = places[id]
  if (place === undefined) throw new Error(`there is no exchange ${id}`)
  const { exchange, file } = place
  const { method, path, query, status = null, at_start_ns, at_end_ns } = exchange
  const asked = query === undefined ? path : `${path}?${query}`
  return { recording: file, id: exchange.id, method, path: asked, status, at_start_ns, at_end_ns }
}

/** Each accident once; what was seen needs no telling that it was possible. */
function gather(accidents: readonly AccidentSeen[], places: readonly Place[]): readonly ShownAccident[] {
  return [...new Set(accidents.map(({ id }) => id))].flatMap((id) => {
    const all = accidents.filter((each) => each.id === id)
    const seen = all.filter(({ how }) => how === 'seen')
    const told = seen.length > 0 ? seen : all
    const [at = 0] = told[0]?.at ?? []
    const how = seen.length > 0 ? 'seen' : 'possible'
    return { id, how, times: told.length, first: expand(at, places), today: describeAccident(id) }
  })
}

function render({ verdicts, accidents, counts }: Shown, places: readonly Place[]): string {
  const begin = places.reduce((least, { exchange }) => Math.min(least, exchange.at_start_ns), Infinity)
  const isOne = places.every(({ file }) => file === places[0]?.file)
  const line = (exchange: ShownExchange): string => lineOf(exchange, begin, !isOne)
  const parts = verdicts.map(({ rule, severity, side, expected, actual, story }) => {
    const paint = severity === 'must' ? pc.red : pc.yellow
    const head = `${paint(rule)}  ${severity}, by the ${side}`
    const told = [`expected ${printable(expected)}`, `got ${printable(actual)}`, ...story.map(line)]
    return [head, ...told.map((text) => `  ${text}`)].join('\n')
  })
  const seen = accidents.map(({ id, how, times, first, today }) => {
    const count = times === 1 ? '' : `, ${times} times`
    return `accident ${pc.yellow(id)}  ${how}${count}\n  ${today}\n  ${line(first)}`
  })
  return [...parts, ...seen, summarize(verdicts, counts)].join('\n\n')
}

const NS_PER_MS = 1e6

/** When it began, counted from the first exchange; which one it is; what was asked and answered; how long it took. */
function lineOf(exchange: ShownExchange, begin: number, namesFile: boolean): string {
  const { recording, id, method, path, status, at_start_ns, at_end_ns } = exchange
  const at = ((at_start_ns - begin) / NS_PER_MS / 1000).toFixed(3)
  const where = namesFile ? ` of ${printable(recording)}` : ''
  const took = pc.dim(`${Math.round((at_end_ns - at_start_ns) / NS_PER_MS)} ms`)
  return `${pc.dim(`+${at} s  #${id}${where}`)}  ${printable(`${method} ${path}`)}  ${status ?? 'hung up'}  ${took}`
}

function summarize(verdicts: readonly ShownVerdict[], { exchanges, judged, unknown, skipped }: JudgedCounts): string {
  const musts = verdicts.filter(({ severity }) => severity === 'must').length
  const counts = `${exchanges} exchanges: ${judged} judged, ${unknown} by their form alone, ${skipped} not judged`
  const shoulds = verdicts.length - musts
  const broken = [musts === 0 ? '' : `${musts} must`, shoulds === 0 ? '' : `${shoulds} should`].filter(Boolean)
  if (broken.length > 0) return `${pc.red(`✗ broken: ${broken.join(', ')}`)} (${counts})`
  return judged + unknown === 0
    ? `${pc.yellow('nothing was there to judge')} (${counts})`
    : `${pc.green('✓ nothing wrong')} (${counts})`
}
