// A connect agent: answers bridge commands as a daemon does, over a file tree. It checks the signature of each command
// and signs each result with the runner's bridge key; which bytes that means is the matter of the pairing code.
import type { Clock } from '../../kernel/clock.js'
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { ConnectAgentOptions as form } from '../../generated/kit-later.js'
import type { ConnectAgentOptions as Described, SavedCommands } from '../../generated/kit-schema.js'
import { fromBase64, signBridge, toBase64, verifyBridge } from '../../kernel/pairing.js'
import type { BridgeCommandItem } from '../../kernel/types.js'
import { startSimulation, type RunningSimulation, type SimulationParts } from './simulated-runner.js'
import type { CommandOutcome, RunnerAgent, SavedCommandRun } from './simulated-runner.js'
import type { PairedRunner } from './paired-runner.js'
import { toArgs, CommandError, isMemoryTree, memoryTree, timedTree } from './connect/file-tree.js'
import type { FileContents, FileTree } from './connect/file-tree.js'
import { editFile, listFiles, readFile, writeFile, searchFiles } from './connect/file-commands.js'
import { exec } from './connect/exec.js'
import { isObject, listOf, memberOf, type JsonObject } from '../../kernel/json-value.js'

/** What a connect agent works on. */
export interface ConnectAgentOptions extends Omit<Described, 'files'> {
  /** Files by path, kept in memory; or another file tree, such as a `folder` of `opik-runner-kit/node`. Default none. */
  readonly files?: FileContents | FileTree | undefined
}

/** An agent that answers bridge commands. */
export interface ConnectAgent extends RunnerAgent {
  /** The files that it works on, its changes included. */
  readonly files: FileTree
}

/**
 * Creates an agent for `mock.agents.start(runner, agent)`, `runner` being a connect runner.
 *
 * @throws KitError `agents/files` for a path that leaves the root
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { connectAgent } from 'opik-runner-kit/agents'
 *
 * const mock = createRunnerMock()
 * const runner = await mock.given.connectedRunner({ type: 'connect' })
 * const agent = connectAgent({ files: { 'src/a.ts': 'export const a = 1\n' }, commands: { 'npm test': 'ok\n' } })
 * await mock.agents.start(runner, agent)
 * await mock.close()
 */
export function connectAgent(options: ConnectAgentOptions = {}): ConnectAgent {
  expectForm(form, options, 'connectAgent')
  const { files = {}, commands = {}, latencyMs = 0, signatures = 'when-given' } = options
  const tree = isTree(files) ? files : createTree(files)
  return {
    files: tree,
    startOn(runner, parts, saved) {
      const work = saved?.work.kind === 'connect' ? saved.work : undefined
      if (work?.files !== undefined && isMemoryTree(tree)) tree.load(toContents(work.files))
      const timed = timedTree(tree, parts.clock)
      const lastPid = work?.lastPid ?? FIRST_PID
      const session: Session = { runner, parts, tree: timed, commands, latencyMs, signatures, lastPid, runs: new Set() }
      return startSimulation(
        runner,
        parts,
        {
          capabilities: ['bridge'],
          polling: { operation: 'nextBridgeCommands', take: (body, life) => take(session, life, body) },
          resume(life) {
            for (const run of work?.commands ?? []) void answer(session, life, run)
          },
          save: () => save(session, tree),
        },
        saved?.rhythm,
      )
    },
  }
}

/** The agent that was saved, once more, if its files are in memory. */
export function resumeConnectAgent({ files, exec: commands, latencyMs, signatures }: SavedCommands) {
  return files && connectAgent({ files: toContents(files), commands, latencyMs, signatures })
}

const FIRST_PID = 4000

interface Session extends Pick<SavedCommands, 'latencyMs' | 'signatures'> {
  commands: SavedCommands['exec']
  runner: PairedRunner
  parts: SimulationParts
  tree: FileTree
  lastPid: number
  runs: Set<SavedCommandRun>
}

function save({ commands, latencyMs, signatures, lastPid, runs }: Session, tree: FileTree): SavedCommands {
  const files = isMemoryTree(tree) ? { files: fromContents(tree.contents()) } : {}
  return { kind: 'connect', ...files, exec: { ...commands }, latencyMs, signatures, lastPid, commands: [...runs] }
}

function fromContents(contents: FileContents): NonNullable<SavedCommands['files']> {
  return mapValues(contents, (content) => (typeof content === 'string' ? content : { base64: toBase64(content) }))
}

/** Files of memory from JSON, in which bytes that are no text are base64. */
export function toContents(files: NonNullable<SavedCommands['files']>): FileContents {
  return mapValues(files, (content) => (typeof content === 'string' ? content : (fromBase64(content.base64) ?? '')))
}

function mapValues<From, To>(from: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]))
}

function take(session: Session, life: RunningSimulation, body: unknown): boolean {
  const commands = listOf(memberOf(body, 'commands')).filter(isCommand)
  const startedAt = session.parts.clock.now()
  const fresh = commands.filter((item) => life.isNew(item.command_id))
  // Side by side, as daemons do it; what touches the same file is therefore up to the order of the answers.
  for (const item of fresh) void answer(session, life, { item, startedAt })
  return commands.length > 0
}

function isCommand(value: unknown): value is BridgeCommandItem {
  return isObject(value) && 'command_id' in value && 'type' in value
}

async function answer(session: Session, life: RunningSimulation, run: SavedCommandRun): Promise<void> {
  const { runner, parts, latencyMs, runs } = session
  const { clock } = parts
  runs.add(run)
  const outcome = (run.outcome ??= await perform(session, life, run))
  run.performedAt ??= clock.now()
  const waitMs = run.performedAt + latencyMs - clock.now()
  if (waitMs > 0) await clock.sleep(waitMs, life.stopped)
  const duration_ms = Math.round(clock.now() - run.startedAt)
  const signed = await sign(runner.bridgeKey, outcome)
  if (life.stopped.aborted) return
  await life.call('reportBridgeResult', {
    path: { runnerId: runner.id, commandId: run.item.command_id },
    body: { ...signed, duration_ms },
  })
  runs.delete(run)
}

async function perform(session: Session, life: RunningSimulation, run: SavedCommandRun): Promise<CommandOutcome> {
  try {
    await authenticate(session, run.item)
    const result = await execute(session, life, run)
    return { status: 'completed', result: { ...toArgs(result) } }
  } catch (error) {
    if (error instanceof CommandError) return { status: 'failed', error: { code: error.code, message: error.message } }
    return { status: 'failed', error: { code: 'internal', message: `The simulated daemon failed: ${String(error)}` } }
  }
}

async function authenticate({ runner, signatures }: Session, { type, args }: BridgeCommandItem): Promise<void> {
  const signature = memberOf(args, '_hmac')
  if (signature === undefined && signatures === 'when-given') return
  const { bridgeKey } = runner
  const canJudge = typeof signature === 'string' && bridgeKey.length > 0
  const isRight = canJudge && (await verifyBridge(bridgeKey, type, args, signature))
  if (!isRight) throw new CommandError('auth_failed', 'The signature of the command is missing or wrong.')
}

const fileCommands: Readonly<Record<string, (tree: FileTree, args: JsonObject, clock: Clock) => Promise<unknown>>> = {
  ...{ ReadFile: readFile, WriteFile: writeFile, EditFile: editFile, ListFiles: listFiles, SearchFiles: searchFiles },
}

function execute(session: Session, life: RunningSimulation, { item, startedAt }: SavedCommandRun): Promise<unknown> {
  const { tree, parts, commands } = session
  const { clock } = parts
  const { type, timeout_seconds: timeoutSeconds } = item
  const args = toArgs(item.args)
  const nextPid = (): number => ++session.lastPid
  const { stopped } = life
  if (type === 'Exec') return exec({ tree, clock, commands, nextPid, startedAt, timeoutSeconds, stopped }, args)
  const run = Object.hasOwn(fileCommands, type) ? fileCommands[type] : undefined
  if (run === undefined) throw new CommandError('unknown_type', `'${type}' is no command of this daemon.`)
  return run(tree, args, clock)
}

/** Adds the signature to the result; a failed command has none of its own, and its error is not signed. */
async function sign(bridgeKey: Uint8Array, outcome: CommandOutcome): Promise<CommandOutcome> {
  if (bridgeKey.length === 0) return outcome
  const { status, result = {} } = outcome
  return { ...outcome, result: { ...result, _hmac: await signBridge(bridgeKey, status, result) } }
}

function createTree(files: FileContents): FileTree {
  try {
    return memoryTree(files)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new KitError('agents/files', {
      failed: 'A file of a connect agent has a path that cannot be.',
      value: error.message,
      fix: "Name files relative to the root, for example 'src/a.ts'.",
    })
  }
}

function isTree(files: FileContents | FileTree): files is FileTree {
  return 'kindOf' in files && typeof files.kindOf === 'function'
}
