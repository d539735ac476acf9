import { describe, expect, it } from 'vitest'
import { requestBodies } from '../../src/generated/request-validators.js'
import { violationsOf, type Validator } from '../../src/kernel/schema.js'

const ID = '01900000-0000-7000-8000-000000000000'
const { registerAgents: agents, activatePairingSession: activation } = requestBodies
const job = { agent_name: 'echo', project_id: ID }

function judge(validator: Validator, value: unknown): string[] {
  if (validator(value)) return []
  return violationsOf(validator).map(({ pointer, keyword }) => `${pointer} ${keyword}`)
}

describe('violationsOf', () => {
  it.each<[Validator, unknown, string[]]>([
    [requestBodies.createJob, job, []],
    [requestBodies.createJob, {}, ['/agent_name required', '/project_id required']],
    [requestBodies.createJob, { ...job, agent_name: 1 }, ['/agent_name type']],
    [requestBodies.createJob, { ...job, project_id: 'x' }, ['/project_id format']],
    [requestBodies.createJob, { ...job, metadata: { dataset_id: 'x' } }, ['/metadata/dataset_id format']],
    [requestBodies.createJob, [], [' type']],
    [agents, { 'a/b~c': { params: [{ name: ' ', type: 't' }] } }, ['/a~1b~0c/params/0/name pattern']],
    [agents, { a: { params: [{ name: 'n', type: 't', presence: 'x' }] } }, ['/a/params/0/presence enum']],
    [requestBodies.appendJobLogs, [{ stream: 's' }], ['/0/text required']],
    [activation, { runner_name: 'n'.repeat(129), hmac: 'x' }, ['/runner_name maxLength', '/hmac minLength']],
  ])('names place and keyword of each break %#', (validator, value, wanted) => {
    expect(judge(validator, value).sort()).toEqual([...wanted].sort())
  })

  it('is data that says what was expected', () => {
    const session = { project_id: ID, activation_key: 'x'.repeat(43), type: 'other', ttl_seconds: 5 }
    expect(requestBodies.createPairingSession(session)).toBe(false)
    const violations = violationsOf(requestBodies.createPairingSession)
    expect(JSON.parse(JSON.stringify(violations))).toEqual(violations)
    const messages = Object.fromEntries(violations.map(({ pointer, message }) => [pointer, message]))
    expect(messages['/type']).toContain('endpoint')
    expect(messages['/ttl_seconds']).toContain('60')
  })
})
