// The requests of examples/runners.http can be sent one after the other, and answer what their titles say.
import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { readRecording } from '../../src/kernel/recording/recording.js'

const text = readFileSync('examples/runners.http', 'utf8')

it('examples/runners.http works from its first request to its last', async () => {
  const mock = createRunnerMock({ scenario: 'demo' })
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  const variables = new Map([...text.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
  variables.set('host', new URL(server.url).origin)
  const fill = (part: string): string =>
    part.replaceAll(/\{\{([\w.]+)\}\}/g, (_, name: string) => {
      expect(variables.keys(), name).toContain(name)
      return fill(variables.get(name) ?? '')
    })
  const answers: string[] = []
  for (const request of text.split(/^### .*$/m).slice(1)) {
    const [, name] = /^# @name (\w+)$/m.exec(request) ?? []
    const [head = '', body] = fill(request.replaceAll(/^#.*\n/gm, '').trim()).split('\n\n')
    const [line = '', ...headers] = head.split('\n')
    const [method = '', target = ''] = line.split(' ')
    const sent = headers.map((each): [string, string] => [each.split(': ')[0] ?? '', each.split(': ')[1] ?? ''])
    const answer = await fetch(target, { method, headers: sent, ...(body !== undefined && { body }) })
    expect([line, answer.ok]).toEqual([line, true])
    if (name !== undefined) variables.set(`${name}.response.headers.Location`, answer.headers.get('location') ?? '')
    answers.push(await answer.text())
  }
  const [runners = '', , , job = '', logs = '', har = ''] = answers
  expect(JSON.parse(runners)).toMatchObject({ content: [{ name: 'demo-laptop', status: 'connected' }] })
  expect(JSON.parse(job)).toMatchObject({ agent_name: 'slow-report', status: 'completed' })
  expect(JSON.parse(logs)).not.toEqual([])
  expect((await readRecording(har)).exchanges.length).toBeGreaterThan(3)
})
