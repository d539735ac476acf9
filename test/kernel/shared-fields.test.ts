// What a request gives its resource: each kind of field as the spec declares it, and nothing that it does not.
import { describe, expect, it } from 'vitest'
import { copySharedFields, carriedFields, sharedPart } from '../../src/kernel/shared-fields.js'

const [UPPER, LOWER] = ['0190BABC-62A0-71D2-832A-0FEFFA4676EB', '0190babc-62a0-71d2-832a-0feffa4676eb']
const request = { agent_name: 'echo', project_id: UPPER }
const carryJob = (fields: object): object =>
  copySharedFields('CreateLocalRunnerJobRequest', { ...request, ...fields }, {})

describe('copySharedFields', () => {
  it('writes ids in lower case, as values, in nested objects and as keys and values of maps', () => {
    expect(carryJob({ mask_id: UPPER, prompt_masks: { [UPPER]: UPPER }, metadata: { dataset_id: UPPER } })).toEqual({
      agent_name: 'echo',
      project_id: LOWER,
      mask_id: LOWER,
      prompt_masks: { [LOWER]: LOWER },
      metadata: { dataset_id: LOWER },
    })
  })

  it('leaves alone what is not of the type that the spec says, and takes nothing from what is left out', () => {
    const odd: object = { mask_id: 5, blueprint_name: null, metadata: 'x', prompt_masks: 7, project_id: undefined }
    const { project_id: _, ...given } = { ...request, ...odd }
    expect(carryJob(odd)).toStrictEqual(given)
    const entry: object = { stream: 'stdout', text: undefined, colour: 'red' }
    expect(copySharedFields('LocalRunnerLogEntry', { text: '', stream: 'stdout', ...entry }, {})).toStrictEqual({
      stream: 'stdout',
    })
    const params: object = { params: { name: 'a' } }
    expect(copySharedFields('Agent', { ...params }, {})).toStrictEqual({ ...params, timeout: 0 })
  })
})

it("carriedFields tells what came from requests, but for the caller's JSON, and nothing where there is nothing", () => {
  const work = { inputs: { secret: 1 }, metadata: { dataset_id: LOWER } }
  const wire = { id: LOWER, agent_name: 'echo', status: 'running', ...work }
  const told = carriedFields(['CreateLocalRunnerJobRequest', 'LocalRunnerJobResultRequest'], wire)
  expect(told).toEqual({ fields: { agent_name: 'echo', metadata: { dataset_id: LOWER } } })
  expect(carriedFields(['ActivateRequest'], wire)).toEqual({})
})

it('sharedPart is what a request brings to its resource, if it came', () => {
  const given = { mask_id: UPPER, status: 'running', metadata: undefined }
  expect(sharedPart('CreateLocalRunnerJobRequest', given)).toStrictEqual({ mask_id: UPPER })
})
