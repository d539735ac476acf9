// How long one large body holds up everybody else: for every operation that takes a body, a good and a broken one of
// 1 MB, made by growing the spec's own example. Reading the JSON is not counted, which any server must do.
import { readFileSync } from 'node:fs'
import { createRunnerMock } from '../../dist/index.js'
import { at } from '../peers.mjs'
import { median } from '../statistics.mjs'

const BYTES = 1024 * 1024
const TURNS = 3
const METHODS = ['post', 'put', 'patch']
const JSON_HEADERS = { 'content-type': 'application/json' }

const spec = JSON.parse(readFileSync(at('../dist/openapi.json'), 'utf8'))
const rows = []
for (const [path, item] of Object.entries(spec.paths)) {
  for (const method of METHODS.filter((name) => item[name]?.requestBody !== undefined)) {
    rows.push(await measure(path, method, item[method]))
  }
}
console.log(JSON.stringify({ bodies: rows }))

async function measure(path, method, { operationId, requestBody }) {
  const { schema, examples } = follow(requestBody.content['application/json'])
  const example = follow(Object.values(examples)[0]).value
  const row = { operation: operationId }
  for (const [kind, grow] of Object.entries({ good: growGood, broken: growBroken })) {
    const turns = []
    for (let turn = 0; turn < TURNS; turn++)
      turns.push(await holdUp(path, method, (count) => grow(schema, example, count)))
    row[`${kind}Ms`] = median(turns.map(({ ms }) => ms))
    row[`${kind}Status`] = turns[0].status
  }
  return row
}

/** Milliseconds beyond reading the JSON, in a world of its own, in which the resources exist. */
async function holdUp(path, method, grow) {
  const mock = createRunnerMock()
  const places = await settle(mock)
  const text = fill(grow, places.fields)
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name) => places.ids[name] ?? places.ids.none)
  const body = new TextEncoder().encode(text)
  const parsing = timeOf(() => JSON.parse(text))
  const handling = timeOf(() => mock.handle({ method: method.toUpperCase(), url, headers: JSON_HEADERS, body }))
  // Whoever waits for work is sent away.
  await mock.close()
  const { status } = await handling.result
  return { ms: Math.max(0, handling.ms - parsing.ms), status }
}

/** In time of the processor, which others on the machine do not stretch. */
function timeOf(run) {
  const before = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(before)
  return { result, ms: (user + system) / 1000 }
}

async function settle(mock) {
  const runner = await mock.given.connectedRunner({ agents: { echo: {} }, type: 'endpoint' })
  const job = await mock.given.job({ runner, status: 'running' })
  const daemon = await mock.given.connectedRunner({ type: 'connect' })
  const command = await mock.given.command({ runner: daemon, status: 'picked_up' })
  const ids = {
    runnerId: command.runner_id,
    jobId: job.id,
    commandId: command.command_id ?? command.id,
    none: '01900000-0000-7000-8000-000000000000',
  }
  return { ids, fields: { project_id: runner.projectId, agent_name: 'echo' } }
}

/** The largest JSON text of at most so many bytes, with the world's own names where the body has such fields. */
function fill(grow, fields) {
  const textOf = (count) => {
    const body = grow(count)
    for (const [name, value] of Object.entries(fields)) if (typeof body[name] === 'string') body[name] = value
    return JSON.stringify(body)
  }
  const [least, more] = [textOf(1).length, textOf(101).length]
  return textOf(Math.max(1, Math.floor(((BYTES - least) * 100) / Math.max(1, more - least))))
}

/** The example with so many entries in its first list or map, or so long a text, or so many members in its free JSON. */
function growGood(schema, example, count) {
  const { type, properties = {}, items, additionalProperties } = follow(schema)
  if (type === 'array') return Array.from({ length: count }, () => example[0] ?? exampleOf(items))
  if (isMap(additionalProperties)) return mapOf(count, Object.values(example)[0] ?? {})
  const name = placeToGrow(properties)
  if (name === undefined) return { ...example, more: 'x'.repeat(count) }
  return { ...example, [name]: growMember(properties[name], example[name], count) }
}

function growMember(schema, example, count) {
  const { type, items } = follow(schema)
  if (type === 'array') return Array.from({ length: count }, () => example?.[0] ?? exampleOf(items))
  return type === 'string' ? 'x'.repeat(count) : mapOf(count, null)
}

/** As many flaws as fit: each entry of the list or map is of the wrong type; or one text that is blank. */
function growBroken(schema, example, count) {
  const { type, properties = {}, additionalProperties } = follow(schema)
  if (type === 'array') return Array.from({ length: count }, () => 7)
  if (isMap(additionalProperties)) return mapOf(count, 7)
  const name = placeToGrow(properties)
  if (name === undefined) return { more: ' '.repeat(count) }
  const isList = follow(properties[name]).type === 'array'
  return { [name]: isList ? Array.from({ length: count }, () => 7) : ' '.repeat(count) }
}

function placeToGrow(properties) {
  const typed = Object.entries(properties).map(([name, schema]) => [name, follow(schema)])
  const first = (fits) => typed.find(([, schema]) => fits(schema))?.[0]
  const isText = ({ type, format, enum: values, maxLength }) => type === 'string' && !format && !values && !maxLength
  return first(({ type }) => type === 'array') ?? first(({ type }) => type === undefined) ?? first(isText)
}

function isMap(schema) {
  return typeof schema === 'object' && follow(schema).type === 'object'
}

function mapOf(count, value) {
  return Object.fromEntries(Array.from({ length: count }, (_, place) => [`key ${place}`, value]))
}

function exampleOf(schema) {
  return follow(schema).type === 'string' ? 'jobs' : {}
}

function follow(node) {
  if (typeof node?.$ref !== 'string') return node
  return follow(
    node.$ref
      .slice(2)
      .split('/')
      .reduce((place, key) => place[key.replaceAll('~1', '/').replaceAll('~0', '~')], spec),
  )
}
