// A folder that has the package and its peers under node_modules, as a user's has; snippets are tried in it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { asJavaScript, isTestFile, root, type Snippet } from './blocks.js'
/** A process ends, with code 13, while one of them waits for what never comes. */
const RUN_ALL = `
for (const file of process.argv.slice(2)) {
  const tell = () => console.error(file, 'does not end')
  process.once('exit', tell)
  await import(file).catch((error) => {
    process.exitCode = 1
    console.error(file, error)
  })
  process.off('exit', tell)
}`

/** What a program printed, and how it ended. */
export interface Outcome {
  status: number | null
  output: string
}

export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-docs-'))

  constructor() {
    this.link('opik-runner-kit', root)
    for (const peer of ['vitest', 'msw', 'openapi-fetch']) this.link(peer, `${root}node_modules/${peer}`)
    this.write('package.json', '{ "type": "module" }')
  }

  write(name: string, text: string): string {
    const file = join(this.folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /**
   * Runs programs in TypeScript, which say by their assertions whether they hold, one after the other in one process:
   * starting one takes longer than what it does. The output names those that do not hold, or do not end.
   */
  runPrograms(snippets: readonly Snippet[]): Outcome {
    const files = snippets.map(({ page, line, code }) => this.write(`${page}/line-${line}.mjs`, asJavaScript(code)))
    const runner = this.write('run-all.mjs', RUN_ALL)
    return this.run(process.execPath, [runner, ...files])
  }

  /** Runs test files, all in one go. */
  runTests(snippets: readonly Snippet[]): Outcome {
    for (const snippet of snippets.filter(isTestFile)) {
      this.write(`${snippet.page}/line-${snippet.line}.test.ts`, snippet.code)
    }
    return this.run(process.execPath, [
      `${root}node_modules/vitest/vitest.mjs`,
      'run',
      '--no-isolate',
      '--testTimeout',
      '120000',
      '--root',
      this.folder,
    ])
  }

  /** Runs a command line as a shell does. */
  runLine(line: string): Outcome {
    return this.run('sh', ['-c', line])
  }

  private run(program: string, args: readonly string[]): Outcome {
    const options = { cwd: this.folder, encoding: 'utf8', timeout: 240_000 } as const
    const { status, stdout, stderr, error } = spawnSync(program, args, options)
    return { status, output: error === undefined ? stdout + stderr : String(error) }
  }

  /** Makes a package of a folder. */
  link(name: string, target: string): void {
    const place = join(this.folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(target, place, 'dir')
  }
}
