// Packs the built package once for a whole run, and says where the archive lies.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

/** The archive as `npm pack` describes it. */
export interface Packed {
  /** Absolute path of the archive. */
  file: string
  /** Bytes of the archive, and of what comes out of it. */
  size: number
  unpackedSize: number
  /** Paths in the package. */
  paths: string[]
}

declare module 'vitest' {
  interface ProvidedContext {
    packed: Packed
  }
}

/** The checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Called by vitest before all test files; what it returns is called after them. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-packed-'))
  project.provide('packed', pack(folder))
  return () => rmSync(folder, { recursive: true, force: true })
}

/** Packs what was built, without building it again. */
export function pack(folder: string): Packed {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const printed = execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [found] = JSON.parse(printed) as { filename: string; size: number; unpackedSize: number; files: Entry[] }[]
  if (found === undefined) throw new Error(`npm pack printed ${printed}`)
  const { filename, size, unpackedSize, files } = found
  return { file: join(folder, filename), size, unpackedSize, paths: files.map(({ path }) => path) }
}

interface Entry {
  path: string
}
