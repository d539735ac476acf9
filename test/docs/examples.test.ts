// What all examples promise on paper: listed, explained, pinned. That they work is test/examples' matter.
import { readFileSync, readdirSync } from 'node:fs'
import { validateAction, validateWorkflow } from '@action-validator/core'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import manifest from '../../package.json' with { type: 'json' }
import { readAction } from '../examples/harness/workshop.js'

const folder = new URL('../../examples/', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8')
const isSource = (path: string): boolean =>
  !/(^|\/)(node_modules|dist|test-results|mockServiceWorker\.js)(\/|$)/.test(path)
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.pathname.length).replace(/^\//, ''))
  .filter(isSource)
const names = [...new Set(files.flatMap((path) => /^([^/]+)\//.exec(path)?.[1] ?? []))]

interface Manifest {
  private?: boolean
  scripts: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies: Record<string, string>
}

describe('examples', () => {
  it('are listed in the overview', () => {
    const listed = [...read('README.md').matchAll(/^\| \[([^\]]+)\]/gm)].map(([, name]) => name)
    expect(listed.sort()).toEqual(names.sort())
  })

  it.each(names)('%s has a short README', (name) => {
    expect(read(`${name}/README.md`).split('\n').length).toBeLessThanOrEqual(20)
  })

  it('suppress no finding of any tool', () => {
    const suppression =
      /(eslint|oxlint|prettier|biome|ts|noqa|istanbul|v8)[- ](disable|ignore|expect-error|nocheck)|# ?noqa|# type:/
    expect(files.filter((path) => suppression.test(read(path)))).toEqual([])
  })

  it('name exact versions, the same everywhere, and this version of the package', () => {
    const versions = new Map([['opik-runner-kit', new Set([manifest.version])]])
    for (const path of files.filter((each) => /^[^/]+\/package\.json$/.test(each))) {
      const { dependencies, devDependencies } = JSON.parse(read(path)) as Manifest
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        expect(version, `${name} in ${path}`).toMatch(/^\d+\.\d+\.\d+$/)
        versions.set(name, (versions.get(name) ?? new Set()).add(version))
      }
    }
    expect([...versions].filter(([, seen]) => seen.size > 1)).toEqual([])
  })
})

describe('GitHub Actions', () => {
  const workflows = files.filter((path) => /^github-actions\/.*\.ya?ml$/.test(path))

  it('action.yml has the form of an action, and executes no text of its inputs', () => {
    expect(validateAction(readFileSync(new URL('../action.yml', folder), 'utf8'))).toMatchObject({ errors: [] })
    const { runs } = readAction()
    expect(runs.steps.filter(({ run }) => run.includes('${{'))).toEqual([])
  })

  it('the release has the form of a workflow, and runs only for a tag', () => {
    const text = readFileSync(new URL('../.github/workflows/release.yml', folder), 'utf8')
    expect(validateWorkflow(text)).toMatchObject({ errors: [] })
    expect(parse(text)).toMatchObject({ on: { push: { tags: ['v*'] } }, permissions: {} })
  })

  it.each(workflows)('%s has the form of a workflow, and gives the action what it takes', (path) => {
    expect(validateWorkflow(read(path))).toMatchObject({ errors: [] })
    const { jobs } = parse(read(path)) as { jobs: Record<string, { steps: { uses?: string; with?: object }[] }> }
    const steps = Object.values(jobs).flatMap((job) => job.steps)
    const given = steps.filter(({ uses }) => uses?.endsWith(`/opik-runner-kit@v${manifest.version}`))
    expect(given).toHaveLength(1)
    const inputs = Object.keys(given[0]?.with ?? {})
    expect(Object.keys(readAction().inputs)).toEqual(expect.arrayContaining(inputs))
    expect(inputs).toContain('url')
  })
})
