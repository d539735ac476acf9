// The archive itself: what stands in it, what its manifest promises, and how tools for packages judge it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { describe, expect, inject, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { linksOf } from '../docs/links.js'
import { root } from './pack.js'

const { file, paths } = inject('packed')

/** Every file that an export, the command or the licence asks for. */
const promised = [
  ...Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? target : Object.values(target))),
  ...Object.values(manifest.bin),
].map((path) => path.replace(/^\.\//, ''))

/** Long or large pages that are read on the web. */
const LEFT_OUT = /^docs\/(images\/[\w-]+\.(png|svg)|mutants\.md|requirements\.md)$/

/** The files of dist that the promised ones lead to, by import, re-export or reference. */
function reached(): Set<string> {
  const found = new Set<string>()
  const visit = (path: string): void => {
    if (found.has(path) || !/\.(js|d\.ts)$/.test(path)) return
    found.add(path)
    const text = readFileSync(join(root, path), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g)) {
      const target = posix.join(dirname(path), specifier)
      visit(path.endsWith('.d.ts') ? target.replace(/\.js$/, '.d.ts') : target)
    }
  }
  for (const path of promised) visit(path)
  return found
}

describe('the archive', () => {
  it('satisfies publint to the last suggestion', async () => {
    const tarball = new Uint8Array(readFileSync(file)).buffer
    const { messages } = await publint({ pack: { tarball }, level: 'suggestion', strict: true })
    expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([])
  })

  it('satisfies attw wherever ES modules are resolved', () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    // The YAML is for tools that read YAML; a compiler has nothing to resolve there.
    const args = [
      attw,
      file,
      '--profile',
      'esm-only',
      '--exclude-entrypoints',
      'openapi.yaml',
      'kit.yaml',
      '--no-emoji',
    ]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect([status, status === 0 ? '' : stdout]).toEqual([0, ''])
  })

  it('would be taken by npm publish', () => {
    const args = ['publish', file, '--dry-run', '--ignore-scripts', '--json', '--tag', 'trial']
    const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8', cwd: root })
    expect(status, stderr).toBe(0)
    expect(JSON.stringify(JSON.parse(stdout))).toContain(`${manifest.name}@${manifest.version}`)
  })

  it('is found by what it is for', () => {
    expect(manifest.keywords).toEqual(expect.arrayContaining(['opik', 'mock-server', 'msw', 'contract-testing']))
  })

  it('has every file that its manifest promises', () => {
    const isThere = (path: string): boolean => {
      const [start = '', end] = path.split('*')
      return paths.some((each) => (end === undefined ? each === path : each.startsWith(start) && each.endsWith(end)))
    }
    expect(promised.filter((path) => !isThere(path))).toEqual([])
  })

  // The console is a page of its own, which the server reads as files.
  it('has no file of dist that nothing leads to', () => {
    const used = reached()
    const unused = paths.filter(
      (path) => /^dist\/(?!console\/)/.test(path) && !used.has(path) && !promised.includes(path),
    )
    expect(unused).toEqual(['dist/chunks/LICENSES.txt', 'dist/cli/LICENSES.txt', 'dist/sbom.json'])
  })

  it('has documents, examples, fixtures and the spec besides, and nothing else', () => {
    const known = [
      /^dist\//,
      /^fixtures\/[\w.-]+\.json$/,
      /^stories\/[\w-]+\.json$/,
      /^docs\/(api\/)?(README|[a-z-]+)\.md$/,
      /^docs\/report\.schema\.json$/,
      /^schemas\/[a-z-]+\.json$/,
      /^openapi\/[a-z-]+\.yaml$/,
      /^examples\/(?!.*(node_modules|dist|package-lock))/,
    ]
    const rest = paths.filter((path) => !known.some((form) => form.test(path))).sort()
    expect(rest).toEqual([
      ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
      ...['SKILL.md', 'llms.txt', 'openapi/SOURCE.md', 'package.json', 'python/README.md'],
    ])
  })

  const pages = paths.filter((path) => path.endsWith('.md'))
  const linked = new Map(
    pages.map((page) => {
      const targets = linksOf(page).map(({ target }) => target)
      const files = targets.filter((target) => target !== '' && !/^(https:|mailto:)/.test(target))
      return [page, files.map((target) => posix.join(dirname(page), target).replace(/\/$/, ''))]
    }),
  )

  it.each(pages)('has what %s links to, or leaves it in the repository for its size', (page) => {
    const isThere = (file: string): boolean => paths.some((path) => path === file || path.startsWith(`${file}/`))
    const isLeftOut = (file: string): boolean => LEFT_OUT.test(file) && existsSync(join(root, file))
    expect(linked.get(page)?.filter((file) => !isThere(file) && !isLeftOut(file))).toEqual([])
  })
})
