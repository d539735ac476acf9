/** `--waivers FILE`, `--baseline FILE` and `--story FILE` of verify: read as the suites want them, each flaw told with its line. */
import { parseBaseline } from '../../contracts/run/verify.js'
import { parseWaivers, type Waiver } from '../../contracts/check/report-model.js'
import { BaselineFile, StoryFile as storyForm, WaiversFile } from '../../generated/kit-node.js'
import type { StoryFile } from '../../generated/kit-schema.js'
import { readStory, type CallStory } from '../../lifecycle/states/story-calls.js'
import { readForm } from './input-file.js'

export async function readWaivers(name: string): Promise<Waiver[]> {
  return parseWaivers(await readForm<unknown>(name, 'waivers', WaiversFile))
}

export async function readBaseline(name: string): Promise<ReadonlySet<string>> {
  return parseBaseline(await readForm<unknown>(name, 'baseline', BaselineFile))
}

export async function readStoryFile(name: string): Promise<CallStory> {
  return readStory(await readForm<StoryFile>(name, 'story', storyForm))
}
