// What the README says about the demo; its snippets are tried by documents.test.ts and test/matrix.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createRunnerMock } from '../../src/index.js'
import { root } from './blocks.js'

it('README.md names the project id that every mock has', async () => {
  const mock = createRunnerMock()
  const [, id = ''] = /PROJECT=(\S+)/.exec(readFileSync(`${root}README.md`, 'utf8')) ?? []
  expect((await mock.handle({ method: 'GET', url: `/v1/private/projects/${id}` })).status).toBe(200)
  await mock.close()
})
