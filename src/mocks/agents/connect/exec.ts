// Exec without a shell: commands answer from a table, and a handful of harmless ones (echo, pwd, cat, ls) from the
// file tree. Nothing is ever executed, so nothing that a caller sends can do harm.
import type { JsonObject } from '../../../kernel/json-value.js'
import type { ScriptedCommand, ScriptedOutput } from '../../../generated/kit-schema.js'
import type { Clock, StopSignal } from '../../../kernel/clock.js'
import { countArg, textArg, CommandError, resolvePath, type FileTree } from './file-tree.js'
import { readText, resolveFolder } from './file-commands.js'

export interface ExecParts {
  tree: FileTree
  clock: Clock
  commands: Readonly<Record<string, ScriptedCommand>>
  nextPid: () => number
  /** Virtual milliseconds at which the daemon took the command. */
  startedAt: number
  /** Seconds after which the command times out when its args do not say. */
  timeoutSeconds: number
  stopped: StopSignal
}

/** Characters of each stream that a result holds at most. */
const MAX_OUTPUT_LENGTH = 100_000

export async function exec(parts: ExecParts, args: JsonObject): Promise<unknown> {
  const command = textArg(args, 'command').trim()
  if (command === '') throw new CommandError('invalid_command', 'The command is empty.')
  const timeoutMs = Math.min(countArg(args, 'timeout', parts.timeoutSeconds), parts.timeoutSeconds) * 1000
  const output = await outputOf(parts, command)
  if (args['background'] === true) {
    const pid = parts.nextPid()
    const initial = (output.after_ms ?? 0) > 0 ? '' : (output.stdout ?? '')
    return { pid, status: 'running', log_file: `/tmp/opik-bridge-${pid}.log`, initial_output: cut(initial) }
  }
  const { stdout = '', stderr = '', exit_code = 0, after_ms = 0 } = output
  const waitMs = parts.startedAt + Math.min(after_ms, timeoutMs) - parts.clock.now()
  if (waitMs > 0) await parts.clock.sleep(waitMs, parts.stopped)
  if (after_ms > timeoutMs) throw new CommandError('timeout', `'${command}' ran longer than ${timeoutMs / 1000} s.`)
  const truncated = stdout.length > MAX_OUTPUT_LENGTH || stderr.length > MAX_OUTPUT_LENGTH
  return { stdout: cut(stdout), stderr: cut(stderr), exit_code, truncated }
}

function cut(text: string): string {
  return text.slice(0, MAX_OUTPUT_LENGTH)
}

async function outputOf({ commands, tree }: ExecParts, command: string): Promise<ScriptedOutput> {
  const scripted = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (typeof scripted === 'string') return { stdout: scripted }
  if (scripted === undefined) return builtIn(tree, command)
  if (!('error' in scripted)) return scripted
  throw new CommandError(scripted.error, scripted.message ?? `'${command}' was refused.`)
}

async function builtIn(tree: FileTree, command: string): Promise<ScriptedOutput> {
  if (/[|&;<>$`()*?\n\\]/.test(command)) {
    throw new CommandError('not_supported', `There is no shell here. Put '${command}' into the table of commands.`)
  }
  const [name = '', ...words] = splitWords(command)
  const run = Object.hasOwn(builtIns, name) ? builtIns[name] : undefined
  if (run === undefined) return { stderr: `${name}: command not found\n`, exit_code: 127 }
  try {
    return { stdout: await run(tree, words) }
  } catch (error) {
    // A shell knows one kind of failure; leaving the root stays the daemon's refusal.
    if (!(error instanceof CommandError) || error.code === 'path_traversal') throw error
    return { stderr: `${name}: ${error.message}\n`, exit_code: 1 }
  }
}

type BuiltIn = (tree: FileTree, words: readonly string[]) => Promise<string>

const builtIns: Readonly<Record<string, BuiltIn>> = {
  echo: async (_, words) => `${words.join(' ')}\n`,
  pwd: async () => '/workspace\n',
  cat: async (tree, words) => (await Promise.all(words.map((path) => readText(tree, resolvePath(path))))).join(''),
  async ls(tree, words) {
    const folder = await resolveFolder(tree, { path: words[0] ?? '' })
    const start = folder === '' ? 0 : folder.length + 1
    const files = await tree.list(folder, { depth: Number.MAX_SAFE_INTEGER, limit: Number.MAX_SAFE_INTEGER })
    const names = new Set(files.map((file) => file.slice(start).split('/', 1)[0]))
    return [...names].map((name) => `${name}\n`).join('')
  },
}

/** Words of a command line; quotes keep blanks together. */
function splitWords(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}
