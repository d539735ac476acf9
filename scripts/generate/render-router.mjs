// @ts-check
// Renders router.js: rou3's compiled form of all paths, one function without a tree to build at start. It finds the
// path template; which methods the template takes is for the operation table to say.
import { addRoute, createRouter } from 'rou3'
import { compileRouterToString } from 'rou3/compiler'

/** @typedef {import('./read-operations.mjs').Operation} Operation */

/**
 * @param {readonly Operation[]} operations
 * @returns {string}
 */
export function renderRouter(operations) {
  const router = createRouter()
  for (const path of new Set(operations.map((operation) => operation.path))) addRoute(router, '', toPattern(path), path)
  return `${compileRouterToString(router, 'match')}
/** Finds the template of a path. */
export const findTemplate = (path) => match('', path)
`
}

export const ROUTER_TYPES = `/** A path template of the spec and the values of its parameters, as they stand in the path. */
export interface FoundTemplate {
  data: string
  params?: Record<string, string>
}

/** Finds the template that a path (without query; one trailing slash is allowed) fits; literal segments win. */
export declare function findTemplate(path: string): FoundTemplate | undefined
`

/**
 * From the spec's notation to the router's.
 * @param {string} template
 */
function toPattern(template) {
  return template.replaceAll(/\{(\w+)\}/g, ':$1')
}
