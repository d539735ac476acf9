// A real folder as a file tree for connect agents. Read-only unless asked for more, and closed: no path, link or `..`
// leads out of it. Each access resolves links first, opens without following any, and then looks again whether what
// it holds is still the entry below the root; a folder that becomes a link meanwhile gives nothing away.
import { constants, realpathSync, type Stats } from 'node:fs'
import { lstat, mkdir, open, readdir, realpath, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { codeOf, KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { FolderOptions as form } from '../../generated/kit-node.js'
import type { FolderOptions } from '../../generated/kit-schema.js'
import { CommandError, resolvePath, type FileKind, type FileTree } from '../agents/connect/file-tree.js'

export type { FolderOptions } from '../../generated/kit-schema.js'

const MAX_FILE_BYTES = 10_000_000
/** Folders that are large and never meant; neither listed nor searched. */
const SKIPPED = new Set(['.git', 'node_modules', '__pycache__', '.venv'])
/** What git executes or obeys, by any name that a file system takes for it: nothing may be written there. */
const GIT_FOLDER = /^(\.git[. ]*|git~\d+)$/i
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const CREATING = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * Opens a folder for connect agents: `connectAgent({ files: folder('fixtures/project') })`.
 *
 * @throws KitError `agents/folder` when there is no such folder
 */
export function folder(root: string, options: FolderOptions = {}): FileTree {
  expectForm(form, options, 'folder')
  return new Folder(resolveRoot(root), options.writable === true)
}

function resolveRoot(root: string): string {
  try {
    return realpathSync.native(root)
  } catch {
    throw new KitError('agents/folder', {
      failed: 'A connect agent needs a folder that exists.',
      value: root,
      fix: 'Create it first, or give the path of another one.',
    })
  }
}

class Folder implements FileTree {
  private readonly root: string
  private readonly writable: boolean
  private written = 0

  constructor(root: string, writable: boolean) {
    this.root = root
    this.writable = writable
  }

  async kindOf(path: string): Promise<FileKind> {
    const real = await this.locate(path)
    const stats = real === undefined ? undefined : await statOf(real)
    if (stats?.isDirectory() === true) return 'folder'
    return stats === undefined ? 'missing' : 'file'
  }

  async read(path: string): Promise<Uint8Array> {
    const real = await this.locate(path)
    if (real === undefined) throw new CommandError('file_not_found', `There is no file '${path}'.`)
    const handle = await refusing(path, () => open(real, READING))
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) throw new CommandError('file_not_found', `'${path}' is no file.`)
      if (stats.size > MAX_FILE_BYTES) throw new CommandError('limit_reached', `'${path}' is too large.`)
      await this.confirm(path, stats)
      return await readAtMost(handle, MAX_FILE_BYTES)
    } finally {
      await handle.close()
    }
  }

  /** Writes beside the file and puts it in its place, so that no link is followed and no half file is ever seen. */
  async write(path: string, content: Uint8Array): Promise<void> {
    if (!this.writable) throw new CommandError('permission_denied', 'This folder may only be read.')
    const existing = await this.locate(path)
    await this.spareGit(path)
    const target = existing ?? join(await this.makeFolders(dirname(this.clean(path))), basename(path))
    const temporary = `${target}.${++this.written}.opik-tmp`
    const mode = existing === undefined ? undefined : ((await statOf(existing))?.mode ?? 0) & 0o777
    const handle = await refusing(path, () => open(temporary, CREATING, mode))
    try {
      // Nothing is in the file yet: if its folder was swapped for a link, nothing got out.
      await this.confirm(this.relative(temporary), await handle.stat())
      await handle.writeFile(content)
      await refusing(path, () => rename(temporary, target))
    } finally {
      await handle.close()
      await rm(temporary, { force: true })
    }
  }

  async list(path: string, { depth, limit }: { depth: number; limit: number }): Promise<string[]> {
    const found: string[] = []
    const visit = async (folderPath: string, left: number): Promise<void> => {
      for (const name of await this.namesIn(folderPath)) {
        if (found.length >= limit) return
        const child = folderPath === '' ? name : `${folderPath}/${name}`
        const kind = await this.kindWithoutLinks(child)
        if (kind === 'file') found.push(child)
        if (kind === 'folder' && left > 1 && !SKIPPED.has(name)) await visit(child, left - 1)
      }
    }
    await visit(path, depth)
    return found.sort()
  }

  /** Where a path really is, links followed; undefined when nothing is there. */
  private async locate(path: string): Promise<string | undefined> {
    const full = join(this.root, this.clean(path))
    const real = await realPathOf(full)
    if (real !== undefined) return this.inside(real, path)
    // Nothing there, or a link to nothing: writing through that would create its target.
    if ((await statOf(full))?.isSymbolicLink() === true) throw leaves(path)
    return undefined
  }

  private clean(path: string): string {
    const clean = resolvePath(path)
    // A colon names a drive or a hidden stream on systems whose separator is the backslash.
    if (sep === '\\' && clean.includes(':')) throw leaves(path)
    return clean
  }

  private inside(real: string, path: string): string {
    const prefix = this.root.endsWith(sep) ? this.root : this.root + sep
    if (real !== this.root && !real.startsWith(prefix)) throw leaves(path)
    return real
  }

  /** Holds what was opened against what stands at the path now. */
  private async confirm(path: string, opened: Stats): Promise<void> {
    const real = await this.locate(path)
    const now = real === undefined ? undefined : await statOf(real)
    if (now === undefined || now.ino !== opened.ino || now.dev !== opened.dev) throw leaves(path)
  }

  /** Creates the folders of a path one by one, each below one that was looked at. Returns where the last one is. */
  private async makeFolders(path: string): Promise<string> {
    let real = this.root
    let done = ''
    for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
      done = done === '' ? name : `${done}/${name}`
      const known = await this.locate(done)
      if (known === undefined) await refusing(path, () => mkdir(join(real, name)))
      real = (await this.locate(done)) ?? real
    }
    return real
  }

  /** Hooks and settings of git are programs that its next command runs. Links are followed before names are looked at. */
  private async spareGit(path: string): Promise<void> {
    let real = this.root
    let done = ''
    for (const name of this.clean(path).split('/')) {
      done = done === '' ? name : `${done}/${name}`
      real = (await this.locate(done)) ?? join(real, name)
      if (
        this.relative(real)
          .split('/')
          .some((part) => GIT_FOLDER.test(part))
      ) {
        throw new CommandError('permission_denied', `'${path}' belongs to git; it may only be read.`)
      }
    }
  }

  private async namesIn(path: string): Promise<string[]> {
    const real = await this.locate(path)
    if (real === undefined) return []
    const names = await readdir(real).catch(() => [])
    // Looked at again: a folder that became a link meanwhile tells nothing.
    return (await this.locate(path)) === real ? names.sort() : []
  }

  /** Links to files count when they stay below the root; links to folders are not entered, they may run in circles. */
  private async kindWithoutLinks(path: string): Promise<FileKind> {
    try {
      const isLink = (await statOf(join(this.root, path)))?.isSymbolicLink() === true
      const real = await this.locate(path)
      const stats = real === undefined ? undefined : await statOf(real)
      if (stats?.isFile() === true) return 'file'
      return stats?.isDirectory() === true && !isLink ? 'folder' : 'missing'
    } catch {
      return 'missing'
    }
  }

  private relative(real: string): string {
    return real.slice(this.root.length).split(sep).join('/').replace(/^\/+/, '')
  }
}

function leaves(path: string): CommandError {
  return new CommandError('path_traversal', `'${path}' does not stay below the root.`)
}

async function readAtMost(handle: FileHandle, limit: number): Promise<Uint8Array> {
  const content = await handle.readFile()
  if (content.length > limit) throw new CommandError('limit_reached', 'The file has grown too large.')
  return new Uint8Array(content)
}

async function realPathOf(path: string): Promise<string | undefined> {
  return realpath(path).catch((error: unknown) => {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined
    throw new CommandError(code === 'ELOOP' ? 'path_traversal' : 'permission_denied', 'The path cannot be followed.')
  })
}

async function statOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined)
}

async function refusing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ELOOP') throw leaves(path)
    if (code === 'ENOENT') throw new CommandError('file_not_found', `There is no '${path}'.`)
    throw new CommandError('permission_denied', `'${path}' cannot be opened (${code ?? 'unknown'}).`)
  }
}
