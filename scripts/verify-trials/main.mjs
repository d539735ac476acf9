// `npm run test:verify`: aims verify at targets that are slow, crowded or set up differently, and demands that nothing fails.
// The short form is for every build; `-- --long` runs all trials, `-- --only TEXT` those whose names contain a text.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { changesIn, createCrowd, keepAlive } from './crowd.mjs'
import { startCrowdedProxy, startLatencyProxy } from './proxies.mjs'
import { verifyStatelessMock, verifyThroughPrism } from './prism.mjs'
import { partialServers, startPartialServer } from '../../test/contracts/partial/partial-servers.mjs'
import { runVerify, startServer } from './processes.mjs'
import { slowMachine, trials, withoutReader } from './trials.mjs'

/** How long requests wait at a server with the default settings, in seconds. */
const DEFAULTS = {
  next_job_poll_timeout_seconds: 10,
  bridge_poll_timeout_seconds: 30,
  bridge_max_command_timeout_seconds: 120,
}

/** Most requests that verify lets wait at once. */
const MAX_WAITING = 30

/** Most lines that a terminal shows, and seconds that it takes, however little of a server there is. */
const MAX_LINES = 120
const MAX_SECONDS = 60

/** How far a run is, told while it lasts. */
const PROGRESS = /^\d+\/\d+ checks/

const { values } = parseArgs({ options: { long: { type: 'boolean' }, only: { type: 'string' } } })
const isChosen = ({ name, isShort }) =>
  values.only === undefined ? isShort || values.long === true : name.includes(values.only)

const plays = trials
  .filter(isChosen)
  .flatMap((trial) =>
    (values.long === true ? (trial.longSeeds ?? trial.seeds) : trial.seeds).map((seed) => ({ trial, seed })),
  )
let passed = 0
let failed = 0
// Most of a trial is waiting, so that there is one more under way than cores.
await Promise.all(
  Array.from({ length: availableParallelism() + 1 }, async () => {
    for (let next; (next = plays.shift());) {
      const faults = await play(next.trial, next.seed)
      if (faults.length === 0) passed++
      else failed++
      for (const fault of faults) console.log(`  ${next.trial.name}, seed ${next.seed}: ${fault}`)
    }
  }),
)
console.log(`${passed} passed, ${failed} failed`)
if (failed > 0 || passed === 0) process.exitCode = 1

/** Plays a trial once, prints its figures, and returns what is wrong. */
async function play(trial, seed) {
  if (trial.prism !== undefined) return playPrism(trial, seed)
  if (trial.partial !== undefined) return playPartial(trial, seed)
  const folder = mkdtempSync(join(tmpdir(), 'verify-trial-'))
  const server = await startServer(serveOptions(trial, folder))
  const { url, admin, close, waiting } = await openRoad(trial, server)
  const others = trial.crowd ? await moveIn(server) : undefined
  const aim = [url, '--seed', String(seed), ...(trial.verify ?? []), ...(trial.admin ? ['--admin', admin] : [])]
  if (trial.settings !== undefined && !trial.admin) aim.push('--limits', join(folder, 'settings.json'))
  const outcome = await runVerify(aim)
  const damage = (await others?.moveOut()) ?? []
  close()
  outcome.processorSeconds = outcome.cpuSeconds + (await server.stop())
  rmSync(folder, { recursive: true })
  print(trial, seed, outcome)
  // Where time was moved, it has been hard on others all by itself.
  const faults = trial.isRefused === true ? faultsOfRefused(trial, outcome) : faultsOf(trial, outcome)
  return [...faults, ...crowding(waiting), ...(trial.admin ? [] : damage)]
}

async function playPrism(trial, seed) {
  const server = await startServer(serveOptions(trial))
  const { faults, report } = await (trial.prism === 'mock'
    ? verifyStatelessMock(seed)
    : verifyThroughPrism(server, seed))
  await server.stop()
  print(trial, seed, { code: report.exitCode, seconds: report.durationMs / 1000, report })
  return faults
}

async function playPartial({ name, partial }, seed) {
  const server = await startServer(serveOptions({}))
  const { url, close } = await startPartialServer(partial, new URL(server.url).origin)
  const outcome = await runVerify([url, '--seed', String(seed), '--max-wait', '20'])
  close()
  await server.stop()
  print({ name }, seed, outcome)
  const { code, seconds, screen } = outcome
  const lines = screen.trimEnd().split('\n')
  const { next } = partialServers[partial]
  const first = lines.filter((line) => !PROGRESS.test(line))
  console.log(`  ${lines.length} lines, ${lines[1]}`)
  return [
    ...(code === 1 ? [] : [`exit ${code}`]),
    ...(lines.length > MAX_LINES ? [`${lines.length} lines`] : []),
    ...(seconds > MAX_SECONDS ? [`${seconds.toFixed(1)} s`] : []),
    ...(first.slice(0, 3).some((line) => line.includes(next)) ? [] : [`${next} is not what is to be built next`]),
  ]
}

function serveOptions({ serve = ['--scenario', 'empty'], settings, keys }, folder) {
  const fileOption = (option, name, content) => {
    if (content === undefined) return []
    writeFileSync(join(folder, name), JSON.stringify(content))
    return [option, join(folder, name)]
  }
  return [...serve, ...fileOption('--settings', 'settings.json', settings), ...fileOption('--auth', 'keys.json', keys)]
}

function crowding({ peak, refused } = { peak: 0, refused: 0 }) {
  return peak > MAX_WAITING || refused > 0 ? [`${peak} requests waited at once, ${refused} were refused`] : []
}

async function openRoad({ latency, waitingRoom }, { url, admin }) {
  if (waitingRoom !== undefined) {
    const { origin } = new URL(url)
    const proxy = await startCrowdedProxy(origin, { room: waitingRoom, longest: DEFAULTS })
    const through = (address) => address.replace(origin, proxy.origin)
    return { url: through(url), admin: through(admin), close: proxy.close, waiting: proxy.figures }
  }
  if (latency === undefined) return { url, admin, close: () => undefined }
  const { origin } = new URL(url)
  const proxy = await startLatencyProxy(origin, latency)
  return { url: url.replace(origin, proxy.origin), admin: admin.replace(origin, proxy.origin), close: proxy.close }
}

/** Fills the target with others; afterwards they must be as they were. */
async function moveIn({ url, admin }) {
  const { snapshot, live } = await createCrowd()
  const state = await fetch(`${admin}/state`, { method: 'PUT', body: JSON.stringify(snapshot) })
  if (!state.ok) throw new Error(`The crowd was refused: ${await state.text()}`)
  const leave = keepAlive(url, live)
  return {
    async moveOut() {
      const gone = await leave()
      const { runners, jobs } = changesIn(snapshot, await (await fetch(`${admin}/state`)).json())
      return gone + runners + jobs === 0
        ? []
        : [`harmed others: ${runners} runners, ${jobs} jobs, ${gone} lost their life`]
    },
  }
}

function print({ name }, seed, { code, seconds, processorSeconds, report }) {
  const { passed: ok = 0, failed: bad = 0, errors = 0, notRun = 0 } = report?.totals ?? {}
  const processor = processorSeconds === undefined ? '' : `, processor ${processorSeconds.toFixed(1)} s`
  const figures = `${seconds.toFixed(1)} s${processor}`
  console.log(
    `${name}, seed ${seed}: exit ${code}, ${ok} passed, ${bad + errors} failed, ${notRun} not run, ${figures}`,
  )
}

/** The failures of a target that must be refused, other than its quirks. */
function faultsOfRefused({ mayNotRun }, { code, report }) {
  if (report === undefined) return [`no report, exit ${code}`]
  const faults = report.results.flatMap(({ id, verdict }) => {
    const isFair = verdict.kind === 'passed' || mayBeLeftOut(verdict, mayNotRun)
    const isNamed = verdict.findings?.some(({ expected, actual }) =>
      /quirk [\w-]+, refused/.test(`${expected} ${actual}`),
    )
    return isFair || isNamed ? [] : [`${id}: ${verdict.kind}: ${JSON.stringify(verdict).slice(0, 400)}`]
  })
  return code === 1 ? faults : [...faults, `exit ${code}`]
}

/** Reasons that a trial names, and those that hold for each. */
function mayBeLeftOut({ kind, reason }, mayNotRun) {
  return kind === 'not-run' && [withoutReader, slowMachine, mayNotRun].some((fair) => fair?.test(reason))
}

function faultsOf({ mayNotRun, mostMinutes = Infinity, mostSeconds = Infinity }, outcome) {
  const { code, seconds, processorSeconds, report } = outcome
  if (report === undefined) return [`no report, exit ${code}`]
  const faults = report.results.flatMap(({ id, verdict }) => {
    if (verdict.kind === 'passed' || mayBeLeftOut(verdict, mayNotRun)) return []
    const why = verdict.findings?.map(({ expected, actual }) => `expected ${expected}; got ${actual}`).join(' | ')
    return [`${id}: ${verdict.kind}: ${why ?? verdict.reason ?? verdict.message}`]
  })
  if (seconds > 60 * mostMinutes) faults.push(`too slow: more than ${mostMinutes} minutes`)
  if (processorSeconds > 2 * mostSeconds) faults.push(`too slow: two cores need more than ${mostSeconds} s`)
  return code === 0 ? faults : [...faults, `exit ${code}`]
}
