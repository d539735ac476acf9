// @ts-check
// Renders api-types.ts: the types of every path, operation and component, as openapi-typescript prints them.
import openapiTS, { astToString } from 'openapi-typescript'
import { SpecError } from './spec-error.mjs'

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Promise<string>}
 */
export async function renderSchema(spec) {
  // Plain JSON, so that the printer sees the document and not our object, and x-lifecycle stays out of the types.
  const { 'x-lifecycle': _, ...openapi } = spec.document
  const nodes = await openapiTS(JSON.stringify(openapi), {
    alphabetize: false,
    defaultNonNullable: false,
    emptyObjectsUnknown: true,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    silent: true,
  }).catch((/** @type {unknown} */ error) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SpecError([
      { place: [], problem: `no types can be made: ${reason}.`, fix: 'make the document valid OpenAPI 3.1.' },
    ])
  })
  return document(astToString(nodes))
}

/** What the three types that users import by name are for. */
const ABOUT = {
  paths:
    'Every path of the API with its methods, as openapi-typescript writes them: for `createClient<paths>()` of openapi-fetch.',
  components: 'Schemas, answers and parameters of the spec by name; the bodies among them have types of their own.',
  operations: 'Every operation of the API by its operationId: parameters, bodies and answers.',
}

/** @param {string} code */
function document(code) {
  return Object.entries(ABOUT).reduce(
    (text, [name, about]) => text.replace(`export interface ${name} {`, `/** ${about} */\n$&`),
    code,
  )
}
