// @ts-check
// Renders docs/operations.md: every operation with what it takes, what it answers and whose state it touches.
import { objectOf } from './load-spec.mjs'
import { code, table } from './literal.mjs'
import { describeMark } from './versions.mjs'
import { STREAM_MEDIA } from './read-operations.mjs'

/** @typedef {import('./read-operations.mjs').Operation} Operation */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {readonly Operation[]} operations
 * @param {readonly Machine[]} machines
 * @returns {string}
 */
export function renderOperationsDocs(spec, operations, machines) {
  const tags = [...new Set(operations.map(({ tag }) => tag))]
  const sections = tags.map((tag) => {
    const rows = operations.filter((each) => each.tag === tag).map((each) => operationRow(each, machines))
    const columns = ['Operation', 'What it does', 'Request', 'Body', 'Answers', 'State']
    return `## ${tag}\n\n${descriptionOf(spec, tag)}${table(columns, rows)}`
  })
  return `# Operations

All ${operations.length} operations, in the order of the spec. Paths are relative to the base path; query parameters in brackets may be left
out. Bodies are named as in the spec and in the package's types. The last column leads to what the operation does in
each state of its resource.

${sections.join('\n')}`
}

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @param {string} tag
 */
function descriptionOf(spec, tag) {
  const { tags } = spec.document
  const found = Array.isArray(tags) ? tags.map(objectOf).find(({ name }) => name === tag) : undefined
  return typeof found?.description === 'string' ? `${found.description.trim()}\n\n` : ''
}

/**
 * @param {Operation} operation
 * @param {readonly Machine[]} machines
 */
function operationRow({ id, method, path, summary, mark, parameters, requestBody, responses }, machines) {
  const query = parameters.filter((parameter) => parameter.in === 'query').map(queryText)
  const touched = machines.filter(({ operations }) => operations.includes(id)).map(({ title }) => title)
  return [
    code(id),
    mark === '' ? summary : `${summary} (${mark})`,
    [code(`${method} ${path}`), ...query].join('<br>'),
    requestBody === null ? '' : `${schemaText(requestBody.schema)}${requestBody.required ? '' : ', or none'}`,
    responses.map(({ status, body }) => answerText(status, body)).join(', '),
    touched.map((title) => `[${title}](lifecycle.md#${anchorOf(title)})`).join(', '),
  ]
}

/** @param {Operation['parameters'][number]} parameter */
function queryText({ name, required, schema }) {
  const mark = describeMark(schema)
  return `${code(required ? `?${name}` : `[?${name}]`)}${mark === '' ? '' : ` (${mark})`}`
}

/**
 * Errors all have the same body, so only good answers name theirs.
 * @param {number} status
 * @param {Operation['responses'][number]['body']} body
 */
function answerText(status, body) {
  return status >= 400 || body === null
    ? String(status)
    : `${status} ${body.media === STREAM_MEDIA ? 'stream, ' : ''}${schemaText(body.schema)}`
}

/** @param {unknown} schema */
function schemaText(schema) {
  const { $ref, type, items, anyOf, oneOf } = objectOf(schema)
  if (typeof $ref === 'string') return code($ref.split('/').at(-1) ?? '')
  const parts = Array.isArray(anyOf) ? anyOf : oneOf
  if (Array.isArray(parts)) return parts.map(schemaText).join(' or ')
  if (type === 'array') return `list of ${schemaText(items)}`
  return typeof type === 'string' ? type : 'JSON'
}

/** @param {string} title */
function anchorOf(title) {
  return title.toLowerCase().replaceAll(' ', '-')
}
