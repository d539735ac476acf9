// The README as a reader follows it: an empty folder, the archive, and each snippet verbatim, from top to bottom.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freePort } from '../../scripts/programs.mjs'
import { isForPage, isTestFile, snippetsIn, type Snippet } from '../docs/blocks.js'
import { Project } from '../package/project.js'
import { withNode, type NodeLine } from './nodes.js'

/** The port in the README; a free one takes its place. */
const PORT = 5173
const packed = inject('packed')
const snippets = snippetsIn('README.md')

/** Commands for a clone of the repository, which CI runs. */
const isForContributors = ({ code }: Snippet): boolean => /^npm /m.test(code)
/** What a command before it has printed; there is nothing to type. */
const isOutput = ({ language, code }: Snippet): boolean => language === '' && !code.startsWith('$ ')
const isCommand = ({ language, code }: Snippet): boolean => language === '' && code.startsWith('$ ')

describe.each<NodeLine>(['20.19', '24'])('README.md on Node %s', (line) => {
  let project: Project
  let env: Record<string, string>
  let port: number
  const started: ChildProcess[] = []

  beforeAll(async () => {
    env = { ...withNode(line), NO_COLOR: '1' }
    port = await freePort()
    project = new Project([packed.file, 'vitest', 'msw', 'tsx'])
  })
  afterAll(async () => {
    for (const child of started) await stop(child)
    project.remove()
  })

  it('runs on that Node', () => {
    expect(project.run('node', ['--version'], env).stdout).toContain(`v${line}`)
  })

  for (const snippet of snippets.filter((each) => !isForContributors(each) && !isForPage(each) && !isOutput(each))) {
    it(`works from line ${snippet.line} on`, async () => {
      if (snippet.language === 'ts') runTypeScript(snippet)
      else if (snippet.language === 'sh') runShell(snippet.code)
      else if (isCommand(snippet)) await runCommands(snippet.code)
      else throw new Error(`README.md:${snippet.line}: nobody knows how to try this`)
    })
  }

  function runTypeScript(snippet: Snippet): void {
    const isTest = isTestFile(snippet)
    const name = `readme-${snippet.line}${isTest ? '.test' : ''}.ts`
    project.write(name, snippet.code)
    const { status, stdout, stderr } = project.run('npx', isTest ? ['vitest', 'run', name] : ['tsx', name], env)
    expect(status, stdout + stderr).toBe(0)
  }

  /** Every call has to succeed, and to bring something. */
  function runShell(code: string): void {
    const script = `set -e\n${onPort(code).replaceAll(/\bcurl /g, 'curl --fail-with-body -sS ')}`
    const { status, stdout, stderr } = project.run('sh', ['-c', script], env)
    expect([status, stderr], stdout).toEqual([0, ''])
    expect(stdout).toContain('{')
    if (code.includes('createJob') || code.includes('JOB=')) expect(stdout).toContain('"status":"completed"')
  }

  /** A server goes on in the background; anything else ends, and prints what the README shows first. */
  async function runCommands(code: string): Promise<void> {
    const [prompt = '', ...shown] = onPort(code).trimEnd().split('\n')
    const [command = '', ...args] = prompt.slice(2).split(' ')
    const isServer = args.includes('serve')
    const extra = isServer ? ['--port', String(port)] : []
    // A group of its own, as a terminal makes it: npx does not hand on signals that it gets alone.
    const options = { cwd: project.folder, env: { ...process.env, ...env }, detached: true }
    const child = spawn(command, [...args, ...extra], options)
    started.push(child)
    let printed = ''
    const ended = once(child, 'close')
    const firstLine = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          printed += text
          if (printed.includes(shown[0] ?? '\n')) resolve()
        })
      }
    })
    await (isServer ? Promise.race([firstLine, ended]) : ended)
    expect(printed).toContain(shown[0] ?? '\n')
    expect([null, 0, 1], printed).toContain(child.exitCode)
  }

  const onPort = (code: string): string => code.replaceAll(String(PORT), String(port))
})

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'close')
  process.kill(-child.pid, 'SIGINT')
  await ended
}
