// The story that docs/mcp.md tells, by the SDK's own client over stdio: every call is made, and answered as the page shows.
// The whole transcript is printed, and kept in .cache/mcp-story.txt.
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { readPage } from '../docs/blocks.js'
import { createBrokenMock } from '../mutants/broken-mock.js'
import { mutants } from '../mutants/catalogue.js'
import { call, openClient, patternOf, stepsIn } from './transcript.js'

/** Where the page has the server that is verified. */
const ADDRESS = 'http://127.0.0.1:8080/api'

it('goes from nothing to a paired runner, a job, a fault, and what to fix first of a broken server', async () => {
  const mutant = mutants.find(({ id }) => id === 'job/inputs-as-text')
  if (mutant === undefined) throw new Error('The mistake of the story is gone.')
  const broken = await serve(createBrokenMock(mutant).mock, { port: 0 })
  onTestFinished(() => broken.close())
  const client = await openClient('--scenario', 'empty')
  const transcript: string[] = []
  const steps = stepsIn(readPage('mcp.md'))
  for (const { tool, input, shown } of steps) {
    const given = JSON.parse(JSON.stringify(input).replaceAll(ADDRESS, broken.url)) as Record<string, unknown>
    const answer = (await call(client, tool, given)).replaceAll(broken.url, ADDRESS)
    transcript.push(`> ${tool} ${JSON.stringify(input)}`, answer, '')
    expect(answer).toMatch(patternOf(shown))
  }
  mkdirSync('.cache', { recursive: true })
  writeFileSync('.cache/mcp-story.txt', transcript.join('\n'))
  console.log(transcript.join('\n'))
  const tools = new Set(steps.map(({ tool }) => tool))
  expect([...tools]).toEqual(
    expect.arrayContaining(['pair_runner', 'move_time', 'set_faults', 'verify_server', 'explain']),
  )
})
