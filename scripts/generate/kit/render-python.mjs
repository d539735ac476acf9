// @ts-check
// Renders the Python client of the admin API: a TypedDict for each object, and a class with a method for each operation
// that kit.yaml documents. How it sends requests is in python/src/opik_runner_kit/transport.py.
import { isObject, listOf, objectOf } from '../load-spec.mjs'

/** @typedef {import('./read-kit.mjs').Kit} Kit */
/** @typedef {import('../load-spec.mjs').JsonObject} JsonObject */

export const PYTHON_FILE = 'python/src/opik_runner_kit/admin_api.py'

const OWN = '#/components/schemas/'
const PLAIN = new Map([
  ['string', 'str'],
  ['integer', 'int'],
  ['number', 'float'],
  ['boolean', 'bool'],
  ['null', 'None'],
  ['object', 'dict[str, Any]'],
  ['array', 'list[Any]'],
])
/** Words that cannot be members of a class. */
const RESERVED = new Set(['as', 'class', 'def', 'from', 'global', 'import', 'in', 'is', 'not', 'or', 'pass', 'with'])

/**
 * @param {Kit} kit
 * @returns {string} Everything below the header.
 */
export function renderPython(kit) {
  const types = new PythonTypes(kit)
  const methods = Object.entries(kit.paths).flatMap(([path, operations]) =>
    Object.entries(objectOf(operations)).flatMap(([method, operation]) =>
      renderMethod(method.toUpperCase(), path, objectOf(operation), types),
    ),
  )
  return `"""The admin API of a served mock, typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from opik_runner_kit.transport import Transport

if TYPE_CHECKING:
    from typing_extensions import NotRequired

${types.render()}

class AdminApi(Transport):
    """One method for each operation. Raises AdminError for an answer that is no success."""

${methods.join('\n')}`
}

/** The types that operations need, written once each. */
class PythonTypes {
  /** @type {Map<string, string>} */
  written = new Map()

  /** @param {Kit} kit */
  constructor({ schemas }) {
    this.schemas = schemas
  }

  render() {
    return [...this.written.values()].join('\n')
  }

  /**
   * @param {unknown} value
   * @param {string} name of the class for an object that has none
   * @returns {string}
   */
  typeOf(value, name) {
    const schema = objectOf(value)
    if (typeof schema.$ref === 'string') return this.named(schema.$ref.slice(OWN.length))
    if (schema['x-operations'] === true && name !== 'OperationId') return this.named('OperationId')
    if (Array.isArray(schema.enum)) return literalOf(schema.enum)
    if (schema.const !== undefined) return literalOf([schema.const])
    const choices = schema.anyOf ?? schema.oneOf
    if (Array.isArray(choices)) {
      return unionOf(choices.map((choice, at) => this.typeOf(choice, `${name}${at + 1}`)))
    }
    if (Array.isArray(schema.type)) return unionOf(schema.type.map((type) => this.typeOf({ ...schema, type }, name)))
    if (schema.type === 'array' && isObject(schema.items)) return `list[${this.typeOf(schema.items, `${name}Item`)}]`
    if (isObject(schema.properties)) return this.object(name, schema)
    if (isObject(schema.additionalProperties) && Object.keys(schema.additionalProperties).length > 0) {
      return `dict[str, ${this.typeOf(schema.additionalProperties, `${name}Value`)}]`
    }
    return PLAIN.get(String(schema.type)) ?? 'Any'
  }

  /**
   * @param {string} name
   * @returns {string}
   */
  named(name) {
    if (this.written.has(name)) return name
    const schema = objectOf(this.schemas[name])
    // Only what made a snapshot reads it.
    if (schema['x-outline'] !== undefined) return 'dict[str, Any]'
    if (isObject(schema.properties)) return this.object(name, schema)
    // A type may contain itself.
    this.written.set(name, '')
    const type = this.typeOf(schema, name)
    if (!/\[|\|/.test(type)) {
      this.written.delete(name)
      return type
    }
    this.written.set(name, `${name}: TypeAlias = '${type}'\n`)
    return name
  }

  /**
   * @param {string} name
   * @param {JsonObject} schema
   */
  object(name, { properties, required, description }) {
    if (this.written.has(name)) return name
    this.written.set(name, '')
    const needed = new Set(listOf(required))
    const members = Object.entries(objectOf(properties)).flatMap(([member, value]) => {
      // A function can be given in TypeScript alone.
      if (objectOf(value)['x-function'] !== undefined) return []
      const type = this.typeOf(value, name + pascal(member))
      return [{ member, type: needed.has(member) ? type : `NotRequired[${type}]`, said: objectOf(value).description }]
    })
    const isClass = members.every(({ member }) => /^[a-z_]\w*$/i.test(member) && !RESERVED.has(member))
    this.written.set(name, isClass ? classText(name, description, members) : callText(name, members))
    return name
  }
}

/**
 * @param {string} name
 * @param {unknown} description
 * @param {readonly { member: string, type: string, said: unknown }[]} members
 */
function classText(name, description, members) {
  const lines = members.map(({ member, type, said }) => `    ${member}: ${type}\n${docText(said)}`)
  return `class ${name}(TypedDict):\n${description === undefined ? '' : `${docText(description)}\n`}${lines.join('') || '    pass\n'}`
}

/**
 * @param {string} name
 * @param {readonly { member: string, type: string }[]} members
 */
function callText(name, members) {
  const lines = members.map(({ member, type }) => `    ${JSON.stringify(member)}: ${JSON.stringify(type)},\n`)
  return `${name} = TypedDict("${name}", {\n${lines.join('')}})\n`
}

/**
 * @param {string} method
 * @param {string} path
 * @param {JsonObject} operation
 * @param {PythonTypes} types
 * @returns {string[]} None for what only the console uses, and for what answers no JSON.
 */
function renderMethod(method, path, operation, types) {
  const { operationId, summary, parameters, requestBody, responses } = operation
  const [, success] = Object.entries(objectOf(responses)).find(([status]) => status.startsWith('2')) ?? []
  const content = objectOf(objectOf(success).content)
  const answer = objectOf(content['application/json']).schema
  if (operation['x-internal'] === true || (answer === undefined && Object.keys(content).length > 0)) return []
  const id = String(operationId)
  const all = (Array.isArray(parameters) ? parameters : []).map(objectOf)
  // Another format is no JSON.
  const query = all.filter((each) => each.in === 'query' && each.name !== 'format')
  const body = objectOf(requestBody)
  const bodyType = objectOf(objectOf(body.content)['application/json']).schema
  const taken = [
    'self',
    ...(path.includes('{id}') ? ['id: str'] : []),
    ...(bodyType === undefined ? [] : [parameter('body', types.typeOf(bodyType, `${pascal(id)}Body`), body.required)]),
    ...(query.length === 0 ? [] : ['*']),
    ...query.map(({ name, schema }) => parameter(String(name), types.typeOf(schema, pascal(id + String(name))), false)),
  ]
  const given = [
    `"${method}"`,
    path.includes('{id}') ? `f"${path.replace('{id}', '{self.segment(id)}')}"` : `"${path}"`,
    ...(bodyType === undefined ? [] : ['body']),
    ...(query.length === 0 ? [] : [`query={${query.map(({ name }) => `"${name}": ${name}`).join(', ')}}`]),
  ]
  const returns = answer === undefined ? 'None' : types.typeOf(answer, `${pascal(id)}Answer`)
  const call = `self.send(${given.join(', ')})`
  const lines = answer === undefined ? [call] : [`answer: ${returns} = ${call}`, 'return answer']
  const text = [`"""${String(summary)}."""`, ...lines].map((line) => `        ${line}\n`).join('')
  return [`    def ${snake(id)}(${taken.join(', ')}) -> ${returns}:\n${text}`]
}

/**
 * @param {string} name
 * @param {string} type
 * @param {unknown} isNeeded
 */
function parameter(name, type, isNeeded) {
  return isNeeded === true ? `${name}: ${type}` : `${name}: ${type} | None = None`
}

/** @param {readonly unknown[]} values */
function literalOf(values) {
  return `Literal[${values.map((value) => (value === null ? 'None' : value === true ? 'True' : JSON.stringify(value))).join(', ')}]`
}

/** @param {readonly string[]} types */
function unionOf(types) {
  return [...new Set(types)].join(' | ')
}

/** @param {unknown} said */
function docText(said) {
  return typeof said === 'string' ? `    """${said.trim().replaceAll('\\', '\\\\')}"""\n` : ''
}

/** @param {string} name */
function pascal(name) {
  return name.replaceAll(/(?:^|[^A-Za-z\d])+([a-z\d])/gi, (_, letter) => letter.toUpperCase()).replaceAll(/\W/g, '')
}

/** @param {string} name */
function snake(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
