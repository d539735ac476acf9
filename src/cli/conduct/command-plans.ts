/** The commands that a connect runner is given, in order: what each asks, and how its answer and the folder must look. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BridgeCommandType } from '../../kernel/types.js'
import { isObject, listOf, memberOf, objectOf, type JsonObject } from '../../kernel/json-value.js'

export interface PlannedOutcome {
  readonly status: 'completed' | 'failed'
  readonly result?: unknown
  readonly error?: unknown
}

export interface CommandPlan {
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
 * Its owner removes it.
 */
export async function makeCommandFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'opik-runner-kit-conduct-'))
  await mkdir(join(folder, 'notes'))
  await writeFile(join(folder, OLD_FILE), OLD_TEXT)
  spawnSync('git', ['init', '--quiet'], { cwd: folder, stdio: 'ignore' })
  spawnSync('git', ['config', 'core.quotepath', 'off'], { cwd: folder, stdio: 'ignore' })
  return folder
}

export const commandPlans: readonly CommandPlan[] = [
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
export async function flawOf(plan: CommandPlan, outcome: PlannedOutcome, folder: string): Promise<string | undefined> {
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
export function shortly(value: unknown): string {
  const text = JSON.stringify(value ?? null, (name, member: unknown) => (name === '_hmac' ? undefined : member))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

const MAX_SHOWN = 200

async function textOf(folder: string, name: string): Promise<string | undefined> {
  return readFile(join(folder, name), 'utf8').catch(() => undefined)
}
