// A folder for the files of a test file: there before its tests, and gone behind them.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

/** The folder, to be asked within tests and hooks. */
export interface TemporaryFolder {
  /** The path of a file in it, or its own. */
  at: (...names: string[]) => string
  /** Writes a file at one moment, with the folders around it, and gives its path. */
  write: (name: string, text: string) => string
  /** Makes an empty folder in it. */
  fresh: () => string
}

/** Makes one before the tests of the file that asks for it. */
export function temporaryFolder(): TemporaryFolder {
  let folder = ''
  const at = (...names: string[]): string => join(folder, ...names)
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-'))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return {
    at,
    write(name, text) {
      mkdirSync(dirname(at(name)), { recursive: true })
      writeFileSync(at(`${name}.part`), text)
      renameSync(at(`${name}.part`), at(name))
      return at(name)
    },
    fresh: () => mkdtempSync(at('fresh-')),
  }
}
