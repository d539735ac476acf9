/** The commands that a connect runner is given, in order: what each asks, and how its answer and the folder must look. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BridgeCommandType } from '../../kernel/types.js'
import { isObject, memberOf, type JsonObject } from '../../kernel/json-value.js'

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
  /** What is wrong with its end; undefined when it is as it must be. */
  readonly flawOf: (outcome: PlannedOutcome, folder: string) => Promise<string | undefined> | string | undefined
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
    flawOf: completed(
      'the one file in notes, and total 1',
      ({ files, total }) => total === 1 && Array.isArray(files) && /Grüße 日本語\.txt$/.test(String(files[0])),
    ),
  },
  {
    type: 'ReadFile',
    args: { path: OLD_FILE },
    flawOf: completed(
      'the text of the file, and total_lines 3',
      ({ content, total_lines: lines }) => content === OLD_TEXT && lines === 3,
    ),
  },
  {
    type: 'WriteFile',
    args: { path: NEW_FILE, content: NEW_TEXT },
    isAboutNewFile: true,
    flawOf: completed(
      'created, bytes_written as UTF-8, and the file in the folder',
      async ({ created, bytes_written: bytes }, folder) =>
        created === true && bytes === Buffer.byteLength(NEW_TEXT) && (await textOf(folder, NEW_FILE)) === NEW_TEXT,
    ),
  },
  {
    type: 'EditFile',
    args: { path: NEW_FILE, edits: [{ old_string: 'zwei – drei', new_string: 'zwei – fünf 🚀' }] },
    isAboutNewFile: true,
    flawOf: completed(
      'edits_applied 1, and the file edited',
      async ({ edits_applied: edits }, folder) => edits === 1 && (await textOf(folder, NEW_FILE)) === EDITED_TEXT,
    ),
  },
  {
    type: 'SearchFiles',
    args: { pattern: 'fünf', glob: '*.md' },
    isAboutNewFile: true,
    flawOf: completed('one match, with its file and line', ({ matches }) => {
      const match: unknown = Array.isArray(matches) ? matches[0] : undefined
      return isObject(match) && match['file'] === NEW_FILE && match['content'] === 'zwei – fünf 🚀'
    }),
  },
  {
    type: 'Exec',
    args: { command: `printf 'grün' > farbe.txt && cat farbe.txt` },
    flawOf: completed(
      'stdout grün, exit_code 0, and the file farbe.txt',
      async ({ stdout, exit_code: code }, folder) =>
        stdout === 'grün' && code === 0 && (await textOf(folder, 'farbe.txt')) === 'grün',
    ),
  },
  {
    title: 'Exec in the background',
    type: 'Exec',
    args: { command: 'echo begun; sleep 1', background: true },
    flawOf: completed(
      'a pid, and status running or exited',
      ({ pid, status }) => Number(pid) > 0 && (status === 'running' || status === 'exited'),
    ),
  },
  {
    title: 'ReadFile outside of the folder',
    type: 'ReadFile',
    args: { path: '../outside.txt' },
    flawOf: failed('path_traversal'),
  },
  {
    title: 'EditFile of a text that is not there',
    type: 'EditFile',
    args: { path: NEW_FILE, edits: [{ old_string: 'nirgends', new_string: 'irgendwo' }] },
    isAboutNewFile: true,
    flawOf: failed('match_not_found'),
  },
  {
    title: 'ReadFile with a forged signature',
    type: 'ReadFile',
    args: { path: NEW_FILE },
    isForged: true,
    flawOf: failed('auth_failed'),
  },
]

/** A value for people, without signatures. */
export function shortly(value: unknown): string {
  const text = JSON.stringify(value ?? null, (name, member: unknown) => (name === '_hmac' ? undefined : member))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

const MAX_SHOWN = 200

/** @param expected what is right, for people */
function completed(
  expected: string,
  isRight: (result: JsonObject, folder: string) => boolean | Promise<boolean>,
): CommandPlan['flawOf'] {
  return async ({ status, result, error }, folder) => {
    if (status !== 'completed') return `expected ${expected}; failed with ${shortly(error)}`
    if (isObject(result) && (await isRight(result, folder))) return undefined
    return `expected ${expected}; got ${shortly(result)}`
  }
}

function failed(code: string): CommandPlan['flawOf'] {
  return ({ status, error }) => {
    if (status === 'failed' && memberOf(error, 'code') === code) return undefined
    return `expected to fail with ${code}; ${status} with ${shortly(error)}`
  }
}

async function textOf(folder: string, name: string): Promise<string | undefined> {
  return readFile(join(folder, name), 'utf8').catch(() => undefined)
}
