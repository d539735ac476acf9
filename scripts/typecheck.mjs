// What checks the types: once for all but the console, which is made for pages, and once for that. The compiler keeps
// what it has found in .cache, and looks at what has changed since.
import { at, binOf } from './paths.mjs'

/** @param {string} project its tsconfig @param {string} name of what the compiler keeps */
const check = (project, name) => [
  ...[binOf('typescript-7', 'tsc'), '-p', at(project), '--noEmit'],
  ...['--incremental', '--tsBuildInfoFile', at('.cache', 'types', `${name}.tsbuildinfo`)],
]

/** What Node runs, by the name of the step. */
export const typeChecks = () => ({
  types: check('tsconfig.json', 'all'),
  'types of the console': check('src/console/tsconfig.json', 'console'),
})
