// Opens the workshop before all test files: a folder outside of the checkout, where nothing of it can be found by
// quirk, with a copy of each example and the packed tarball that they use in place of the published package.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { pack } from '../../package/pack.js'
import { examples, root, type Workshop, shelve } from './workshop.js'

declare module 'vitest' {
  interface ProvidedContext {
    workshop: Workshop
  }
}

/** Called by vitest before all test files; what it returns is called after them. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-examples-'))
  // The task that starts these tests has built the package.
  const { file: tarball } = pack(folder)
  for (const name of examples) place(name, folder, tarball)
  project.provide('workshop', { folder, tarball })
  return () => {
    for (const name of examples) shelve(join(folder, name))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Copies an example and lets it use the tarball. */
function place(name: string, folder: string, tarball: string): void {
  const source = join(root, 'examples', name)
  const isSource = (path: string): boolean => !['node_modules', 'dist', 'test-results'].includes(basename(path))
  cpSync(source, join(folder, name), { recursive: true, filter: isSource })
  const manifest = join(folder, name, 'package.json')
  const text = readFileSync(manifest, 'utf8')
  const changed = text.replace(/("opik-runner-kit": )"[^"]+"/, `$1${JSON.stringify(`file:${tarball}`)}`)
  if (changed === text) throw new Error(`${name} does not depend on opik-runner-kit.`)
  writeFileSync(manifest, changed)
}
