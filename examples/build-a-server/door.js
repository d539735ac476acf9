// The door of the server: HTTP in and out, JSON that keeps its numbers, and the forms of requests as the OpenAPI document has
// them.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** An answer in place of the operation's own. */
export class Refused extends Error {
  constructor(status, message, headers = {}) {
    super(message)
    Object.assign(this, { status, headers })
  }
}

// A number of JSON is kept as its text behind a mark that no caller knows, for JSON.parse would lose digits and spelling.
const MARK = randomUUID()
const TOKENS = /"[^"\\]*(?:\\[^][^"\\]*)*"|(?:NaN|-?Infinity|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?!\s*:)/g

function readJson(text) {
  const marked = text.replace(TOKENS, (token) =>
    token.startsWith('"') ? token : /\d/.test(token) ? `"${MARK}${token}"` : `"${token}"`,
  )
  try {
    return JSON.parse(marked)
  } catch {
    throw new Refused(400, 'The body is no JSON.')
  }
}

export function writeJson(value) {
  return JSON.stringify(value).replace(new RegExp(`"${MARK}([^"]*)"`, 'g'), '$1')
}

function typeOf(value) {
  if (Array.isArray(value)) return 'array'
  if (typeof value !== 'string' || !value.startsWith(MARK)) return value === null ? 'null' : typeof value
  return /[.eE]/.test(value.slice(MARK.length)) ? 'number' : 'integer'
}

/** Reads a value by its schema. A wrong type is 400; a field that is missing, blank or out of range is 422. */
class Form {
  wrong = []

  constructor(resolve) {
    this.resolve = resolve
  }

  /** The value without what the schema does not know; what is wrong with it is kept in `wrong`. */
  read(reference, value, at = 'the body') {
    const schema = this.resolve(reference)
    if (schema.type !== undefined && schema.type !== typeOf(value))
      this.refuse(400, `${at} must be of type ${schema.type}`)
    else if (schema.type === 'object') return this.readObject(schema, value, at)
    else if (schema.type === 'array') return value.map((item, i) => this.readItem(schema.items, item, `${at}[${i}]`))
    else if (schema.type === 'string') return this.readString(schema, value, at)
    else if (schema.type === 'integer') return this.readInteger(schema, Number(value.slice(MARK.length)), at)
    return value
  }

  readObject({ properties = {}, required = [], additionalProperties: more, propertyNames }, value, at) {
    if (more === true) return value
    if (more) {
      const key = (name) => this.read({ type: 'string', ...propertyNames }, name, `a key of ${at}`)
      const entries = Object.entries(value)
      return Object.fromEntries(entries.map(([name, field]) => [key(name), this.read(more, field, `${at}.${name}`)]))
    }
    const read = {}
    for (const name of Object.keys(properties)) {
      const field = this.resolve(properties[name])
      // A typed field that is null counts as absent; JSON of the caller's own may be null.
      const isThere = Object.hasOwn(value, name) && (value[name] !== null || field.type === undefined)
      if (isThere) read[name] = this.read(field, value[name], `${at}.${name}`)
      else if (required.includes(name)) this.refuse(422, `${at}.${name} is missing`)
      else if (field.default !== undefined) read[name] = field.default
    }
    return read
  }

  readItem(schema, item, at) {
    return item === null ? this.refuse(422, `${at} must not be null`) : this.read(schema, item, at)
  }

  readString({ enum: known, format, minLength = 0, maxLength = Infinity, pattern }, value, at) {
    if (known?.includes(value) === false) this.refuse(400, `${at} must be one of ${known.join(', ')}`)
    else if (format === 'uuid' && !UUID_TEXT.test(value)) this.refuse(400, `${at} is no UUID`)
    else if (value.length < minLength || value.length > maxLength) this.refuse(422, `${at} is too short or too long`)
    else if (pattern === '\\S' && value.trim() === '') this.refuse(422, `${at} is blank`)
    return format === 'uuid' ? value.toLowerCase() : value
  }

  readInteger({ minimum = -Infinity, maximum = Infinity }, value, at) {
    if (Math.abs(value) > 2 ** 31 - 1) this.refuse(400, `${at} is past 32 bits`)
    else if (value < minimum || value > maximum) this.refuse(422, `${at} is out of range`)
    return value
  }

  refuse(status, message) {
    this.wrong.push(new Refused(status, message))
  }
}

/** A server that finds the operation of a request and holds the request against its form. */
export function openDoor(spec, operations) {
  const resolve = (schema) => (schema.$ref ? resolve(followed(spec, schema.$ref)) : schema)
  const routes = Object.entries(spec.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        template: segmentsOf(path),
        method: method.toUpperCase(),
        operation,
      })),
    )
    .filter(({ operation }) => Object.hasOwn(operations, operation.operationId ?? ''))
    // Literal segments come before parameters.
    .sort((one, other) => wildness(one.template) - wildness(other.template))

  async function answer(incoming, ended) {
    const { method, headers } = incoming
    const body = await buffer(incoming)
    const [path, search = ''] = incoming.url.split(/\?(.*)/s)
    const { template, operation, segments } = route(method, path)
    if (operation === undefined) return { status: 200, headers: { Allow: allowed(template) } }
    expectMedia(operation, headers, body)
    const named = template.flatMap((part, i) => (isName(part) ? [[part.slice(1, -1), segments[i].toLowerCase()]] : []))
    if (!named.every(([, value]) => UUID_TEXT.test(value))) throw new Refused(404, 'There is nothing of this id.')
    const { authorization = '', 'comet-workspace': workspace = 'default', host } = headers
    return operations[operation.operationId]({
      path: Object.fromEntries(named),
      query: readQuery(operation, new URLSearchParams(search)),
      body: readBody(operation, headers, body),
      ...{ workspace, owner: JSON.stringify([workspace, authorization]), host, ended },
    })
  }

  function route(method, path) {
    const segments = segmentsOf(path.replace(/^\/api(?=\/)/, '')).map(decodeSegment)
    if (segments.some((segment) => segment === '' || segment.includes('/')))
      throw new Refused(400, 'A segment of the path is empty, or holds a slash.')
    const fits = routes.filter(({ template }) => fitsTemplate(template, segments))
    if (fits.length === 0) throw new Refused(404, 'There is no such page.', { 'Content-Type': 'text/plain' })
    const found = fits.find((each) => each.method === (method === 'HEAD' ? 'GET' : method))
    if (found !== undefined) return { ...found, segments }
    const { template } = fits[0]
    if (method === 'OPTIONS') return { template }
    throw new Refused(405, 'The path has no such method.', method === 'TRACE' ? {} : { Allow: allowed(template) })
  }

  function allowed(template) {
    const methods = routes.filter((each) => String(each.template) === String(template)).map((each) => each.method)
    return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  }

  function readQuery({ parameters = [] }, given) {
    const known = parameters.map(resolve).filter((parameter) => parameter.in === 'query')
    return Object.fromEntries(known.map((each) => [each.name, readParameter(each, given.get(each.name))]))
  }

  function readParameter({ name, schema: reference, required }, text) {
    const schema = resolve(reference)
    if (!text && required) throw new Refused(400, `${name} is missing.`)
    if (!text) return schema.default
    if (schema.type === 'integer') {
      const number = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : NaN
      if (!(Math.abs(number) < 2 ** 31)) throw new Refused(404, `${name} is no number of 32 bits.`)
      if (number < schema.minimum) throw new Refused(400, `${name} is too small.`)
      return number
    }
    if (schema.format === 'uuid' && !UUID_TEXT.test(text)) throw new Refused(404, `${name} is no UUID.`)
    if (schema.enum?.includes(text) === false) throw new Refused(400, `${name} is unknown.`)
    return schema.format === 'uuid' ? text.toLowerCase() : text
  }

  function readBody({ operationId, requestBody }, headers, bytes) {
    if (requestBody === undefined) return undefined
    const text = decodeText(decompress(headers['content-encoding'], bytes))
    const value = text.trim() === '' ? undefined : readJson(text)
    if (value === undefined || value === null) {
      if (!requestBody.required) return undefined
      throw new Refused(value === null && operationId === 'patchChecklist' ? 400 : 422, 'There is no body.')
    }
    const form = new Form(resolve)
    const read = form.read(requestBody.content['application/json'].schema, value)
    if (form.wrong.length > 0) throw form.wrong.toSorted((one, other) => one.status - other.status)[0]
    return read
  }

  return createServer({ keepAliveTimeout: 60_000 }, async (incoming, response) => {
    const ended = new AbortController()
    response.once('close', () => ended.abort())
    const { status, headers = {}, body } = await answer(incoming, ended).catch(refusal)
    const isPlain = headers['Content-Type'] === 'text/plain'
    const text = body === undefined ? '' : isPlain ? body.message : writeJson(body)
    if (body !== undefined && !isPlain) headers['Content-Type'] = 'application/json'
    if (status !== 204) headers['Content-Length'] = Buffer.byteLength(text)
    response.writeHead(status, headers).end(text)
  })
}

function refusal(error) {
  // Callers who hang up while they send hear nothing of it; whatever else is no refusal is a mistake of this server.
  if (!(error instanceof Refused)) console.error(error)
  const { status = 500, message, headers } = error
  return { status, headers, body: { code: status, message } }
}

const followed = (spec, reference) =>
  reference
    .split('/')
    .slice(1)
    .reduce((part, name) => part[name], spec)
const segmentsOf = (path) => path.replace(/^\/+|\/+$/g, '').split('/')
const isName = (part) => part.startsWith('{')
const wildness = (template) => Number.parseInt(template.map((part) => Number(isName(part))).join(''), 2)

function fitsTemplate(template, segments) {
  return template.length === segments.length && template.every((part, i) => isName(part) || part === segments[i])
}

function decodeSegment(segment) {
  try {
    return decodeURIComponent(segment.split(';')[0])
  } catch {
    throw new Refused(400, 'The path holds a broken percent-encoding.')
  }
}

function expectMedia({ requestBody }, { 'content-type': type, accept = '*/*' }, body) {
  if (type !== undefined && type.split(';')[0].trim().toLowerCase() !== 'application/json')
    throw new Refused(415, 'Bodies are application/json.')
  if (type === undefined && body.length > 0 && requestBody !== undefined)
    throw new Refused(415, 'The body has no Content-Type.')
  const takes = accept.toLowerCase().replaceAll(' ', '').split(',')
  const json = takes.filter((range) => ['', '*/*', 'application/*', 'application/json'].includes(range.split(';')[0]))
  if (json.every((range) => /;q=0(\.0*)?$/.test(range))) throw new Refused(406, 'Answers are application/json.')
}

function decompress(encoding = 'identity', bytes) {
  if (['', 'identity'].includes(encoding.toLowerCase())) return bytes
  if (encoding.toLowerCase() !== 'gzip') throw new Refused(415, 'Bodies may be compressed by gzip alone.')
  try {
    return gunzipSync(bytes)
  } catch {
    throw new Refused(400, 'The body is no gzip.')
  }
}

function decodeText(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refused(400, 'The body is no UTF-8.')
  }
}
