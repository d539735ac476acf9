// What version 0.1 has written down of projects, traces and spans is read, and shown as they are shown now.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readState } from '../../../src/cli/state/read-state.js'
import { checkReply } from '../../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type Snapshot } from '../../../src/mocks/mock/runner-mock.js'
import { isSnapshot } from '../../../src/mocks/mock/snapshot-links.js'

const TRACE = '01900000-0000-7000-8000-0000000000a1'
const file = (name: string): string => join(import.meta.dirname, 'version-0.1', name)

async function snapshotOf(name: string): Promise<Snapshot | undefined> {
  if (name.endsWith('.jsonl')) return readState(file(name))
  const value: unknown = JSON.parse(readFileSync(file(name), 'utf8'))
  return isSnapshot(value) ? value : undefined
}

it.each(['snapshot.json', 'state.jsonl'])('reads %s', async (name) => {
  const snapshot = await snapshotOf(name)
  expect(snapshot).toBeDefined()
  const mock = createRunnerMock({ ...(snapshot && { snapshot }), checkReply })
  onTestFinished(() => mock.close())
  const read = async (path: string): Promise<unknown> => {
    const { body } = await mock.handle({ method: 'GET', url: `/v1/private/${path}` })
    return JSON.parse(body)
  }
  const projects = [{ name: 'Lab', description: 'd' }, { name: 'Default Project' }]
  expect(await read('projects')).toMatchObject({ total: 2, content: projects })
  const summed = { span_count: 1, llm_span_count: 1, usage: { total_tokens: 3 }, providers: ['openai'] }
  const trace = { name: 'echo', input: { a: null }, duration: 2000, visibility_mode: 'default', ...summed }
  expect(await read(`traces/${TRACE}`)).toMatchObject(trace)
  expect(await read('traces?project_name=lab')).toMatchObject({ total: 2, content: [{ span_count: 0 }, trace] })
  expect(await read(`spans?project_name=Lab&trace_id=${TRACE}`)).toMatchObject({
    total: 1,
    content: [{ name: 'call' }],
  })
  mock.clock.freeze()
  const again = mock.snapshot()
  mock.restore(again)
  expect(mock.snapshot()).toEqual(again)
})
