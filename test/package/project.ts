// A user's project in an empty folder: what is installed into it, and what happens when its files are run.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What a program left behind. */
export interface Run {
  status: number | null
  stdout: string
  stderr: string
}

/** A folder with a manifest and packages. */
export class Project {
  readonly folder: string

  /** Makes the folder; `packages` as npm takes them: names with versions, or archives. */
  constructor(packages: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-project-'))
    this.write('package.json', '{ "private": true, "type": "module" }')
    if (packages.length > 0) this.install(packages)
  }

  /** Where a path of the project is. */
  at(path: string): string {
    return join(this.folder, path)
  }

  write(path: string, text: string): string {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    writeFileSync(this.at(path), text)
    return this.at(path)
  }

  /** Runs a program in the folder, or in another one, and waits for its end. */
  run(program: string, args: readonly string[], env: Record<string, string> = {}, cwd = this.folder): Run {
    const options = { cwd, env: { ...process.env, ...env }, encoding: 'utf8', timeout: 240_000 } as const
    const { status, stdout, stderr, error } = spawnSync(program, args, options)
    return { status, stdout, stderr: error === undefined ? stderr : String(error) }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  private install(packages: readonly string[]): void {
    const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error', '--prefer-offline']
    const { status, stderr } = this.run('npm', ['install', ...quiet, ...packages])
    if (status !== 0) throw new Error(`npm install ${packages.join(' ')} failed:\n${stderr}`)
  }
}
