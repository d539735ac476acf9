// @ts-check
// From kit.yaml to the text of every file that is generated from it. Nothing is written here.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readAccidents } from '../read-accidents.mjs'
import { readLifecycle } from '../read-lifecycle.mjs'
import { readOperations } from '../read-operations.mjs'
import { HEADER_START } from '../write-files.mjs'
import { readKit } from './read-kit.mjs'
import { renderAdmin } from './render-admin.mjs'
import { FORM_TYPE, renderForms } from './render-forms.mjs'
import { renderJsonSchemas } from './render-json-schemas.mjs'
import { withTables } from './render-tables.mjs'

/**
 * @param {import('../load-spec.mjs').Spec} spec
 * @param {string} specPath The kit's own document stands beside it; where it does not, nothing is rendered.
 * @param {string} root Where the documents with tables are.
 * @returns {Promise<Map<string, string>>} Contents by path relative to the root.
 */
export async function renderKit(spec, specPath, root) {
  const kit = kitBeside(spec, specPath)
  if (kit === null) return new Map()
  const { renderKitTypes } = await import('./render-types.mjs')
  const hash = `${basename(spec.file)} (sha256 ${spec.sha256}) and ${basename(kit.file)} (sha256 ${kit.sha256})`
  /** @type {(name: string, text: string) => [string, string]} */
  const code = (name, text) => [`src/generated/${name}`, `// ${HEADER_START} from ${hash}. Do not edit.\n${text}`]
  return new Map([
    code('kit-form.ts', FORM_TYPE),
    ...Array.from(renderForms(kit), ([part, text]) => code(`kit-${part}.ts`, text)),
    code('kit-admin.ts', renderAdmin(kit)),
    code('kit-schema.ts', await renderKitTypes(kit)),
    ...renderJsonSchemas(kit),
    ...documentsOf(root).map(
      (path) => /** @type {[string, string]} */ ([path, withTables(readFileSync(join(root, path), 'utf8'), kit)]),
    ),
  ])
}

/**
 * The kit's document with everything in it that it takes from the spec.
 * @param {import('../load-spec.mjs').Spec} spec
 * @param {string} specPath
 */
export function kitBeside(spec, specPath) {
  const lifecycle = readLifecycle(spec)
  const settings = /** @type {Record<string, any>} */ (lifecycle.settings)
  const operations = readOperations(spec)
  const operationIds = operations.map(({ id }) => id)
  const accidentIds = readAccidents(spec, operations).map(({ id }) => id)
  return readKit(spec, specPath, { operationIds, accidentIds, settings, lifecycleNames: namesOf(lifecycle) })
}

/**
 * What `x-lifecycle` of a schema may stand for.
 * @param {import('../read-lifecycle.mjs').Lifecycle} lifecycle
 * @returns {Record<string, readonly string[]>}
 */
function namesOf({ machines }) {
  const triggers = machines.flatMap(({ rules }) => rules.map(({ on }) => on))
  const timers = triggers.filter((name) => name.startsWith('timer.')).map((name) => name.slice('timer.'.length))
  const moves = machines.flatMap(({ name, states }) =>
    Object.keys(states).map((state) => `${name}.${state === 'none' ? 'gone' : state}`),
  )
  return {
    machines: machines.map(({ name }) => name),
    moves,
    timers: [...new Set(timers)],
  }
}

/** @param {string} root */
function documentsOf(root) {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')).map((name) => `docs/${name}`) : []
  return ['README.md', ...docs].filter(
    (path) =>
      path.endsWith('.md') &&
      existsSync(join(root, path)) &&
      readFileSync(join(root, path), 'utf8').includes('<!-- kit: '),
  )
}
