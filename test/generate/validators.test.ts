// The validators as generated from the project's own spec: what they judge, how they report it, and that they run
// where code may not be made from strings.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import addFormats from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { componentValidators } from '../../src/generated/component-validators.js'
import { operations, responses } from '../../src/kernel/all-operations.js'
import { neighbourRequestBodies } from '../../src/generated/neighbour-request-validators.js'
import { requestBodies } from '../../src/generated/request-validators.js'
import { responseBodies } from '../../src/generated/response-validators.js'

const folder = join(import.meta.dirname, '..', '..', 'src', 'generated')
const modules = ['request-validators.js', 'response-validators.js', 'component-validators.js']
const reference = addFormats.default(new Ajv2020()).compile({ type: 'string', format: 'date-time' })
const id = '0190babc-62a0-71d2-832a-0feffa4676eb'

describe('request validators', () => {
  it('exist for every operation with a body, and for no other', () => {
    const withBody = Object.values(operations).filter(({ requestBody }) => requestBody !== null)
    expect(Object.keys({ ...requestBodies, ...neighbourRequestBodies }).toSorted()).toEqual(
      withBody.map((operation) => operation.id).toSorted(),
    )
  })

  it('report every violation with its pointer and its keyword', () => {
    expect(requestBodies.createPairingSession({ project_id: 7, ttl_seconds: 10 })).toBe(false)
    const found = requestBodies.createPairingSession.errors?.map(({ instancePath, keyword }) => [instancePath, keyword])
    expect(found).toEqual(
      expect.arrayContaining([
        ['', 'required'],
        ['/project_id', 'type'],
        ['/ttl_seconds', 'minimum'],
      ]),
    )
  })

  it('describe ten violations and stop after a thousand, in lists and in maps', () => {
    let reads = 0
    const entry = {
      get name() {
        reads++
        return 7
      },
    }
    const readsOf = (body: unknown) => {
      reads = 0
      expect(requestBodies.registerAgents(body)).toBe(false)
      const described = requestBodies.registerAgents.errors?.filter(({ isFurther }) => isFurther !== true)
      expect(described).toHaveLength(10)
      return reads
    }
    const params = (length: number) => ({ a: { params: Array.from({ length }, () => entry) } })
    const agents = (length: number) => Object.fromEntries(Array.from({ length }, (_, place) => [`a${place}`, entry]))
    expect(readsOf(params(1500))).toBe(readsOf(params(5000)))
    expect(readsOf(agents(1500))).toBe(readsOf(agents(5000)))
  })

  it('copy no list of violations, which would be done for every entry', () => {
    for (const file of modules) expect(readFileSync(join(folder, file), 'utf8')).not.toContain('concat(')
  })

  it('take away a null where none may be, in one pass, and keep it where any JSON may be', () => {
    const job = { agent_name: 'a', project_id: id, mask_id: null, inputs: { a: null }, metadata: { dataset_id: null } }
    expect(requestBodies.createJob(job)).toBe(true)
    expect(job).toEqual({ agent_name: 'a', project_id: id, inputs: { a: null }, metadata: {} })
    expect(requestBodies.createJob({ ...job, agent_name: null })).toBe(false)
    expect(requestBodies.createJob.errors?.map(({ keyword }) => keyword)).toEqual(['required'])
  })

  it('ignore unknown fields', () => {
    expect(requestBodies.heartbeat({ capabilities: ['jobs'], mood: 'good' })).toBe(true)
  })
})

describe('response validators', () => {
  it('exist for every declared status, and are null where there is no body', () => {
    for (const { id: operation } of Object.values(operations)) {
      const validators = Object.entries<unknown>(responseBodies[operation])
      const declared = Object.entries<{ hasBody: boolean }>(responses[operation])
      expect(validators.map(([status, validator]) => [status, validator !== null])).toEqual(
        declared.map(([status, { hasBody }]) => [status, hasBody]),
      )
    }
  })

  it('share the function of a component', () => {
    expect(responseBodies.getJob[404]).toBe(responseBodies.cancelJob[404])
  })
})

describe('formats', () => {
  const errorsOf = (field: string, value: unknown) => {
    componentValidators.LocalRunnerJob({ [field]: value })
    return componentValidators.LocalRunnerJob.errors?.filter(({ instancePath }) => instancePath === `/${field}`) ?? []
  }
  const accepts = (field: string, value: unknown) => errorsOf(field, value).length === 0

  it('take UUIDs in either case, and nothing around them', () => {
    const spellings = [id, id.toUpperCase(), `urn:uuid:${id}`, `${id} `]
    expect(spellings.filter((text) => accepts('id', text))).toEqual([id, id.toUpperCase()])
  })

  it('hold integers to 32 bits, as a broken format', () => {
    expect([2147483647, -2147483648].map((value) => accepts('timeout', value))).toEqual([true, true])
    expect(errorsOf('timeout', 2147483648).map(({ keyword }) => keyword)).toEqual(['format'])
    expect(errorsOf('timeout', 1.5).map(({ keyword }) => keyword)).toContain('type')
  })

  it.each([
    '2026-07-01T10:20:30Z',
    '2026-07-01t10:20:30.123456789z',
    '2026-07-01 10:20:30+02:00',
    '2026-07-01T10:20:30+0200',
    '2026-07-01T10:20:30-23',
    '2026-07-01T10:20:30+01:',
    '2026-07-01T10:20:30',
    '2026-07-01',
    '2026-13-01T10:20:30Z',
    '2026-00-01T10:20:30Z',
    '2026-02-29T10:20:30Z',
    '2024-02-29T10:20:30Z',
    '2100-02-29T10:20:30Z',
    '2026-04-31T10:20:30Z',
    '2026-07-01T24:00:00Z',
    '2026-07-01T23:60:00Z',
    '2026-07-01T23:59:60Z',
    '2026-07-01T22:59:60Z',
    '2026-07-01T23:59:61Z',
    '2026-07-02T01:59:60+02:00',
    '2026-07-01T18:29:60-05:30',
    '2026-07-01T10:20:30.Z',
    '2026-07-01T10:20:30+24:00',
    'now',
  ])('judge the time %s as ajv-formats does', (text) => {
    expect(accepts('created_at', text)).toBe(reference(text))
  })
})

describe.each(modules)('%s', (module) => {
  const text = readFileSync(join(folder, module), 'utf8')

  it('imports nothing and makes no code from strings', () => {
    expect(text).not.toMatch(/\brequire\b|\bimport\b|\beval\b|\bFunction\b|\bajv\b/)
  })

  it('loads and judges where making code from strings is forbidden', () => {
    const program = `
      const [validators] = Object.values(await import(process.argv[1]))
      const flat = (value) => (typeof value === 'function' ? [value] : Object.values(value ?? {}).flatMap(flat))
      process.exit(flat(validators).every((validate) => typeof validate({}) === 'boolean') ? 0 : 1)`
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program]
    const { status, stderr } = spawnSync(process.execPath, [...flags, join(folder, module)], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})
