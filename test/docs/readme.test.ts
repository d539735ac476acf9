// The README's TypeScript, run as it stands there, and its claims about the demo.
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { createRunnerMock } from '../../src/index.js'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** The snippet that contains a text. */
function snippetWith(text: string): string {
  const found = snippets.find((code) => code.includes(text))
  if (found === undefined) throw new Error(`The README has no snippet with ${text}.`)
  return found
}

/** Bundles a snippet against the sources, as a project would against the package. */
async function compile(code: string): Promise<string> {
  const root = new URL('../../', import.meta.url)
  const from = (path: string): string => new URL(path, root).pathname
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: root.pathname },
    alias: { 'opik-runner-kit/msw': from('src/mocks/adapters/msw.ts'), 'opik-runner-kit': from('src/index.ts') },
    external: ['vitest', 'msw', 'msw/*'],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/** What a module exports by default. */
function functionIn(loaded: unknown): (...parameters: unknown[]) => unknown {
  if (typeof loaded === 'object' && loaded !== null && 'default' in loaded && isFunction(loaded.default)) {
    return loaded.default
  }
  throw new Error('The snippet did not become a function.')
}

function isFunction(value: unknown): value is (...parameters: unknown[]) => unknown {
  return typeof value === 'function'
}

describe('README', () => {
  it('has snippets that build against the package', async () => {
    for (const text of ['Default Project', 'setupServer']) expect(await compile(snippetWith(text))).not.toBe('')
  })

  it('puts a mock into a state, breaks it and moves its time as it says', async () => {
    const mock = createRunnerMock({ seed: 7 })
    const source = `export default async (mock) => {${snippetWith('mock.given')}; return job.id }`
    const loaded: unknown = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`)
    const jobId: unknown = await Reflect.apply(functionIn(loaded), undefined, [mock])
    const read = await mock.handle({ method: 'GET', url: `/v1/private/local-runners/jobs/${String(jobId)}` })
    expect(JSON.parse(read.body)).toMatchObject({ status: 'failed' })
    await mock.close()
  })

  it('names the project id that every mock has', async () => {
    const mock = createRunnerMock()
    const [, id = ''] = /PROJECT=(\S+)/.exec(readme) ?? []
    expect((await mock.handle({ method: 'GET', url: `/v1/private/projects/${id}` })).status).toBe(200)
    await mock.close()
  })
})
