// Installs what examples depend on, as `npm install` does, and keeps it for the next run: a folder per example under
// .cache, whose packages other than ours are taken again as long as the example asks for the same.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { inject } from 'vitest'
import { exampleFolder, root, run } from './workshop.js'

const installed = new Map<string, Promise<void>>()

/** Installs an example's dependencies, once. */
export function install(name: string): Promise<void> {
  const known = installed.get(name)
  if (known !== undefined) return known
  const installing = takeFromShelf(name).then((isTaken) => (isTaken ? undefined : installAnew(name)))
  installed.set(name, installing)
  return installing
}

/** Refuses packages that this Node is too old for: examples run on each that the package supports. */
async function installAnew(name: string): Promise<void> {
  await run('npm', ['install', '--engine-strict', '--prefer-offline', '--no-audit', '--no-fund'], exampleFolder(name))
}

async function takeFromShelf(name: string): Promise<boolean> {
  const modules = join(exampleFolder(name), 'node_modules')
  const shelf = shelfOf(name)
  if (!existsSync(join(shelf, 'key')) || readFileSync(join(shelf, 'key'), 'utf8') !== keyOf(name)) return false
  if (!move(join(shelf, 'node_modules'), modules)) return false
  const kit = join(modules, 'opik-runner-kit')
  for (const entry of readdirSync(kit)) {
    if (entry !== 'node_modules') rmSync(join(kit, entry), { recursive: true })
  }
  await run('tar', ['-xzf', inject('workshop').tarball, '-C', kit, '--strip-components=1'], root)
  return true
}

/** Puts what is installed in an example's copy away for the next run. */
export function shelve(folder: string): void {
  const name = basename(folder)
  const shelf = shelfOf(name)
  if (!existsSync(join(folder, 'node_modules', 'opik-runner-kit'))) return
  rmSync(shelf, { recursive: true, force: true })
  mkdirSync(shelf, { recursive: true })
  if (move(join(folder, 'node_modules'), join(shelf, 'node_modules'))) writeFileSync(join(shelf, 'key'), keyOf(name))
}

const shelfOf = (name: string): string => join(root, '.cache', 'examples', name)

/** What decides about an example's packages: what it asks for, and what the package asks for. */
function keyOf(name: string): string {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`)
  for (const file of [join('examples', name, 'package.json'), 'package.json'])
    hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** Moves a folder; false when it lies on another disk, or is not there. */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch {
    return false
  }
}
