// The page on simulated agents: each snippet runs as it stands and shows what its comments promise.
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { createRunnerMock, signBridge, verifyBridge, type RunnerMock } from '../../src/index.js'
import { folder } from '../../src/mocks/adapters/node.js'
import { connectAgent } from '../../src/mocks/agents/index.js'
import { send } from './play.js'

const page = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8')
const snippets = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, snippet = '']) => snippet)

describe('docs/agents.md', () => {
  it.each(snippets.map((snippet, at) => [at + 1, snippet] as const))(
    'has a snippet %i that holds',
    async (_, snippet) => {
      const promised = [...snippet.matchAll(/\/\/ -> (.*)$/gm)].map(([, text = '']): unknown => JSON.parse(text))
      expect(promised).not.toEqual([])
      expect(await run(snippet)).toEqual(promised)
    },
  )

  it('names every member of a script', () => {
    const source = readFileSync(new URL('../../src/mocks/agents/agent-script.ts', import.meta.url), 'utf8')
    const [, members = ''] = /export interface AgentScript \{([^]*?)\n\}/.exec(source) ?? []
    const names = [...members.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name)
    expect([...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)).toEqual(names)
  })
})

/** Runs a snippet and returns what it shows. */
async function run(snippet: string): Promise<unknown[]> {
  const shown: unknown[] = []
  let mock: RunnerMock | undefined
  const given = {
    createRunnerMock: (...options: Parameters<typeof createRunnerMock>) => (mock = createRunnerMock(...options)),
    connectAgent,
    folder,
    ...{ signBridge, verifyBridge },
    read: async (path: string) => (await send(mock!, 'GET', path)).body,
    create: async (path: string, body: unknown) =>
      (await send(mock!, 'POST', path, { body })).location.split('/').at(-1),
    show: (value: unknown) => shown.push(value),
  }
  const body = ts.transpile(snippet, { target: ts.ScriptTarget.ES2022 })
  const made: unknown = Reflect.construct(Function, [...Object.keys(given), `return (async () => {${body}})()`])
  await (made as (...values: unknown[]) => Promise<void>)(...Object.values(given))
  await mock?.close()
  return shown
}
