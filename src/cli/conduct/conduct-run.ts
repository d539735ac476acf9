/**
 * One run of conduct: serves a mock, starts a client, pairs it, gives it work and makes trouble. Returns a recording. A run
 * under a preset exercises its rules, also when dice have not, or says why it has not.
 */
import { format } from 'node:util'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkReply, serve } from '../../mocks/adapters/node.js'
import type { TrafficRecorder } from '../files/recording-file.js'
import { watchConduct } from '../../mocks/conduct/watch-conduct.js'
import type { ConductCommand, ConductRecording, ConductRunFile, Fault } from '../../generated/kit-schema.js'
import { printableLines } from '../../kernel/printable.js'
import { createRunnerMock, type RunnerMock } from '../../mocks/mock/runner-mock.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Sleep } from '../../conduct/conduct-trace.js'
import { pauseFor } from '../../kernel/real-time.js'
import { startClient, watchWaits, withoutKeys, type ProcessorWaits } from './client-process.js'
import { makeCommandFolder, giveCommands } from './command-work.js'
import { giveJobs, listen } from './job-work.js'
import { heedSessions } from './pair-sessions.js'
import { presets as exercises } from '../../generated/kit-preset-exercises.js'
import { isPresetName } from '../../mocks/engine/faults/faults.js'

interface ConductRunOptions extends Pick<ConductCommand, 'port' | 'type' | 'seed'> {
  /** The client and its arguments; empty for one that the user starts. */
  readonly command: readonly string[]
  /** How long the client works, from the first call of a runner on. */
  readonly seconds: number
  readonly presets: readonly string[]
  readonly signal: AbortSignal
  readonly recorder?: TrafficRecorder | undefined
}

/** Milliseconds for which a sleepy laptop sleeps. */
const SLEEP_MS = 60_000

/** Milliseconds in which a client makes its first call. */
const START_MS = 30_000

const PROJECT = 'conduct'

/** @throws KitError for a command or port that cannot be used */
export async function runConduct(options: ConductRunOptions): Promise<ConductRunFile> {
  const { command, type, seed, presets, recorder } = options
  // Whatever API key the client finds in its surroundings, it is the runner's owner.
  const conduct = recorder?.watching(watchConduct) ?? watchConduct
  const mock = createRunnerMock({ auth: 'local', conduct, checkReply, seed })
  const home = await makeHome()
  const folder = type === 'connect' ? await makeCommandFolder(home) : undefined
  const removeHome = (): void => rmSync(home, { recursive: true, force: true })
  // A second signal ends this process at once.
  process.once('exit', removeHome)
  try {
    const onBug = (error: unknown): void => console.error(printableLines(format(error)))
    const server = await serve(mock, { port: options.port, onBug })
    recorder?.start()
    try {
      const project = await mock.given.project({ name: PROJECT })
      const runner = await mock.given.connectedRunner({ projectId: project.id, name: 'conduct-runner' })
      const env = environment(server.url, home, type === 'connect' ? undefined : runner.id)
      const { verdicts, ...times } = await letWork(mock, { ...options, env, folder })
      const recording = { ...mock.conduct.record({ ended: command.length > 0 }), ...times }
      const head = { conduct_run: 1 as const, command: withoutKeys(command), seed, presets: [...presets] }
      return { ...head, ...(type && { type }), recording, verdicts, reasons: reasonsFor(presets) }
    } finally {
      // Before the mock ends what waits.
      await recorder?.close()
      await server.close()
    }
  } finally {
    await mock.close()
    process.off('exit', removeHome)
    removeHome()
  }
}

/** A folder with settings of Opik that say nothing: the user's own are neither read nor written. */
async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'opik-runner-kit-conduct-'))
  await writeFile(join(home, CONFIG), '[opik]\n')
  return home
}

const CONFIG = 'opik.config'

function environment(url: string, home: string, runnerId: string | undefined): Record<string, string> {
  return {
    OPIK_URL_OVERRIDE: url,
    ...(runnerId !== undefined && { OPIK_RUNNER_MODE: 'true', OPIK_RUNNER_ID: runnerId }),
    OPIK_PROJECT_NAME: PROJECT,
    OPIK_WORKSPACE: 'default',
    // A key of its own shows up where it should not.
    OPIK_API_KEY: `conduct-${randomBytes(12).toString('hex')}`,
    OPIK_CONFIG_PATH: join(home, CONFIG),
  }
}

interface WorkOptions extends ConductRunOptions {
  readonly env: Readonly<Record<string, string>>
  readonly folder: string | undefined
}

/**
 * Lets the client work until the time is over, the command has ended or a signal comes. Resolves with the times at which it
 * slept, had to wait for a processor, and was asked to end.
 */
async function letWork(mock: RunnerMock, options: WorkOptions) {
  const { command, env, type, folder, seconds, presets, recorder, signal: interrupt } = options
  const client = command.length === 0 ? undefined : await startClient(command, { env, cwd: folder })
  if (client === undefined) {
    const lines = Object.entries(env).map(([name, value]) => `export ${name}=${value}\n`)
    const where = folder === undefined ? '' : `cd ${folder}\n`
    process.stderr.write(`start your client within ${seconds} s with\n${where}${lines.join('')}`)
  }
  const over = new AbortController()
  const signal = AbortSignal.any([interrupt, over.signal])
  void client?.ended.then(() => over.abort())
  // A client that pairs by itself has done so within a second.
  const pairing = { pair: 'auto', pairDelay: 1, pairName: `conduct-${type ?? 'client'}` } as const
  const leave = heedSessions(mock, '', pairing, () => undefined)
  const work = folder === undefined ? giveJobs(mock, signal) : giveCommands(mock, folder, signal)
  const waits = watchWaits(() => mock.clock.now(), client?.group)
  const sleeps: Sleep[] = []
  for (const spans of [waits.seen, sleeps]) recorder?.heed(spans)
  try {
    if (client !== undefined) await firstCall(mock, waits, signal)
    const begun = mock.clock.now()
    void exercise(mock, presets, () => waits.awakeSince(begun) / (seconds * 1000), work.more, signal)
    const isSleepy = client !== undefined && presets.includes(SLEEPY)
    await waits.letPass(seconds * (isSleepy ? 500 : 1000), signal)
    if (isSleepy) {
      const from = mock.clock.now()
      if (!signal.aborted) await client.sleep(SLEEP_MS, signal)
      sleeps.push({ from, to: mock.clock.now() })
      await waits.letPass(seconds * 500, signal)
    }
    const asked = mock.clock.now()
    await client?.stop()
    return { sleeps, waits: waits.seen, asked_to_end: asked, verdicts: work.verdicts() }
  } finally {
    over.abort()
    waits.stop()
    leave()
  }
}

async function firstCall(mock: RunnerMock, waits: ProcessorWaits, signal: AbortSignal): Promise<void> {
  const called = new AbortController()
  const over = AbortSignal.any([signal, called.signal])
  listen(mock, over, ({ operation }) => {
    if (operation !== undefined && CALLS.has(operation)) called.abort()
  })
  await waits.letPass(START_MS, over)
  called.abort()
}

const CALLS: ReadonlySet<OperationId> = new Set(['heartbeat', 'registerAgents', 'nextJob', 'nextBridgeCommands'])

interface Demand {
  /** Rules that the preset is there to exercise. */
  readonly rules: readonly string[]
  /** Trouble that exercises them once it strikes. Default: the preset itself does. */
  readonly fault?: Fault
  /** What must happen for it to strike. */
  readonly needs: string
  /** Whether it ends the work, and so comes late. Default false. */
  readonly last?: true
}

/** The preset that is no fault of the server. */
export const SLEEPY = 'sleepy-laptop'

/** The demands of presets, by their names. */
export const demands: Readonly<Record<string, Demand>> = {
  ...exercises,
  [SLEEPY]: { rules: ['heartbeat/interval'], needs: 'the runner beats before it sleeps and afterwards' },
}

/** Milliseconds between looks at what was exercised, and thus between troubles. */
const LOOK_MS = 1500

/** Parts of the time after which trouble begins at the latest, is brought about, and ends the work. */
const FIRST = 0.5
const SOON = 0.3
const LATE = 0.6

/**
 * Makes trouble until `signal` aborts. It injects the presets once a runner has been given work: a client that meets them
 * earlier may give up, and a poll that hangs may be its last. Then it looks now and then which rules were exercised, injects
 * the faults that chance has not brought about, and asks for more work.
 * @param partOver the part of the time given that is over, 0 to 1
 */
async function exercise(
  mock: RunnerMock,
  presets: readonly string[],
  partOver: () => number,
  giveMoreWork: () => void,
  signal: AbortSignal,
): Promise<void> {
  const isOver = (): boolean => signal.aborted
  while (!isOver() && !handsOutWork(mock.conduct.record()) && partOver() < FIRST) await pauseFor(LOOK_MS / 10, signal)
  if (isOver()) return
  for (const preset of presets) if (isPresetName(preset)) mock.faults.preset(preset)
  while (!isOver()) {
    for (const preset of presets) {
      const { rules = [], fault, last } = demands[preset] ?? {}
      const isDue = partOver() >= (last === true ? LATE : SOON)
      if (fault === undefined || !isDue || isExercised(mock, rules)) continue
      const id = `${preset}-due`
      mock.faults.clear(id)
      mock.faults.inject({ ...fault, id })
      giveMoreWork()
    }
    await pauseFor(LOOK_MS, signal)
  }
}

/** Whether a runner was given a job or a command. */
export function handsOutWork({ runners }: ConductRecording): boolean {
  return runners.some(({ calls }) => calls.some(({ answer }) => (answer?.handsOut ?? []).length > 0))
}

function isExercised(mock: RunnerMock, rules: readonly string[]): boolean {
  const verdicts = mock.conduct.report().runners.flatMap((runner) => runner.verdicts)
  return rules.every((rule) => verdicts.some((each) => each.rule === rule && each.outcome !== 'not exercised'))
}

function reasonsFor(presets: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    presets.flatMap((preset) => {
      const { rules = [], needs = '' } = demands[preset] ?? {}
      return rules.map((rule) => [
        rule,
        `${preset} exercises it when ${needs}: that has not happened in the time given`,
      ])
    }),
  )
}
