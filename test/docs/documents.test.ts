// The documents: each piece of code runs, here or in a test of its page's own, and each link leads somewhere. SKILL.md and
// llms.txt are made of docs/README.md.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import serving from '../../scripts/serving/package.json' with { type: 'json' }
import { readOptions } from '../cli/all-commands.js'
import { anchorsOf, linksOf } from './links.js'
import { isForOtherRunner, isForPage, isTestFile, root, snippetsIn, type Snippet } from './blocks.js'
import { startProgram } from '../sdk/program.js'
import { COMMAND, startServe, type Served } from '../sdk/served.js'
import { Workbench } from './workbench.js'

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'openapi', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  ),
].sort()

/** Test files that name a page: they try what it shows. */
const ownTests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !/^(docs\/documents|docs\/readme|matrix\/readme)/.test(name))
  .map((name) => ({ name, text: readFileSync(join(root, 'test', name), 'utf8') }))
/** Those that leave programs to this file. */
const OF_FILES_AND_CALLS = /^(docs\/pages|conduct\/docs)/
const isRunElsewhere = ({ page, language }: Snippet): boolean =>
  ownTests.some(({ name, text }) => {
    const called = page === 'docs/README.md' ? page : basename(page)
    return !(language === 'ts' && OF_FILES_AND_CALLS.test(name)) && new RegExp(`['/]${called}'`).test(text)
  })

const snippets = documents
  .filter((page) => /^(README|docs\/.*)\.md$/.test(page))
  .flatMap(snippetsIn)
  .filter((snippet) => !isRunElsewhere(snippet) && !isForPage(snippet) && !isForOtherRunner(snippet))
const named = (language: string, filter: (snippet: Snippet) => boolean = () => true): [string, Snippet][] =>
  snippets
    .filter((snippet) => snippet.language === language && filter(snippet))
    .map((snippet) => [`${snippet.page}:${snippet.line}`, snippet])

const isLong = process.env['KIT_ALL_TARGETS'] !== undefined

let workbench: Workbench
let server: Served
beforeAll(async () => {
  workbench = new Workbench()
  server = await startServe(['--scenario', 'demo'], {}, workbench.folder)
  // A daemon that does nothing: it is graded all the same.
  workbench.write('my-daemon.mjs', '')
  workbench.write('page.har', readFileSync(join(root, 'test/watch/page.har'), 'utf8'))
  workbench.write('opik-openapi.yaml', readFileSync(join(root, 'test/fallback/rest-of-api.yaml'), 'utf8'))
})
afterAll(async () => {
  await server.stop()
  workbench.remove()
})

describe('code in documents', () => {
  it('is in languages that somebody runs', () => {
    const unknown = snippets.filter((each) => !languages.has(each.language) && !isSession(each))
    expect(unknown.map(({ page, line, language }) => `${page}:${line} ${language}`)).toEqual([])
  })

  it('runs where it is a program, and prints what stands behind its calls of console.log', () => {
    const programs = snippets.filter((snippet) => snippet.language === 'ts' && !isTestFile(snippet))
    const printed = programs.flatMap(({ code }) => [...code.matchAll(/console\.log\(.*\) \/\/ (.*\n)/g)])
    const output = printed.map(([, line]) => line).join('')
    expect(workbench.runPrograms(programs)).toEqual({ status: 0, output })
  })

  // A test runner of its own takes long to say what types and the programs around it have said mostly: CI runs it.
  it.runIf(isLong)('passes where it is a test', () => {
    const { status, output } = workbench.runTests(snippets)
    expect(status, output).toBe(0)
  })

  it.skipIf(spawnSync('python3', ['--version']).status !== 0).each(named('python'))(
    'runs, from %s on',
    (_, { code }) => {
      workbench.write('snippet.py', code)
      expect(workbench.runLine('python3 snippet.py')).toEqual({ status: 0, output: '' })
    },
  )

  // The README's commands are tried by test/matrix, in a folder that has nothing but the archive.
  it.each(named('sh', ({ page }) => page !== 'README.md'))('can be typed, from %s on', async (_, { code }) => {
    const lines = atPort(code, server.port)
      .trim()
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
    for (const line of lines) await type(line)
  })

  it.each(named('', ({ page }) => page !== 'README.md'))('shows what is printed, from %s on', async (_, { code }) => {
    const [prompt = '', ...shown] = atPort(code, server.port).trimEnd().split('\n')
    const { output } = workbench.runLine(builtCommand(prompt.slice(2)))
    expect(output.trimEnd()).toMatch(new RegExp(`^${shown.map(withGaps).join('\n')}$`))
  })
})

/** `typescript` is what the reference shows of declarations. */
const languages = new Set(['ts', 'typescript', 'python', 'sh', 'mermaid'])

/** A command behind a prompt, and what it prints, with `...` for anything. */
const isSession = ({ language, code }: Snippet): boolean => language === '' && code.startsWith('$ ')
const withGaps = (text: string): string =>
  text
    .split('...')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')

/** Documents have the server at its usual port; here it has another one. */
const atPort = (code: string, port: number): string => code.replaceAll(/(127\.0\.0\.1:|port )5173/gi, `$1${port}`)
const builtCommand = (line: string): string => line.replace('npx opik-runner-kit', `node ${COMMAND}`)
/** Opik's own command and Redocly's run in test/daemons and test/spec. Here another program stands in for them. */
const withStandIn = (line: string): string => line.replace(/(^| )(opik|npx redocly) .*$/, '$1true')

/** Runs one line of a shell as far as that is possible without a network. */
async function type(line: string): Promise<void> {
  const [, words] = /^npx opik-runner-kit (.*)$/.exec(line) ?? []
  if (/^npm (install|i) /.test(line)) {
    const wanted = line
      .split(' ')
      .filter((word) => /^(@[\w-]+\/)?[a-z][\w.-]+$/.test(word) && !/^(npm|install|i)$/.test(word))
    const known = Object.keys({ ...manifest.devDependencies, ...serving.devDependencies, [manifest.name]: '' })
    expect(known).toEqual(expect.arrayContaining(wanted))
  } else if (line.startsWith('npm ')) {
    expect(Object.keys(manifest.scripts)).toContain(/^npm (?:run )?([\w:]+)/.exec(line)?.[1])
  } else if (words !== undefined && !isLong) {
    await readOptions(words.replace(/ > \S+$/, ''))
  } else if (words !== undefined && /^(serve|watch http)/.test(words)) {
    // Nobody watches the browser that would open.
    const [command, ...flags] = words.split(' ').filter((word) => word !== '--open')
    const started = startProgram(COMMAND, [command ?? '', '--port', '0', ...flags], {}, workbench.folder)
    await started.printed(/listening on/)
    expect(await started.stop()).toBe(0)
  } else {
    const { status, output } = workbench.runLine(builtCommand(withStandIn(line)))
    expect([0, 1], `${line}\n${output}`).toContain(status)
  }
}

describe('links', () => {
  it.each(documents)('of %s lead somewhere', (page) => {
    const broken = linksOf(page).filter(({ target, anchor }) => {
      if (/^(https:|mailto:)/.test(target)) return false
      const file = target === '' ? page : relative(root, join(root, dirname(page), target))
      if (file.startsWith('..') || !existsSync(join(root, file))) return true
      return anchor !== undefined && !anchorsOf(file).has(anchor)
    })
    expect(broken).toEqual([])
  })

  it('reach every page of docs from its index', () => {
    const listed = ['docs/README.md', 'docs/api/README.md'].flatMap((index) =>
      linksOf(index).map(({ target }) => join(dirname(index), target)),
    )
    const pages = documents.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
    expect(pages.filter((page) => !listed.includes(page))).toEqual([])
  })
})
