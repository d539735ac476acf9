/** `--waivers FILE`, `--baseline FILE` and `--story FILE` of verify: read as the suites want them, each flaw told with its line. */
import { parseBaseline } from '../../contracts/run/verify-options.js'
import { parseWaivers, type Waiver } from '../../contracts/check/report-model.js'
import { BaselineFile, StoryFile as storyForm, WaiversFile } from '../../generated/kit-node.js'
import type { StoryFile } from '../../generated/kit-schema.js'
import { readStory, type CallStory } from '../../lifecycle/states/story-file.js'
import { readForm } from './input-file.js'

/** @throws KitError for a file that cannot be used, or any entry that is no waiver */
export async function readWaivers(name: string): Promise<Waiver[]> {
  return parseWaivers(await readForm(name, 'waivers', WaiversFile, isAnything))
}

/** @throws KitError for a file that cannot be used */
export async function readBaseline(name: string): Promise<ReadonlySet<string>> {
  return parseBaseline(await readForm(name, 'baseline', BaselineFile, isAnything))
}

/** @throws KitError for a file that cannot be used */
export async function readStoryFile(name: string): Promise<CallStory> {
  return readStory(await readForm(name, 'story', storyForm, isStory))
}

/** What the form has let pass. */
const isStory = (value: unknown): value is StoryFile => typeof value === 'object' && value !== null
const isAnything = (value: unknown): value is unknown => value !== undefined
