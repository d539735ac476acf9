/** Prompts of a scenario, with their versions, as a recording has left them. */
import { listOf, textAt } from '../../../kernel/json-value.js'
import type { GivenPromptVersion } from '../../given/given-prompt.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { FIRST_ENVIRONMENTS } from '../../computed/named-environment.js'
import type { ScenarioPrompt } from '../scenario.js'
import type { Fields } from './answered-call.js'
import { ownId, type Writing } from './writing.js'

const MAX_DESCRIPTION = 255

export function promptsOf({ state, texts, ownerOf, projectOf, note }: Writing): readonly ScenarioPrompt[] {
  const taken = new Set<string>()
  return [...state.prompts].flatMap(([id, { owner, fields }]) => {
    const name = textAt(fields, 'name')
    const { workspace } = ownerOf(owner)
    const written = texts.name('prompt', name)
    const place = `${workspace ?? ''}\n${written.toLowerCase()}`
    if (name.trim() === '' || taken.has(place)) {
      note('prompts without a name of their own left out')
      return []
    }
    taken.add(place)
    const description = textAt(fields, 'description')
    const tags = labelsOf(fields, texts)
    return {
      ...projectOf(owner, textAt(fields, 'project_id'), textAt(fields, 'project_name')),
      ...omitUndefined({ workspace, id: ownId(id), tags }),
      name: written,
      ...(description === '' ? {} : { description: texts.text(description).slice(0, MAX_DESCRIPTION) }),
      ...(fields['template_structure'] === 'chat' ? { template_structure: 'chat' as const } : {}),
      versions: versionsOf(id, state.promptVersions, texts),
    }
  })
}

function versionsOf(
  promptId: string,
  all: Writing['state']['promptVersions'],
  texts: Writing['texts'],
): GivenPromptVersion[] {
  const ofPrompt = [...all].filter(([, { fields }]) => fields['prompt_id'] === promptId)
  const known = ofPrompt.map(([id, { fields }]) => ({ id, fields, template: textAt(fields, 'template') }))
  const isShown = (template: string): boolean =>
    known.some((version) => version.id !== promptId && version.template === template)
  const versions = known.filter(({ id, template }) => template.trim() !== '' && (id !== promptId || !isShown(template)))
  return versions
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, fields }) => toVersion(id, promptId, fields, texts))
}

/** The usual ones keep their names. */
function environmentOf(name: string, texts: Writing['texts']): string {
  if (FIRST_ENVIRONMENTS.some((each) => each.name === name)) return name
  return texts.name('deployment', name).replaceAll(/[^\w-]/g, '_')
}

const LANGUAGES = ['jinja2', 'python'] as const

function toVersion(id: string, promptId: string, fields: Fields, texts: Writing['texts']): GivenPromptVersion {
  const { metadata } = fields
  const change = textAt(fields, 'change_description')
  const environments = listOf(fields['environments']).map((name) => environmentOf(String(name), texts))
  return {
    ...omitUndefined({ id: id === promptId ? undefined : ownId(id), tags: labelsOf(fields, texts) }),
    template: texts.text(textAt(fields, 'template')),
    ...omitUndefined({ type: LANGUAGES.find((each) => each === fields['type']) }),
    ...(fields['version_type'] === 'mask' ? { version_type: 'mask' as const } : {}),
    ...(metadata === undefined || metadata === null ? {} : { metadata: texts.json(metadata) }),
    ...(change === '' ? {} : { change_description: texts.text(change) }),
    ...(environments.length === 0 ? {} : { environments }),
  }
}

function labelsOf(fields: Fields, texts: Writing['texts']): string[] | undefined {
  const tags = listOf(fields['tags']).map(String)
  const labels = tags.filter((tag) => tag.trim() !== '').map((tag) => texts.name('tag', tag))
  return labels.length === 0 ? undefined : labels
}
