// Which known name a misspelt one is taken for, and which resembles none.
import { expect, it } from 'vitest'
import { nearest } from '../../src/kernel/problem.js'

it.each([
  ['agent_nmae', ['inputs', 'agent_name'], 'agent_name'],
  ['AGENT-NAME', ['inputs', 'agentName'], 'agentName'],
  ['job_id', ['jobId', 'job_id'], 'job_id'],
  ['ab', ['abc', 'abd'], 'abc'],
  ['abXY', ['abcd'], 'abcd'],
  ['aXYZ', ['abcd'], undefined],
  ['abcdefghWXYZ', ['abcdefghijkl'], 'abcdefghijkl'],
  ['abcdefgVWXYZ', ['abcdefghijkl'], undefined],
  ['xy', ['ab'], undefined],
  [`name${'_'.repeat(100)}more`, ['name'], 'name'],
])('nearest of %j among %j is %j', (given, known, wanted) => expect(nearest(given, known)).toBe(wanted))
