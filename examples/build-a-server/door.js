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
  // A reviver overflows on what nests too deep to be written again.
  return attempt(() => JSON.parse(marked, (_, value) => value), 'The body is no JSON, or nests too deep.')
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
    if (schema.type === undefined) return value
    if (schema.type !== typeOf(value)) return this.refuse(400, `${at} must be of type ${schema.type}`)
    if (schema.type === 'object') return this.readObject(schema, value, at)
    if (schema.type === 'array') return value.map((item, i) => this.readItem(schema.items, item, `${at}[${i}]`))
    if (schema.type === 'string') return this.readString(schema, value, at)
    return this.readInteger(schema, Number(value.slice(MARK.length)), at)
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
  function resolve(schema) {
    const [, , kind, name] = schema.$ref?.split('/') ?? []
    return name === undefined ? schema : resolve(spec.components[kind][name])
  }

  const routes = Object.entries(spec.paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .filter(({ operation }) => Object.hasOwn(operations, operation.operationId ?? ''))
    .map((each) => ({ ...each, template: segmentsOf(each.path), method: each.method.toUpperCase() }))
    // Literal segments come before parameters: a brace sorts after all letters.
    .sort((one, other) => (one.path < other.path ? -1 : 1))

  async function answer(incoming, ended) {
    const { method, headers } = incoming
    const body = await buffer(incoming)
    const [target, search = ''] = incoming.url.split(/\?(.*)/s)
    const { path, template, operation, segments } = route(method, target)
    if (operation === undefined) return { status: 200, headers: { Allow: allowed(path) } }
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

  function route(method, target) {
    const segments = segmentsOf(target.replace(/^\/api(?=\/)/, '')).map((segment) =>
      attempt(() => decodeURIComponent(segment.split(';')[0]), 'The path holds a broken percent-encoding.'),
    )
    if (segments.some((segment) => segment === '' || segment.includes('/')))
      throw new Refused(400, 'A segment of the path is empty, or holds a slash.')
    const fits = routes.filter(({ template }) => fitsTemplate(template, segments))
    if (fits.length === 0) throw new Refused(404, '')
    const found = fits.find((each) => each.method === (method === 'HEAD' ? 'GET' : method))
    if (found !== undefined) return { ...found, segments }
    const { path } = fits[0]
    if (method === 'OPTIONS') return { path }
    throw new Refused(405, 'The path has no such method.', method === 'TRACE' ? {} : { Allow: allowed(path) })
  }

  function allowed(path) {
    const methods = routes.filter((each) => each.path === path).map((each) => each.method)
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
    const plain = decompress(headers['content-encoding'], bytes)
    const text = attempt(() => new TextDecoder('utf-8', { fatal: true }).decode(plain), 'The body is no UTF-8.')
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
    const written = (reply) => ({ headers: {}, ...reply, text: reply.body === undefined ? '' : writeJson(reply.body) })
    const asked = answer(incoming, ended).then(written)
    const { status, headers, text } = await asked.catch((error) => written(refusal(error)))
    if (text !== '') headers['Content-Type'] = 'application/json'
    if (status !== 204) headers['Content-Length'] = Buffer.byteLength(text)
    response.writeHead(status, headers).end(text)
  })
}

function refusal(error) {
  // A caller who hangs up while it sends is no mistake; whatever else is no refusal is one of this server's own.
  if (!(error instanceof Refused) && error.code !== 'ECONNRESET') console.error(error)
  const { status = 500, message, headers = {} } = error
  // A path that is unknown has no body, so that nobody takes it for an answer of an operation.
  return { status, headers, body: message === '' ? undefined : { code: status, message } }
}

const segmentsOf = (path) => path.replace(/^\/+|\/+$/g, '').split('/')
const isName = (part) => part.startsWith('{')

function fitsTemplate(template, segments) {
  return template.length === segments.length && template.every((part, i) => isName(part) || part === segments[i])
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
  if (encoding.toLowerCase() === 'gzip') return attempt(() => gunzipSync(bytes), 'The body is no gzip.')
  if (['', 'identity'].includes(encoding.toLowerCase())) return bytes
  throw new Refused(415, 'Bodies may be compressed by gzip alone.')
}

function attempt(read, message) {
  try {
    return read()
  } catch {
    throw new Refused(400, message)
  }
}
