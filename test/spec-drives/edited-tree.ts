// A copy of the project in which the spec alone was edited, generated and built with the project's own scripts: what a
// change of YAML does to the package, seen as its users see it.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDocument, type Document } from 'yaml'
import { startProgram, type Program } from '../sdk/program.js'

export interface EditedTree {
  /** Runs the command to its end; answers what it printed. */
  command(...args: string[]): string
  /** Runs a module that may import the package by its name; answers what it printed, read as JSON. */
  run(module: string): unknown
  /** Starts `serve` on a free port; `remove` stops it at the latest. */
  serve(...args: string[]): Promise<{ program: Program; url: string }>
  /** What the compiler has against each of some modules that import `./src/index.js`; '' for nothing. */
  compile(modules: readonly string[]): string[]
  /** The text of a file, such as a generated page. */
  read(path: string): string
  /** A path for a file of the test's own. */
  path(name: string): string
  remove(): Promise<void>
}

/** Modules that the compiler must take in an edited tree, and modules that it must refuse. */
export interface Typing {
  fits: readonly string[]
  misfits: readonly string[]
}

const ROOT = join(import.meta.dirname, '..', '..')
const COPIED = [
  'src',
  'scripts',
  'openapi',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]
const BUILD = `const { build } = await import('./scripts/build.mjs'); await build({ only: ['bundle'] })`

/** Changes a document; `setIn`, `addIn` and `deleteIn` of `yaml` do it by the path of a place. */
export type Edit = (spec: Document) => void

/**
 * Makes the copy. Throws with the generator's words when it refuses the edited spec.
 * @param edits changes of documents, by their paths
 * @param code changes of source files by their paths, for what no spec says
 */
export function editTree(
  edits: Readonly<Record<string, readonly Edit[]>>,
  code: Readonly<Record<string, (text: string) => string>> = {},
): EditedTree {
  const folder = mkdtempSync(join(tmpdir(), 'edited-tree-'))
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const rewrite = (path: string, change: (text: string) => string): void =>
    writeFileSync(join(folder, path), change(readFileSync(join(folder, path), 'utf8')))
  for (const [path, changes] of Object.entries(edits)) {
    rewrite(path, (text) => {
      const spec = parseDocument(text)
      for (const change of changes) change(spec)
      return spec.toString()
    })
  }
  for (const [path, change] of Object.entries(code)) rewrite(path, change)
  const node = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`node ${args.join(' ').slice(0, 80)} ended with ${status}:\n${stderr}${stdout}`)
    return stdout
  }
  const started: Program[] = []
  node('scripts/generate/main.mjs')
  node('--input-type=module', '-e', BUILD)
  return {
    command: (...args) => node('dist/cli/main.js', ...args),
    run(module) {
      const answer: unknown = JSON.parse(node('--input-type=module', '-e', module))
      return answer
    },
    async serve(...args) {
      const program = startProgram('dist/cli/main.js', ['serve', '--port', '0', ...args], {}, folder)
      started.push(program)
      const [, url = ''] = await program.printed(/listening on (\S+)/)
      return { program, url }
    },
    compile(modules) {
      const files = modules.map((_, at) => `module-${at}.ts`)
      for (const [at, module] of modules.entries()) writeFileSync(join(folder, `module-${at}.ts`), module)
      const project = { extends: './tsconfig.json', include: [], files }
      writeFileSync(join(folder, 'tsconfig.module.json'), JSON.stringify(project))
      const compiler = join(ROOT, 'node_modules', 'typescript-7', 'bin', 'tsc')
      const args = [compiler, '-p', 'tsconfig.module.json', '--noEmit', '--pretty', 'false']
      const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
      const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(' '))
      const elsewhere = lines.filter((line) => !files.some((file) => line.startsWith(`${file}(`)))
      if (elsewhere.length > 0) throw new Error(`The compiler says:\n${stdout}`)
      return files.map((file) => lines.filter((line) => line.startsWith(`${file}(`)).join('\n'))
    },
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    path: (name) => join(folder, name),
    async remove() {
      await Promise.all(started.map((program) => program.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
