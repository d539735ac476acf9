// Where connect agents read and write: file trees, the paths below a root that they take, and how a command fails.
import type { JsonObject } from '../../../kernel/json-value.js'
import { FileContents as form } from '../../../generated/kit-later.js'
import type { Clock } from '../../../kernel/clock.js'
import { expectForm } from '../../../kernel/validate-options.js'
import type { CommandErrorCode } from '../../../generated/kit-schema.js'

/** Files below one root. Paths are relative, with `/`, normalized by `resolvePath`; `''` is the root. */
export interface FileTree {
  /** Tells what stands at a path. */
  kindOf(path: string): Promise<FileKind>
  /** @throws CommandError `file_not_found`, or what else prevents it */
  read(path: string): Promise<Uint8Array>
  /** Creates folders on the way. @throws CommandError `permission_denied`, or what else prevents it */
  write(path: string, content: Uint8Array): Promise<void>
  /** Every file below a folder, sorted, at most `depth` levels down and `limit` in number. */
  list(folder: string, options: { depth: number; limit: number }): Promise<string[]>
}

/** What stands at a path. */
export type FileKind = 'file' | 'folder' | 'missing'

/** Files by path; text is stored as UTF-8. */
export type FileContents = Readonly<Record<string, string | Uint8Array>>

/** A file tree in memory. What an agent writes can be read back here. */
export interface MemoryTree extends FileTree {
  /** The files as they are now; those that are no UTF-8 as bytes. */
  contents(): Record<string, string | Uint8Array>
  /** Replaces all files. */
  load(contents: FileContents): void
}

/**
 * Creates a file tree in memory.
 * @throws CommandError `path_traversal` for a path that leaves the root, KitError `options/invalid` for a file of anything
 *   but text or bytes
 */
export function memoryTree(contents: FileContents): MemoryTree {
  const files = toFiles(contents)
  return {
    async kindOf(path) {
      if (files.has(path)) return 'file'
      const isFolder = path === '' || [...files.keys()].some((file) => file.startsWith(`${path}/`))
      return isFolder ? 'folder' : 'missing'
    },
    async read(path) {
      const content = files.get(path)
      if (content === undefined) throw new CommandError('file_not_found', `There is no file '${path}'.`)
      return content
    },
    async write(path, content) {
      const parents = path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))
      const blocking = parents.find((parent) => files.has(parent))
      if (blocking !== undefined) throw new CommandError('permission_denied', `'${blocking}' is a file, not a folder.`)
      files.set(path, content.slice())
    },
    async list(folder, { depth, limit }) {
      const prefix = folder === '' ? '' : `${folder}/`
      return [...files.keys()]
        .filter((path) => path.startsWith(prefix) && path.slice(prefix.length).split('/').length <= depth)
        .sort()
        .slice(0, limit)
    },
    contents: () => Object.fromEntries([...files].map(([path, content]) => [path, decodeText(content) ?? content])),
    load(others) {
      const loaded = toFiles(others)
      files.clear()
      for (const [path, content] of loaded) files.set(path, content)
    },
  }
}

function toFiles(contents: FileContents): Map<string, Uint8Array> {
  expectForm(form, contents, 'the files of a tree')
  const entries = Object.entries(contents).map(([path, content]) => {
    return [
      resolvePath(path),
      typeof content === 'string' ? new TextEncoder().encode(content) : content.slice(),
    ] as const
  })
  return new Map(entries)
}

export function isMemoryTree(tree: FileTree): tree is MemoryTree {
  return 'contents' in tree && 'load' in tree
}

/** The same tree, for use under a clock: while it reads or writes, a running `advance` waits. */
export function timedTree(tree: FileTree, clock: Clock): FileTree {
  return {
    kindOf: (path) => clock.during(tree.kindOf(path)),
    read: (path) => clock.during(tree.read(path)),
    write: (path, content) => clock.during(tree.write(path, content)),
    list: (folder, options) => clock.during(tree.list(folder, options)),
  }
}

/**
 * The normalized form of a path below the root.
 * @throws CommandError `path_traversal` for one that is absolute, leaves the root, or would once its escapes are decoded
 */
export function resolvePath(path: string): string {
  const decoded = decodeEscapes(path)
  if (decoded !== path) normalize(decoded, path)
  return normalize(path, path)
}

function normalize(path: string, asGiven: string): string {
  const parts: string[] = []
  // A backslash separates folders on some systems, and ends a drive's or server's name there.
  const isAbsolute = /^[/\\~]|^[a-z]:/i.test(path)
  const refuse = (): never => {
    throw new CommandError('path_traversal', `'${asGiven}' does not stay below the root.`)
  }
  if (isAbsolute || /[\0\\]/.test(path)) refuse()
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) refuse()
  }
  return parts.join('/')
}

/** Percent escapes, decoded as often as they are nested. */
function decodeEscapes(path: string): string {
  let decoded = path
  for (;;) {
    const next = decoded.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    if (next === decoded) return decoded
    decoded = next
  }
}

/** The text in a file, or undefined when it is binary: it holds a NUL, or is no UTF-8. Keeps a byte order mark. */
export function decodeText(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return undefined
  }
}

/** Thrown while a command is executed; becomes its `error`. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode

  constructor(code: CommandErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** @throws CommandError `invalid_command` when the args are no object */
export function toArgs(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('args', 'an object')
  return { ...value }
}

export function textArg(args: JsonObject, name: string, otherwise?: string): string {
  const value = args[name] ?? otherwise
  if (typeof value !== 'string') throw wrong(name, 'a string')
  return value
}

/** A whole number from 0. */
export function countArg(args: JsonObject, name: string, otherwise: number): number {
  const value = args[name] ?? otherwise
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw wrong(name, 'a number from 0')
  return Math.floor(value)
}

/** What a caller sent that no command takes. */
export function wrong(name: string, expected: string): CommandError {
  return new CommandError('invalid_command', `${name} must be ${expected}.`)
}
