// Replays what the real server answered around runners, topic by topic, each on an empty mock.
// `KIT_DIFFERENCES=05-spans npx vitest run test/replay/neighbours` prints what goes otherwise in one, by cause.
import { writeSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readTopic, topics } from './exchange.js'
import { replayNeighbours, type Difference } from './replay.js'

const printed = process.env['KIT_DIFFERENCES']

it.each(topics)('the operations around runners %s: each request is answered as by the real server', async (topic) => {
  const differences = await replayNeighbours(readTopic(topic), { profile: 'opik@2.0' })
  if (printed !== undefined && topic.startsWith(printed)) writeSync(1, summary(differences))
  expect(differences).toEqual([])
})

/** Differences by cause, the most frequent first, with some examples of each. */
function summary(differences: readonly Difference[]): string {
  const causes = new Map<string, string[]>()
  for (const { exchange, flaws } of differences) {
    for (const { where, expected, actual } of flaws) {
      const cause = `${exchange.op} ${where}`
      const example = `    #${exchange.n} ${exchange.note ?? ''} expected ${expected.slice(0, 300)}, got ${actual.slice(0, 300)}`
      causes.set(cause, [...(causes.get(cause) ?? []), example])
    }
  }
  const groups = [...causes].toSorted(([, one], [, other]) => other.length - one.length)
  const lines = groups.flatMap(([cause, examples]) => [`${examples.length} ${cause}`, ...examples.slice(0, EXAMPLES)])
  return `\n${differences.length} exchanges differ\n${lines.join('\n')}\n`
}

const EXAMPLES = Number(process.env['KIT_EXAMPLES'] ?? 6)
