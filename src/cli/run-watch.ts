/**
 * The command `watch`: judges recorded traffic. Files, options, what is shown and exit codes are here; the rules are
 * src/contracts/watch's.
 */
import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import pc from 'picocolors'
import { describeAccident } from '../contracts/check/seen-accidents.js'
import {
  judge,
  readRecording,
  type AccidentSeen,
  type ExchangePlace,
  type JudgedCounts,
  type RecordedExchange,
  type Recording,
  type Verdict,
} from '../contracts/watch/judge-recording.js'
import { printable, printableData, printableLines } from '../kernel/printable.js'
import { unreadable } from './files/input-file.js'
import { readSettings } from './files/settings-file.js'

interface WatchFlags {
  readonly recording: readonly string[]
  readonly limits?: string
  readonly startsEmpty?: boolean
  readonly side: Verdict['side'] | 'both'
  readonly json?: true
}

/** A file that was given. */
interface RecordedFile {
  readonly name: string
  readonly recording: Recording
  readonly byId: ReadonlyMap<number, RecordedExchange>
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
    .addOption(
      new Option('--side <side>', 'whose side is judged').choices(['server', 'client', 'both']).default('both'),
    )
    .option('--json', 'print JSON')
    .action(async (flags: WatchFlags) => {
      process.exitCode = await watch(flags)
    })
}

async function watch({ recording: names, limits, startsEmpty = false, side, json }: WatchFlags): Promise<number> {
  const settings = limits === undefined ? {} : await readSettings(limits, 'limits')
  const files = await Promise.all([...new Set(names)].map((name) => readFrom(name, settings)))
  const { verdicts, accidents, counts } = judge(
    files.map(({ recording }) => recording),
    {
      startsEmpty,
      names: files.map(({ name }) => name),
      sides: side === 'both' ? ['server', 'client'] : [side],
    },
  )
  const shown: Shown = {
    verdicts: verdicts.map(({ at: _at, story, ...verdict }) => ({
      ...verdict,
      story: story.map((line) => expand(line, files)),
    })),
    accidents: gather(accidents, files),
    counts,
  }
  const text = json === true ? printableLines(JSON.stringify(shown, null, 2)) : render(printableData(shown), files)
  process.stdout.write(`${text}\n`)
  return verdicts.some(({ severity }) => severity === 'must') ? 1 : 0
}

async function readFrom(name: string, limits: Recording['header']['settings']): Promise<RecordedFile> {
  const bytes = await readFile(name).catch((error: unknown) => {
    throw unreadable(name, 'recording', error)
  })
  const { header, exchanges } = await readRecording(bytes, name)
  const recording = { header: { ...header, settings: { ...header.settings, ...limits } }, exchanges }
  return { name, recording, byId: new Map(exchanges.map((exchange) => [exchange.id, exchange])) }
}

function expand({ recording, id }: ExchangePlace, files: readonly RecordedFile[]): ShownExchange {
  const { name = '', byId } = files[recording] ?? {}
  const exchange = byId?.get(id)
  if (exchange === undefined) throw new Error(`there is no exchange ${id} in ${name}`)
  const { method, path, query, status = null, at_start_ns, at_end_ns } = exchange
  const asked = query === undefined ? path : `${path}?${query}`
  return { recording: name, id, method, path: asked, status, at_start_ns, at_end_ns }
}

/** Each accident once; what was seen needs no telling that it was possible. */
function gather(accidents: readonly AccidentSeen[], files: readonly RecordedFile[]): readonly ShownAccident[] {
  return [...new Set(accidents.map(({ id }) => id))].flatMap((id) => {
    const all = accidents.filter((each) => each.id === id)
    const seen = all.filter(({ how }) => how === 'seen')
    const told = seen.length > 0 ? seen : all
    const [at] = told[0]?.at ?? []
    if (at === undefined) return []
    const how = seen.length > 0 ? 'seen' : 'possible'
    return { id, how, times: told.length, first: expand(at, files), today: describeAccident(id) }
  })
}

function render({ verdicts, accidents, counts }: Shown, files: readonly RecordedFile[]): string {
  // In a recording they stand in the order in which they began.
  const begin = Math.min(...files.map(({ recording }) => recording.exchanges[0]?.at_start_ns ?? Infinity))
  const line = (exchange: ShownExchange): string => lineOf(exchange, begin, files.length > 1)
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
