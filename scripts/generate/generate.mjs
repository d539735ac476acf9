// @ts-check
// From a spec to the text of every generated file. Nothing is written here.
import { checkLifecycle } from './check-lifecycle.mjs'
import { objectOf } from './load-spec.mjs'
import { readCarried, widenRules, renderCarried } from './carried.mjs'
import { readCollections } from './read-collections.mjs'
import { readQuirks, renderQuirks, renderQuirksDocs } from './quirks.mjs'
import { readInvariants, renderInvariants, renderInvariantsDocs } from './invariants.mjs'
import { readLifecycle } from './read-lifecycle.mjs'
import { readOperations } from './read-operations.mjs'
import { readPermissions, renderPermissions } from './permissions.mjs'
import { readRefusals } from './read-refusals.mjs'
import {
  renderAnswerShapes,
  renderComponentSchemas,
  renderRequestFields,
  renderRequestSchemas,
} from './render-schemas.mjs'
import { renderCollectionOperations, renderCollections } from './render-collections.mjs'
import { renderDiagrams } from './render-diagrams.mjs'
import { renderLifecycleDocs } from './render-lifecycle-docs.mjs'
import { renderLifecycle } from './render-lifecycle.mjs'
import { renderOperationsDocs } from './render-operations-docs.mjs'
import {
  renderConstants,
  renderNeighbours,
  renderOperations,
  renderRefusals,
  ROUTER_TYPES,
  renderRouter,
} from './render-operations.mjs'
import { readLacks, renderVersions } from './versions.mjs'
import { HEADER_START } from './write-files.mjs'

export { joinedSpec } from './join-documents.mjs'
export { kitBeside } from './kit/render-kit.mjs'
export { loadSpec, outline, parseSpec } from './load-spec.mjs'
export { SpecError } from './spec-error.mjs'

/**
 * Renders everything; throws a SpecError when the spec cannot be generated from.
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {Promise<Map<string, string>>} Contents by path relative to the root.
 */
export async function renderFiles(spec) {
  const operations = readOperations(spec)
  const lifecycle = readLifecycle(spec)
  const feeds = readCarried(spec, { operations, lifecycle })
  widenRules(lifecycle, { operations, feeds })
  checkLifecycle(spec, { lifecycle, operations })
  const collections = readCollections(spec, operations)
  locateMade(operations, collections)
  const refusals = readRefusals(spec, { operations, collections, lifecycle })
  const invariants = readInvariants(spec)
  const quirks = readQuirks(spec, operations, invariants)
  const versions = readLacks(spec, operations, collections)
  const [neighbours, others] = [true, false].map((is) => operations.filter(({ isNeighbour }) => isNeighbour === is))
  // These bring whole compilers or layout engines with them, which a spec that is refused need not wait for.
  const { renderSchema } = await import('./render-schema.mjs')
  const {
    VALIDATOR_TYPES,
    renderComponentTypes,
    renderRequestTypes,
    renderResponseTypes,
    renderRunnerResponseTypes,
    renderValidators,
  } = await import('./render-validators.mjs')
  const [{ api, named }, validators, diagrams] = await Promise.all([
    renderSchema(spec),
    renderValidators(spec, operations),
    renderDiagrams(lifecycle.machines),
  ])
  const schemaNames = Object.keys(objectOf(objectOf(spec.document.components).schemas))
  const origin = `${HEADER_START} from ${spec.file}. Do not edit.`
  /** @type {(name: string, text: string) => [string, string]} */
  const code = (name, text) => [`src/generated/${name}`, `// ${origin}\n${text}`]
  return new Map([
    code('api-types.ts', api),
    code('named-types.ts', named),
    code('operations.ts', renderOperations(operations)),
    code('neighbour-operations.ts', renderNeighbours(operations)),
    code('refusals.ts', renderRefusals(refusals)),
    code('constant-answers.ts', renderConstants(operations)),
    code('router.js', renderRouter(others)),
    code('router.d.ts', ROUTER_TYPES),
    code('neighbour-router.js', renderRouter(neighbours)),
    code('neighbour-router.d.ts', ROUTER_TYPES),
    code('lifecycle-tables.ts', renderLifecycle(lifecycle, operations)),
    code('lifecycle-diagrams.ts', diagrams),
    code('carried.ts', renderCarried(feeds, operations)),
    code('component-schemas.ts', renderComponentSchemas(spec)),
    code('collection-tables.ts', renderCollections(collections)),
    code('collection-operations.ts', renderCollectionOperations(collections)),
    code('quirks.ts', renderQuirks(quirks)),
    code('invariants.ts', renderInvariants(invariants)),
    code('versions.ts', renderVersions(versions)),
    code('permissions.ts', renderPermissions(readPermissions(spec, operations))),
    code('request-schemas.ts', renderRequestSchemas(spec, operations)),
    code('request-fields.ts', renderRequestFields(spec, operations)),
    code('answer-shapes.ts', renderAnswerShapes(spec, operations)),
    code('validator.ts', VALIDATOR_TYPES),
    code('request-validators.js', validators.requests),
    code('request-validators.d.ts', renderRequestTypes(others, 'requestBodies')),
    code('neighbour-request-validators.js', validators.neighbourRequests),
    code('neighbour-request-validators.d.ts', renderRequestTypes(neighbours, 'neighbourRequestBodies')),
    code('response-validators.js', validators.responses),
    code('response-validators.d.ts', renderResponseTypes(operations)),
    code('runner-response-validators.js', validators.runnerResponses),
    code('runner-response-validators.d.ts', renderRunnerResponseTypes(others)),
    code('component-validators.js', validators.components),
    code('component-validators.d.ts', renderComponentTypes(schemaNames)),
    ['docs/lifecycle.md', `<!-- ${origin} -->\n\n${renderLifecycleDocs(lifecycle)}${renderInvariantsDocs(invariants)}`],
    ['docs/quirks.md', `<!-- ${origin} -->\n\n${renderQuirksDocs(quirks)}`],
    ['docs/operations.md', `<!-- ${origin} -->\n\n${renderOperationsDocs(spec, operations, lifecycle.machines)}`],
  ])
}

/**
 * What an operation has made is found where the collection's entries are read, unless a link says otherwise.
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @param {readonly import('./read-collections.mjs').Collection[]} collections
 */
function locateMade(operations, collections) {
  for (const { operations: roles } of collections) {
    const read = operations.find(({ id }) => roles[id] === 'read')
    for (const operation of operations) {
      const made = operation.responses.find(({ status }) => status === 201)
      if (roles[operation.id] === undefined || operation.location !== null || read === undefined) continue
      if (made?.headers.includes('Location')) operation.location = read.path
    }
  }
}
