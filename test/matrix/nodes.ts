// The versions of Node that the package supports, from the npm package `node`: the oldest of each line that is tried.
import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'

/** Lines of Node, oldest first; the first one is the oldest that `engines` allows. */
export const nodeLines = ['20.19', '22', '24'] as const

export type NodeLine = (typeof nodeLines)[number]

/** Lines that are too old, and are told so. */
export const formerLines = ['16', '18'] as const

type FormerLine = (typeof formerLines)[number]

/** Fetches a Node once for all runs on this machine, and answers its executable. */
export function nodeOf(line: NodeLine | FormerLine): string {
  const script = ['exec', '--yes', '--prefer-offline', `--package=node@${line}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npm', script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

/** An environment in which `node` means this Node, for commands and for scripts that begin with `#!`. */
export function withNode(line: NodeLine | FormerLine): Record<string, string> {
  return { PATH: `${dirname(nodeOf(line))}:${process.env['PATH'] ?? ''}` }
}
