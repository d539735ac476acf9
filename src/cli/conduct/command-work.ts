/** Gives a connect runner signed commands over a real folder, and compares its answers with the files afterwards. */
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { deriveBridgeKey, signBridge, verifyBridge } from '../../kernel/pairing.js'
import { commandRules } from '../../conduct/all-rules.js'
import type { ConductEvidence, ConductVerdict } from '../../conduct/conduct-types.js'
import { MAX_EVIDENCE } from '../../conduct/grade-runners.js'
import type { GivenRunner } from '../../mocks/given/given-runner.js'
import { pauseFor } from '../../kernel/real-time.js'
import { onReady, type WorkGiver } from './job-work.js'
import { memberOf, isObject, listOf, objectOf, type JsonObject } from '../../kernel/json-value.js'
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BridgeCommandType } from '../../kernel/types.js'

/** Gives commands to each connect runner once it says that it takes them, until the signal aborts. */
export function giveCommands(mock: RunnerMock, folder: string, signal: AbortSignal): WorkGiver {
  const receivers: Receiver[] = []
  onReady(mock, signal, ({ runner }) => {
    const session = mock.inspect(({ sessions }) =>
      [...sessions.values()].find(({ runnerId }) => runnerId === runner.id),
    )
    if (runner.type !== 'connect' || session === undefined) return
    const key = deriveBridgeKey(session.activationKey, session.id)
    const receiver: Receiver = { runner, key, flaws: { 'command/result': [], 'command/signature': [] }, answered: 0 }
    receivers.push(receiver)
    void give(mock, receiver, commandPlans, folder, signal)
  })
  return {
    verdicts: () => Object.fromEntries(receivers.map((receiver) => [receiver.runner.id, toVerdicts(receiver)])),
    more() {
      for (const receiver of receivers) void give(mock, receiver, commandPlans.slice(0, 1), folder, signal)
    },
  }
}

interface Receiver {
  readonly runner: GivenRunner
  readonly key: Promise<Uint8Array>
  /** By the rules that they break. */
  readonly flaws: Readonly<Record<'command/result' | 'command/signature', ConductEvidence[]>>
  /** Commands that have come to an end. */
  answered: number
}

async function give(
  mock: RunnerMock,
  receiver: Receiver,
  plans: readonly CommandPlan[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const key = await receiver.key
  let isFileKnown = true
  for (const plan of plans) {
    if (signal.aborted) return
    const signed = plan.isForged === true ? { ...plan.args, forged: true } : plan.args
    const args = { ...plan.args, _hmac: await signBridge(key, plan.type, signed) }
    // Set up, not called: a fault must not make one command into two, and a runner that is gone gets no more.
    const request = { runner: receiver.runner, type: plan.type, args, timeoutSeconds: TIMEOUT_SECONDS }
    const command = await mock.given.command(request).catch(() => undefined)
    if (command === undefined) return
    const { command_id: commandId } = command
    const outcome = await awaitEnd(mock, commandId, signal)
    // A lost command was perhaps not carried out; one that was handed out twice has a rule of its own.
    if (outcome === undefined || handOutsOf(mock, commandId) !== 1) {
      if (plan.isAboutNewFile === true) isFileKnown = false
      continue
    }
    receiver.answered++
    const note = (what: string): ConductEvidence => ({
      at: mock.clock.iso(),
      operation: 'reportBridgeResult',
      subject: commandId,
      note: `${plan.title ?? plan.type}: asked for ${shortly(plan.args)}; ${what}`,
    })
    const isSure = isFileKnown || plan.isAboutNewFile !== true
    const flaw = isSure ? await flawOf(plan, outcome, folder) : undefined
    const { flaws } = receiver
    if (flaw !== undefined) flaws[plan.isForged === true ? 'command/signature' : 'command/result'].push(note(flaw))
    if (!(await isSigned(key, outcome)))
      flaws['command/signature'].push(note('the answer is not signed with the bridge key'))
  }
}

const TIMEOUT_SECONDS = 30

/** A failed command signs an empty result. */
async function isSigned(key: Uint8Array, { status, result }: PlannedOutcome): Promise<boolean> {
  const signature = memberOf(result, '_hmac')
  const payload = status === 'completed' ? result : {}
  return typeof signature === 'string' && verifyBridge(key, status, payload, signature)
}

/** The command once it has ended; undefined when it timed out, its runner is gone or the signal aborts. */
async function awaitEnd(mock: RunnerMock, id: string, signal: AbortSignal): Promise<PlannedOutcome | undefined> {
  for (;;) {
    const { status, result, error } = mock.inspect(({ commands }) => commands.get(id)?.wire) ?? {}
    if (signal.aborted || status === undefined || status === 'timed_out') return undefined
    if (status === 'completed' || status === 'failed') return { status, result, error }
    await pauseFor(LOOK_MS, signal)
  }
}

const LOOK_MS = 50

function handOutsOf(mock: RunnerMock, commandId: string): number {
  const calls = mock.conduct.record().runners.flatMap((runner) => runner.calls)
  return calls.flatMap(({ answer }) => answer?.handsOut ?? []).filter(({ id }) => id === commandId).length
}

function toVerdicts({ flaws, answered }: Receiver): ConductVerdict[] {
  return commandRules.map(({ id, ...rule }) => {
    const evidence = flaws[id]
    const outcome = evidence.length > 0 ? 'broken' : answered > 0 ? 'kept' : 'not exercised'
    return { rule: id, ...rule, outcome, breaches: evidence.length, evidence: evidence.slice(0, MAX_EVIDENCE) }
  })
}

interface PlannedOutcome {
  readonly status: 'completed' | 'failed'
  readonly result?: unknown
  readonly error?: unknown
}

interface CommandPlan {
  /** Default: the type. */
  readonly title?: string
  readonly type: BridgeCommandType
  readonly args: Readonly<Record<string, unknown>>
  /** Whether it rests on what earlier commands of this kind have done. */
  readonly isAboutNewFile?: true
  /** Whether it comes with a signature that is not its own. */
  readonly isForged?: true
  /** The right outcome in words, or the code of the error with which it must fail. */
  readonly expected: string | { readonly code: string }
  /** Members that its result must have. */
  readonly result?: JsonObject
  /** What else its result must be like. */
  readonly isRight?: (result: JsonObject) => boolean
  /** A file of the folder afterwards, by its name. */
  readonly file?: readonly [name: string, text: string]
}

const OLD_FILE = 'notes/Grüße 日本語.txt'
const OLD_TEXT = 'alpha\nβeta 😀\nlast line\n'
const NEW_FILE = 'été/neu.md'
const NEW_TEXT = '# Überschrift\n\nzwei – drei\n'
const EDITED_TEXT = '# Überschrift\n\nzwei – fünf 🚀\n'

/**
 * Makes the folder that the commands are about: a git repository, since daemons search with git, with one file in it.
 */
export async function makeCommandFolder(home: string): Promise<string> {
  const folder = join(home, 'commands')
  await mkdir(join(folder, 'notes'), { recursive: true })
  await writeFile(join(folder, OLD_FILE), OLD_TEXT)
  spawnSync('git', ['init', '--quiet'], { cwd: folder, stdio: 'ignore' })
  spawnSync('git', ['config', 'core.quotepath', 'off'], { cwd: folder, stdio: 'ignore' })
  return folder
}

const commandPlans: readonly CommandPlan[] = [
  {
    type: 'ListFiles',
    args: { path: 'notes', pattern: '*.txt' },
    expected: 'the one file in notes, and total 1',
    result: { total: 1 },
    isRight: ({ files }) => /Grüße 日本語\.txt$/.test(String(listOf(files)[0])),
  },
  {
    type: 'ReadFile',
    args: { path: OLD_FILE },
    expected: 'the text of the file, and total_lines 3',
    result: { content: OLD_TEXT, total_lines: 3 },
  },
  {
    type: 'WriteFile',
    args: { path: NEW_FILE, content: NEW_TEXT },
    isAboutNewFile: true,
    expected: 'created, bytes_written as UTF-8, and the file in the folder',
    result: { created: true, bytes_written: Buffer.byteLength(NEW_TEXT) },
    file: [NEW_FILE, NEW_TEXT],
  },
  {
    type: 'EditFile',
    args: { path: NEW_FILE, edits: [{ old_string: 'zwei – drei', new_string: 'zwei – fünf 🚀' }] },
    isAboutNewFile: true,
    expected: 'edits_applied 1, and the file edited',
    result: { edits_applied: 1 },
    file: [NEW_FILE, EDITED_TEXT],
  },
  {
    type: 'SearchFiles',
    args: { pattern: 'fünf', glob: '*.md' },
    isAboutNewFile: true,
    expected: 'one match, with its file and line',
    isRight({ matches }) {
      const { file, content } = objectOf(listOf(matches)[0])
      return file === NEW_FILE && content === 'zwei – fünf 🚀'
    },
  },
  {
    type: 'Exec',
    args: { command: `printf 'grün' > farbe.txt && cat farbe.txt` },
    expected: 'stdout grün, exit_code 0, and the file farbe.txt',
    result: { stdout: 'grün', exit_code: 0 },
    file: ['farbe.txt', 'grün'],
  },
  {
    title: 'Exec in the background',
    type: 'Exec',
    args: { command: 'echo begun; sleep 1', background: true },
    expected: 'a pid, and status running or exited',
    isRight: ({ pid, status }) => Number(pid) > 0 && (status === 'running' || status === 'exited'),
  },
  {
    title: 'ReadFile outside of the folder',
    type: 'ReadFile',
    args: { path: '../outside.txt' },
    expected: { code: 'path_traversal' },
  },
  {
    title: 'EditFile of a text that is not there',
    type: 'EditFile',
    args: { path: NEW_FILE, edits: [{ old_string: 'nirgends', new_string: 'irgendwo' }] },
    isAboutNewFile: true,
    expected: { code: 'match_not_found' },
  },
  {
    title: 'ReadFile with a forged signature',
    type: 'ReadFile',
    args: { path: NEW_FILE },
    isForged: true,
    expected: { code: 'auth_failed' },
  },
]

/** How the outcome of a command is wrong; undefined for a right one. */
async function flawOf(plan: CommandPlan, outcome: PlannedOutcome, folder: string): Promise<string | undefined> {
  const { expected, result: members = {}, isRight = () => true, file } = plan
  const { status, result, error } = outcome
  if (typeof expected === 'object') {
    if (status === 'failed' && memberOf(error, 'code') === expected.code) return undefined
    return `expected to fail with ${expected.code}; ${status} with ${shortly(error)}`
  }
  if (status !== 'completed') return `expected ${expected}; failed with ${shortly(error)}`
  const hasMembers = Object.entries(members).every(([name, value]) => memberOf(result, name) === value)
  const isWritten = file === undefined || (await textOf(folder, file[0])) === file[1]
  const isAsExpected = isObject(result) && hasMembers && isRight(result) && isWritten
  return isAsExpected ? undefined : `expected ${expected}; got ${shortly(result)}`
}

/** A value for people, without signatures. */
function shortly(value: unknown): string {
  const text = JSON.stringify(value ?? null, (name, member: unknown) => (name === '_hmac' ? undefined : member))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

const MAX_SHOWN = 200

async function textOf(folder: string, name: string): Promise<string | undefined> {
  return readFile(join(folder, name), 'utf8').catch(() => undefined)
}
