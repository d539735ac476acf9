// A program: walks through every state of the small worlds, prints how many there are, and ends with 1 when an invariant is
// broken. With --write it tells the stories that are kept in files.
import { mkdirSync, writeFileSync } from 'node:fs'
import { listCandidates } from '../../src/lifecycle/table.js'
import { scopes } from './scopes.js'
import { walk } from './walk.js'
import { coveringStories, edgesMet, quirkStories, shortestStories, unmet } from './rule-stories.js'
import stories from '../../src/contracts/model/rule-stories.json' with { type: 'json' }
import { readStory } from '../../src/lifecycle/states/story-calls.js'
import type { StoryFile } from '../../src/generated/kit-schema.js'

if (process.argv.includes('--write')) {
  mkdirSync('stories', { recursive: true })
  for (const [quirk, story] of quirkStories())
    write(`stories/${quirk}.json`, `${JSON.stringify(story, undefined, 2)}\n`)
  const lines = coveringStories(shortestStories()).map((story) => `  ${JSON.stringify(story)}`)
  write('src/contracts/model/rule-stories.json', `[\n${lines.join(',\n')}\n]\n`)
} else {
  let [states, steps] = [0, 0]
  const edges = new Set<number>()
  for (const scope of scopes) {
    const seen = walk(scope)
    states += seen.states
    steps += seen.steps
    for (const edge of seen.edges.keys()) edges.add(edge)
    const verdict = seen.broken.size === 0 ? 'no invariant broken' : `broken: ${[...seen.broken.keys()].join(', ')}`
    print(
      `${scope.name.padEnd(11)} ${count(seen.states)} states ${count(seen.steps)} steps, ${seen.depth} deep, ${verdict}`,
    )
    if (seen.broken.size > 0) process.exitCode = 1
  }
  const all = listCandidates().length
  print(
    `${'all'.padEnd(11)} ${count(states)} states ${count(steps)} steps, ${edges.size} of ${all} rules met in their states`,
  )
  const files: readonly StoryFile[] = stories
  const told = new Set(files.flatMap((story) => [...edgesMet(readStory(story).steps)]))
  print(`${'stories'.padEnd(11)} ${count(files.length)} stories meet ${told.size} of them over HTTP; not met:`)
  for (const [rule, why] of Object.entries(unmet)) print(`  ${rule}: ${why}`)
}

function count(number: number): string {
  return String(number).padStart(8)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function write(file: string, text: string): void {
  writeFileSync(file, text)
  print(`wrote ${file}`)
}
