// What upstream's moves look like: our own spec, edited as upstream might, compared with itself.
import { describe, expect, it } from 'vitest'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { toSpecDocument } from '../../src/spec/parse-spec.js'
import {
  compareAfter,
  editBy,
  findingsOf,
  NON_BLANK_IN_JAVA,
  ours,
  put,
  rowsOf,
  set,
  upstream,
  whole,
  type Editable,
} from './documents.js'

const runners = '/v1/private/local-runners'
const cancel = `${runners}/jobs/{jobId}/cancel`
const operation = (document: Editable, path: string, method: string) => document.paths?.[path]?.[method]
const schema = (document: Editable, name: string) => document.components?.schemas?.[name]

/** The breaking findings after an edit, as `operation: where: kind change`. */
function breakingAfter(edit: (document: Editable) => void): readonly string[] {
  return findingsOf(compareAfter(edit))
    .filter(({ severity }) => severity === 'breaking')
    .map((found) => `${found.operation}: ${found.where}: ${found.kind} ${found.change}`)
}

function notesAfter(edit: (document: Editable) => void, document = ours): readonly string[] {
  const comparison = compareAfter(edit, document)
  expect(comparison.totals.breaking).toBe(0)
  return findingsOf(comparison).map((found) => `${found.operation}: ${found.where}: ${found.kind} ${found.change}`)
}

/** Edits, by ways to members (`set`), and what is breaking then. No value takes the member away. */
const breaking = rowsOf(`
  { "paths.${runners}/{runnerId}/pause": { post: { operationId: pause, responses: {} } } } | pause: operation: operation added
  { "paths.${cancel}": } | cancelJob: operation: operation removed
  { createJob.responses.451: { description: No. } } | createJob: response 451: status added
  { Job.properties.level: { type: integer }, Job.required: [agent_name, level] } | createJob: request body /level: field added
  { Job.required: [agent_name, project_id, inputs] } | createJob: request body /inputs: required added
  { Job.properties.prompt_masks: } | createJob: request body /prompt_masks: field removed
  { listRunners.parameters: [] } | listRunners: query status: parameter removed
  { listRunners.parameters.5: { name: name, in: query, schema: { type: string } } } | listRunners: query name: parameter added
  { LocalRunnerJob.properties.error.type: integer } | getJob: response 200 /error: type changed
  { LocalRunnerJob.properties.created_at.format: date } | listJobs: response 200 /content[]/created_at: format changed
  { RunnerStatus.enum: [pairing, connected, disconnected, paused] } | listRunners: query status: enum changed
  { BridgeCommandType.enum: [ReadFile] } | nextBridgeCommands: response 200 /commands[]/type: enum changed
  { Size.schema.default: 10 } | listJobs: query size: default changed
  { Session.properties.ttl_seconds.maximum: 300 } | createPairingSession: request body /ttl_seconds: limit changed
  { Session.properties.ttl_seconds.maximum: 3600 } | createPairingSession: request body /ttl_seconds: limit changed
  { heartbeat.requestBody.content: { application/xml: {} } } | heartbeat: request body: media type added
  { heartbeat.responses: { 202: { description: Later. } } } | heartbeat: response 200: status removed
`)

const harmless = rowsOf(`
  { createJob.operationId: createLocalRunnerJob } | createJob: operation: operation id changed
  { LocalRunnerJob.required: } | none
  { createJob.responses.429: } | createJob: response 429: status removed
  { Session.properties.ttl_seconds.maximum: } | createPairingSession: request body /ttl_seconds: limit removed
  { Job.properties.blueprint_name.pattern: '${NON_BLANK_IN_JAVA}' } | none
  { cancelJob.deprecated: true } | cancelJob: operation: deprecated added
  { registerAgents.requestBody.content.application/json.schema: { type: object } } | registerAgents: request body: content changed
  { components.schemas.JsonNode: { type: object }, Job.properties.inputs: { $ref: '#/components/schemas/JsonNode' } } | none
`)

describe('compareSpecs', () => {
  it('finds nothing between a document and itself', () => {
    const comparison = compareSpecs(ours, ours)
    expect(findingsOf(comparison)).toEqual([])
    expect(comparison).toMatchObject({ onlyOurs: [], otherSubjects: [], isExcerpt: false })
    expect(comparison.totals.compared).toBeGreaterThanOrEqual(20)
  })

  it.each(breaking)('calls %s breaking: %s', (edit, expected) => {
    expect(breakingAfter(editBy(edit))).toContain(expected)
  })

  it('calls a moved operation breaking', () => {
    const move = (document: Editable): void => {
      set(`paths.${runners}/jobs/{jobId}/abort`, document['paths']?.[cancel])(document)
      set(`paths.${cancel}`)(document)
    }
    expect(breakingAfter(move)).toContain('cancelJob: operation: operation changed')
  })

  it('reports a difference in a shared schema under each operation that uses it, and nowhere else', () => {
    const found = breakingAfter(set('LocalRunnerJob.properties.error.type', 'integer'))
    expect(found).toEqual([
      'getJob: response 200 /error: type changed',
      'listJobs: response 200 /content[]/error: type changed',
      'nextJob: response 200 /error: type changed',
    ])
  })

  it.each(harmless)('calls %s no break: %s', (edit, expected) => {
    expect(notesAfter(editBy(edit))).toEqual(expected === 'none' ? [] : [expected])
  })

  it('matches paths whatever their parameters are called and however they end', () => {
    const renamed = notesAfter((document) => {
      const path = document.paths?.[`${runners}/jobs/{jobId}/cancel`]
      put(document.paths, `${runners}/jobs/{id}/cancel/`, path)
      put(path?.post, 'parameters', [
        { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
      ])
      delete document.paths?.[`${runners}/jobs/{jobId}/cancel`]
    })
    expect(renamed).toEqual(['cancelJob: header Comet-Workspace: parameter removed'])
  })

  it.each(['query', 'additionalOperations'])('sees what OpenAPI 3.2 says under %s', (member) => {
    const add = (answer: object) => (document: Editable) => {
      const found = { operationId: 'searchJobs', tags: ['Runners'], responses: { 200: answer } }
      put(document, 'openapi', '3.2.0')
      put(document.paths?.[`${runners}/jobs`], member, member === 'query' ? found : { COPY: found })
    }
    const before = upstream(add({ description: 'All.' }))
    const after = upstream(add({ description: 'All.', content: { 'text/csv': {} } }))
    expect(findingsOf(compareSpecs(ours, before))).toMatchObject([{ operation: 'searchJobs', change: 'added' }])
    expect(findingsOf(compareSpecs(before, after))).toMatchObject([{ kind: 'body', severity: 'breaking' }])
  })

  it('counts operations on other subjects and compares supporting ones leniently', () => {
    const comparison = compareAfter((document) => {
      put(document.paths, '/v1/private/guardrails', {
        get: { tags: ['Guardrails'], operationId: 'createGuardrails', responses: {} },
      })
      const projects = document.paths?.['/v1/private/projects']
      put(projects, 'delete', { tags: ['Projects'], operationId: 'deleteProjects', responses: {} })
      put(projects?.post?.responses, '418', { description: 'A teapot.' })
    }, whole)
    expect(comparison.otherSubjects).toEqual([
      { tag: 'Projects', operations: 1 },
      { tag: 'Guardrails', operations: 1 },
    ])
    expect(findingsOf(comparison)).toMatchObject([{ operation: 'createProject', kind: 'status', severity: 'note' }])
  })

  it('takes supporting operations that theirs lacks for no news', () => {
    const comparison = compareAfter((document) => delete document.paths?.['/v1/private/projects'], whole)
    expect(findingsOf(comparison)).toEqual([])
    expect(comparison.onlyOurs).toContain('createProject')
  })

  it('takes a document with few of our operations for an excerpt', () => {
    const comparison = compareAfter((document) => {
      const path = `${runners}/jobs`
      put(document, 'paths', { [path]: document.paths?.[path] })
    })
    expect(comparison).toMatchObject({ isExcerpt: true, totals: { compared: 1, breaking: 0, notes: 0 } })
    expect(comparison.onlyOurs).toContain('nextJob')
  })

  it('keeps a range or a default response for the statuses it covers', () => {
    const found = notesAfter((document) => {
      const responses = operation(document, `${runners}/jobs`, 'post')?.responses
      const error = {
        description: 'Refused.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorMessage' } } },
      }
      put(responses, '4XX', error)
      put(responses, 'default', error)
      for (const status of Object.keys(responses ?? {}).filter((each) => /^4\d\d$/.test(each)))
        delete responses?.[status]
    })
    expect(found).toEqual([])
  })

  it('reads a document of 3.0 as it means itself', () => {
    const theirs = upstream((document) => {
      put(document, 'openapi', '3.0.3')
      const answer = operation(document, `${runners}/{runnerId}/jobs/next`, 'post')?.responses?.['200']?.content
      put(answer?.['application/json'], 'schema', {
        nullable: true,
        allOf: [{ $ref: '#/components/schemas/LocalRunnerJob' }],
      })
    })
    expect(compareSpecs(ours, theirs).totals).toMatchObject({ breaking: 0, notes: 0 })
  })
})

describe('a document of the whole API', () => {
  /** Ours with an operation that another part of the API has, and a break in each of two parts. */
  const theirs = upstream((document) => {
    put(document.paths, '/v1/private/charts', { get: { tags: ['Charts'], operationId: 'findCharts', responses: {} } })
    put(schema(document, 'LocalRunner')?.properties, 'name', { type: 'integer' })
    put(schema(document, 'Project')?.properties, 'name', { type: 'integer' })
  }, whole)
  const brokenIn = (only: string[]): string[] =>
    compareSpecs(whole, theirs, { only })
      .operations.filter(({ findings }) => findings.some(({ severity }) => severity === 'breaking'))
      .map((found) => found.operation)

  it('is compared by tag, in any case, and by path', () => {
    const of = [['runners'], ['/local-runners'], ['/v1/private/local-runners/']].map(brokenIn)
    for (const operations of of) expect(operations).toEqual(['listRunners', 'getRunner'])
    expect(brokenIn(['Projects'])).toContain('getProjectById')
    expect(brokenIn(['runners', 'projects'])).toEqual(expect.arrayContaining(['getRunner', 'getProjectById']))
  })

  it('says nothing of what was not chosen', () => {
    const chosen = compareSpecs(whole, theirs, { only: ['pairing'] })
    expect(chosen).toMatchObject({ otherSubjects: [], onlyOurs: [], totals: { breaking: 0, compared: 2 } })
  })

  it('is known by our tags where it has others', () => {
    const retagged = upstream((document) => {
      for (const methods of Object.values(document.paths ?? {}))
        for (const each of Object.values(methods)) if (typeof each === 'object') put(each, 'tags', ['Everything'])
    }, whole)
    expect(compareSpecs(whole, retagged, { only: ['pairing'] }).totals.compared).toBe(2)
  })
})

describe('what no client notices', () => {
  it('is the name of a wrapper', () => {
    const renamed = JSON.stringify(ours.root)
      .replaceAll('"LocalRunnerPage"', '"LocalRunnerPage_Public"')
      .replaceAll('/LocalRunnerPage"', '/LocalRunnerPage_Public"')
    const { totals } = compareSpecs(ours, toSpecDocument(JSON.parse(renamed), 'renamed.json'))
    expect(totals).toMatchObject({ breaking: 0, notes: 0 })
  })

  it('is the case of a name, which generated documents get wrong', () => {
    const notes = notesAfter((document) => {
      const properties = schema(document, 'Project')!.properties!
      put(properties, 'createdAt', properties['created_at'])
      delete properties['created_at']
    }, whole)
    expect(notes).toContain('getProjectById: response 200 /created_at: field name changed')
  })

  it('is a number that the other document calls an integer', () => {
    const notes = notesAfter((document) =>
      put(schema(document, 'LocalRunnerPage')?.properties, 'total', { type: 'number' }),
    )
    expect(notes).toEqual(['listRunners: response 200 /total: type changed'])
  })
})
