/** `opik-runner-kit serve`: the mock as a server, until it is told to stop. */
import { format } from 'node:util'
import pc from 'picocolors'
import { runnerResponseBodies } from '../generated/runner-response-validators.js'
import { serve, type McpEndpoint, type McpHost, type RunnerServer } from '../mocks/adapters/node.js'
import { printable, printableLines } from '../kernel/printable.js'
import { createReplyCheck } from '../mocks/engine/reply-check.js'
import { createRunnerMock, type RunnerMock, type Snapshot } from '../mocks/mock/runner-mock.js'
import { ServeCommand } from '../generated/kit-command.js'
import type { SavedWorld, ServeCommand as ServeFlags } from '../generated/kit-schema.js'
import type { Scenario } from '../mocks/scenarios/scenario.js'
import { saveRunner } from '../mocks/world/snapshot.js'
import { omitUndefined } from '../mocks/base/omit-undefined.js'
import { readCertificate, readAuth, readFaults, followScenario, readScenario } from './files/serve-files.js'
import { describeSession, heedSessions, type SessionNote } from './conduct/pair-sessions.js'
import type { TrafficRecorder } from './files/recording-file.js'
import { readSettings } from './files/input-file.js'
import { KitError, isRefusal } from '../kernel/errors.js'
import type { SavedCollections } from '../mocks/world/collection.js'
import { runCommandLine } from './command-line.js'
import { defineCommand } from './define-command.js'
import { firstSignal } from './under-signals.js'
import { realTime } from '../kernel/clock.js'
import { matchOperation } from '../kernel/all-operations.js'
import type { ApiRequest, ApiResponse } from '../mocks/base/exchange.js'
import { createAuthenticate, type Authenticate, type AuthMode } from '../mocks/base/identity.js'
import { splitUrl } from '../mocks/engine/split-url.js'

export const addServeCommand = defineCommand(ServeCommand, run)

/** Runs the command line for `serve` alone, which the build makes one script of. */
export const runServe = (args: readonly string[]): Promise<void> => runCommandLine(args, [addServeCommand])

/** Those around runners are loaded with the first request for one. */
const checkReply = createReplyCheck(
  runnerResponseBodies,
  async () => (await import('../generated/response-validators.js')).responseBodies,
)

async function run(flags: ServeFlags): Promise<void> {
  expectName(flags.pairName)
  // Everything that a user can get wrong is read before anything is started.
  const settings = await readSettings(flags.settings, 'settings')
  const faults = flags.faults === undefined ? [] : await readFaults(flags.faults)
  const auth = await readAuth(flags.auth)
  const certificate = await readCertificate(flags)
  const fallback = flags.fallback === undefined ? undefined : await checkFallback(flags.fallback)
  // What few ask for is loaded only then: `serve` is to be ready at once.
  const state =
    flags.state === undefined ? undefined : await (await import('./state/keep-state.js')).openState(flags.state)
  const { scenario: chosen, explain } = await readScenario(flags.scenario)
  const scenario = typeof chosen === 'string' ? chosen : chosen.name
  const scenarios: Record<string, Scenario> = typeof chosen === 'string' ? {} : { [scenario]: chosen }
  const tell = (trouble: unknown): void => console.error(printableLines(format(trouble)))
  const asksForRecording = flags.recordingOut !== undefined || flags.keepKeys !== undefined
  const recorder = asksForRecording ? (await import('./files/recording-file.js')).openRecorder(flags) : undefined
  const grading = flags.conduct === true ? (await import('../mocks/conduct/watch-conduct.js')).watchConduct : undefined
  const create = (saved?: Snapshot, records?: TrafficRecorder): RunnerMock => {
    const made = createRunnerMock({
      ...{ scenario, scenarios, seed: flags.seed, auth, settings, profile: flags.profile, faults },
      checkReply,
      ...omitUndefined({ snapshot: saved, conduct: records?.watching(grading) ?? grading }),
    })
    if (flags.verbose === true) printRequests(made, auth, flags.json === true)
    return made
  }
  const mock = create(state?.snapshot, recorder)
  const keeper = state?.keep(mock, tell)
  const server = await serve(mock, {
    ...{ port: flags.port, host: flags.host, onBug: tell },
    ...omitUndefined({
      ...{ basePath: flags.basePath, fallback, web: flags.web },
      // A secret that is not set reaches a CI job as an empty variable: that is no token.
      adminToken: flags.adminToken === '' ? undefined : flags.adminToken,
    }),
    ...certificate,
    mcp: lateEndpoint,
    worlds: { create: (_name, url) => heed(create(), url, flags) },
  }).catch(async (error: unknown) => {
    await mock.close()
    throw await explain(error)
  })
  await keeper?.start()
  recorder?.start()
  heed(mock, server.url, flags)
  /** A reset leads to the changed scenario from now on, and worlds beside begin with it. */
  const reload = async (changed: Scenario): Promise<void> => {
    await mock.reset({ scenario: { ...changed, name: scenario } })
    scenarios[scenario] = changed
    announce(flags, { event: 'scenario', file: flags.scenario }, printable(`loaded   ${flags.scenario} again`))
  }
  const leaveFile = typeof chosen === 'string' ? undefined : followScenario(flags.scenario, reload, tell)
  // A reader of the ready line may send a signal at once.
  void firstSignal().then(async () => {
    // The process then has nothing left to do.
    leaveFile?.()
    await keeper?.close()
    // Before the mock ends what waits.
    await recorder?.close()
    await server.close()
  })
  printReady(flags, server, mock)
  if (flags.open === true) await openPage(server.consoleUrl, tell)
}

/** Loaded when it is first asked for, as most servers never are. */
function lateEndpoint(host: McpHost): McpEndpoint {
  let endpoint: Promise<McpEndpoint> | undefined
  return async (request) => {
    endpoint ??= import('./run-mcp.js').then(({ openEndpoint }) => openEndpoint(host))
    return (await endpoint)(request)
  }
}

function printReady({ json, quiet, fallback }: ServeFlags, server: RunnerServer, mock: RunnerMock): void {
  if (json === true) {
    const { url, adminUrl: admin, consoleUrl, fallbackUrl } = server
    const ready = { event: 'listening', url, admin, console: consoleUrl, ...omitUndefined({ fallback: fallbackUrl }) }
    console.log(printable(JSON.stringify(ready)))
    return
  }
  console.log(`listening on ${server.url}`)
  if (quiet === true) return
  const lines = [`admin API on ${server.adminUrl}`, `console   on ${server.consoleUrl}`]
  if (fallback !== undefined)
    lines.push(printable(`all else from ${isDocument(fallback) ? `Prism, by ${fallback}` : fallback}`))
  // Jobs, of which there may be many, have no part in it.
  const world = mock.inspect(({ collections, runners }) =>
    describeWorld(collections.projects.save(), Array.from(runners.values(), saveRunner)),
  )
  console.log(pc.dim(`${lines.join('\n')}\n`) + world)
}

/** Heeds the pairing sessions of a mock for as long as it is open. */
function heed(mock: RunnerMock, url: string, flags: ServeFlags): RunnerMock {
  const leave = heedSessions(mock, url, flags, (note) => announce(flags, note, describeSession(note)))
  const close = mock.close.bind(mock)
  mock.close = () => {
    leave()
    return close()
  }
  return mock
}

/** Tells of something that has happened, as a line for people or for programs. */
function announce(
  { json, quiet }: ServeFlags,
  event: SessionNote | { event: 'scenario'; file: string },
  words: string,
) {
  if (json === true) console.log(JSON.stringify(event))
  else if (quiet !== true) console.log(words)
}

/** @throws KitError `serve/pair-name` for a name that no server takes */
function expectName(name = ''): void {
  if (Buffer.byteLength(name) <= 255) return
  const [failed, fix] = ['This name is too long for a runner.', 'Give --pair-name a name of at most 255 bytes.']
  throw new KitError('serve/pair-name', { failed, value: name, fix })
}

/** Whether a fallback is an OpenAPI document, for which Prism is started, and no server. */
function isDocument(named: string): boolean {
  return !/^[a-z][a-z\d+.-]+:\/\//i.test(named)
}

/** Checks what was named, so that a mistake shows before anything is started. */
async function checkFallback(named: string): Promise<string> {
  if (!isDocument(named)) {
    const { parseFallbackUrl } = await import('../mocks/adapters/node-fallback.js')
    return parseFallbackUrl(named).href
  }
  const { readInputFile } = await import('./files/input-file.js')
  const { toSpecDocument } = await import('../spec/parse-spec.js')
  toSpecDocument((await readInputFile(named, 'fallback')).value, named)
  return named
}

/**
 * Opens a page by the command that each system has for that. The browser is its user's, and lives on when this process
 * ends; `tell` hears that none was found.
 */
async function openPage(url: string, tell: (trouble: string) => void): Promise<void> {
  const { spawn } = await import('node:child_process')
  const [command = '', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const opener = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  opener.on('error', () => tell(`No browser could be opened; the console is on ${url}`))
  opener.unref()
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** The table of a mock's content: projects and runners, one line each; text for a terminal. */
export function describeWorld(projects: SavedCollections[string], runners: SavedWorld['runners']): string {
  const rows = Object.entries(projects).flatMap(([workspace, list]) =>
    list.map(({ id, name }) => ['project', String(name), String(id), `workspace ${workspace}`]),
  )
  for (const { id, wire, owner, agents } of runners) {
    const names = agents.map(({ name }) => name).join(', ')
    rows.push(['runner', wire.name, id, `${wire.type} of ${owner.user}, agents: ${names || 'none'}`])
  }
  if (rows.length === 0) return 'no projects yet; each workspace gets its default project when it is first used'
  return toColumns(rows.map((row) => row.map(printable)))
}

function toColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const toLine = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => toLine(row).trimEnd()).join('\n')
}

/** One request, as `--json` prints it. */
type PrintedRequest = ReturnType<typeof describe>

/**
 * Prints a line for each request that comes over HTTP from now on, when it has been answered; what the mock does not have
 * is named once, however often a client asks.
 */
function printRequests(mock: RunnerMock, auth: AuthMode, asJson: boolean): void {
  const handle = mock.handle.bind(mock)
  const identify = createAuthenticate(auth)
  const named = new Set<string>()
  const isNews = ({ method, path, operation, status }: PrintedRequest): boolean => {
    if (operation !== undefined || status !== 404) return true
    const kind = `${method} ${path.replaceAll(IDS, '/{id}')}`
    const isNew = !named.has(kind)
    if (named.size < MAX_KINDS) named.add(kind)
    return isNew
  }
  mock.handle = (exchange) => {
    const begun = realTime()
    const tell = (reply: ApiResponse): ApiResponse => {
      const request = describe(exchange, reply.status, begun, identify)
      if (isNews(request)) console.log(asJson ? printable(JSON.stringify(request)) : toLine(request))
      return reply
    }
    const reply = handle(exchange)
    return reply instanceof Promise ? reply.then(tell) : tell(reply)
  }
}

/** Segments with digits in them; a version does not count. */
const IDS = /\/(?!v\d\/)[^/]*\d[^/]*/g
const MAX_KINDS = 1000

function describe(exchange: ApiRequest, status: number, begun: number, identify: Authenticate) {
  const { method, headers = {} } = exchange
  const { path } = splitUrl(exchange)
  const found = matchOperation(method, path)
  const operation = found.kind === 'operation' ? found.operation : undefined
  const caller = operation?.isIdentified === true ? identify(headers) : undefined
  const { workspace, user } = caller === undefined || isRefusal(caller) ? {} : caller
  return {
    ...{ event: 'request', at: new Date(begun).toISOString(), method, path },
    ...omitUndefined({ operation: operation?.id }),
    // The status is 0 when a fault broke the connection.
    ...{ status, duration_ms: Math.max(0, realTime() - begun) },
    ...omitUndefined({ workspace, user }),
  }
}

function toLine({ at, method, path, operation, status, duration_ms, workspace, user }: PrintedRequest): string {
  const what = operation ?? `${method} ${printable(path)}`
  const who = user === undefined ? '' : `  ${printable(`${user} in ${workspace ?? ''}`)}`
  const paint = status === 0 || status >= 500 ? pc.red : status >= 400 ? pc.yellow : pc.green
  const outcome = paint((status === 0 ? 'cut' : String(status)).padEnd(4))
  return `${pc.dim(at.slice(11, 23))}  ${outcome}${what.padEnd(28)} ${pc.dim(`${Math.round(duration_ms)} ms${who}`)}`
}
