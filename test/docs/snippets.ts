// Runs the snippets of a page as they stand there: modules come from the sources, and what a snippet tells vitest to
// test is tested at once.
import { readFileSync } from 'node:fs'
import { expect, vi } from 'vitest'
import { asJavaScript } from './blocks.js'

/** A page by its name under docs. */
export function readPage(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
}

/** The fenced snippets of a page in a language, with their places for titles. */
export function snippetsOf(page: string, language: string): [number, string][] {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))]
  return found.map(([, text = ''], at) => [at + 1, text])
}

type Act = () => unknown

/** A stand-in for vitest, which a snippet cannot have inside of a test. */
class Collector {
  private readonly tests: Act[] = []
  private readonly hooks = { beforeAll: [] as Act[], afterEach: [] as Act[], afterAll: [] as Act[] }

  get module(): object {
    const add = (name: keyof Collector['hooks']) => (act: Act) => this.hooks[name].push(act)
    const test = (_name: string, act: Act): unknown => this.tests.push(act)
    const hooks = { beforeAll: add('beforeAll'), afterEach: add('afterEach'), afterAll: add('afterAll') }
    return { expect, vi, test, it: test, ...hooks }
  }

  async run(): Promise<void> {
    for (const hook of this.hooks.beforeAll) await hook()
    for (const act of this.tests) {
      await act()
      for (const hook of this.hooks.afterEach) await hook()
    }
    for (const hook of this.hooks.afterAll) await hook()
  }
}

const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  'opik-runner-kit': () => import('../../src/index.js'),
  'opik-runner-kit/agents': () => import('../../src/mocks/agents/index.js'),
  'opik-runner-kit/watch': () => import('../../src/contracts/watch.js'),
  'opik-runner-kit/conduct': () => import('../../src/mocks/conduct/watch-conduct.js'),
  'opik-runner-kit/fixtures': () => import('../../src/fixtures/index.js'),
  'opik-runner-kit/msw': () => import('../../src/mocks/adapters/msw.js'),
  'opik-runner-kit/node': () => import('../../src/mocks/adapters/node.js'),
  'opik-runner-kit/playwright': () => import('../../src/playwright.js'),
  'msw/node': () => import('msw/node'),
  'node:assert/strict': () => import('node:assert/strict'),
}

/** Runs a snippet to its end, its tests included. */
export async function runSnippet(snippet: string): Promise<void> {
  const collector = new Collector()
  const load = (name: string): Promise<unknown> => {
    const find = modules[name]
    if (name === 'vitest') return Promise.resolve(collector.module)
    if (find === undefined) throw new Error(`The snippet imports ${name}, which nothing stands for.`)
    return find()
  }
  const body = asJavaScript(snippet)
    .replaceAll(/^import (\w+) from "(.+)";$/gm, "const { default: $1 } = await load('$2');")
    .replaceAll(/^import (\{.+\}) from "(.+)";$/gm, "const $1 = await load('$2');")
    .replaceAll('await import(', 'await load(')
  const made: unknown = Reflect.construct(Function, ['load', `return (async () => {${body}})()`])
  await (made as (find: typeof load) => Promise<void>)(load)
  await collector.run()
}
