// A folder that has the package and its peers under node_modules, as a user's has; snippets are tried in it.
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { Project } from '../package/project.js'
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

export class Workbench extends Project {
  constructor() {
    super([])
    this.link('opik-runner-kit', root)
    for (const peer of ['vitest', 'msw', 'openapi-fetch']) this.link(peer, `${root}node_modules/${peer}`)
  }

  /**
   * Runs programs in TypeScript, which say by their assertions whether they hold, one after the other in one process:
   * starting one takes longer than what it does. The output names those that do not hold, or do not end.
   */
  runPrograms(snippets: readonly Snippet[]): Outcome {
    const files = snippets.map(({ page, line, code }) => this.write(`${page}/line-${line}.mjs`, asJavaScript(code)))
    const runner = this.write('run-all.mjs', RUN_ALL)
    return this.outcomeOf(process.execPath, [runner, ...files])
  }

  /** Runs test files, all in one go. */
  runTests(snippets: readonly Snippet[]): Outcome {
    for (const snippet of snippets.filter(isTestFile)) {
      this.write(`${snippet.page}/line-${snippet.line}.test.ts`, snippet.code)
    }
    return this.outcomeOf(process.execPath, [
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
    return this.outcomeOf('sh', ['-c', line])
  }

  /** Makes a package of a folder. */
  link(name: string, target: string): void {
    const place = this.at(`node_modules/${name}`)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(target, place, 'dir')
  }

  private outcomeOf(program: string, args: readonly string[]): Outcome {
    const { status, stdout, stderr } = this.run(program, args)
    return { status, output: stdout + stderr }
  }
}
