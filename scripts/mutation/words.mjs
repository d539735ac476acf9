// What Stryker leaves alone: words for people, on which no test may insist.
import { PluginKind } from '@stryker-mutator/api/plugin'

/** Of which arguments of which functions and classes words are made, counted from 0. */
const spoken = new Map([
  ['refuse', 1],
  ['errorReply', 1],
  ['KitError', 1],
  ['Error', 0],
  ['TypeError', 0],
  ['claim', 2],
])

/** Functions that make words and nothing else. */
const speakers = new Set([
  'placeOf',
  'expectation',
  'describe',
  'unitOf',
  'text',
  'brokenReply',
  'failure',
  'describeEntry',
  'describeMisplaced',
  'describeNearest',
  'describeUnknown',
  'prefixDifference',
  'clip',
  'print',
  'count',
])

function isWords(path) {
  if (path.isFunctionDeclaration()) return speakers.has(path.node.id?.name)
  const { parent, listKey, key } = path
  if (listKey !== 'arguments') return false
  const { name = parent.callee.property?.name } = parent.callee
  return spoken.get(name) === key
}

const words = { shouldIgnore: (path) => (isWords(path) ? 'Words for people.' : undefined) }

export const strykerPlugins = [{ kind: PluginKind.Ignore, name: 'words', value: words }]
