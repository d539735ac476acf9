/** A recording as a scenario: the state that it has shown last of everything, as a world that can be opened. */
import { Scenario as form, ScenarioFromOptions as optionsForm } from '../../../generated/kit-later.js'
import type { ScenarioFromOptions, ScenarioOwner, ScenarioProject } from '../../../generated/kit-schema.js'
import { operations } from '../../../kernel/all-operations.js'
import { expectForm } from '../../../kernel/validate-options.js'
import { findRole } from '../../../lifecycle/roles.js'
import type { Recording } from '../../../kernel/recording/recording.js'
import { settingDefaults, constants } from '../../../lifecycle/table.js'
import { isSettings, resolveSettings, type Settings, DEFAULT_PROJECT } from '../../base/settings.js'
import type { Scenario } from '../scenario.js'
import { followEntries, kept } from './follow-entries.js'
import { followRunners } from './follow-runners.js'
import { createLastState, ownerNamed, type LastState, readCalls, type AnsweredCall } from './last-state.js'
import { createReplacement, verbatim, type Texts, takeBy } from './replace-texts.js'
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { objectOf, textAt, type JsonObject } from '../../../kernel/json-value.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { DEFAULT_WORKSPACE } from '../../base/identity.js'
import { seedKeys } from '../../world/collection.js'
import { isPlayable } from '../scenario-links.js'
import { blueprintsOf, promptsOf, tracesOf, runnersOf, ownId, type Writing } from './write-parts.js'

/** A scenario that was made of a recording. */
export interface RecordedScenario {
  readonly scenario: Scenario
  /** What is not as it was on the server, a sentence each. */
  readonly notes: readonly string[]
}

/** @throws KitError `options/invalid` */
export async function makeScenario(recording: Recording, options: ScenarioFromOptions): Promise<RecordedScenario> {
  expectForm(optionsForm, options, 'scenarioFrom')
  const { calls, end, hungUp } = await readCalls(recording, options.at)
  const settings = settingsOf(recording.header.settings)
  const state = createLastState(settings)
  for (const call of calls) follow(state, call)
  const { scenario, notes } = writeScenario(state, end, options.verbatim === true ? verbatim : createReplacement())
  const lost = hungUp === 0 ? [] : [`Of ${hungUp} calls whose callers hung up nobody knows what they did.`]
  const judgements = calls.filter(isJudgement).length
  if (judgements > 0) lost.push(`scores and comments left out, which calls have written: ${judgements}`)
  return {
    scenario: { description: 'The last state of a recording.', ...differing(settings), ...scenario },
    notes: [...notes, ...lost],
  }
}

const GONE = [404, 410]

function isJudgement({ operation, status }: AnsweredCall): boolean {
  const { collection = '' } = kept[operation] ?? {}
  return ['scores', 'comments'].includes(collection) && status < 300 && operations[operation].method !== 'GET'
}

function follow(state: LastState, call: AnsweredCall): void {
  const { operation, status, caller } = call
  const role = findRole(operation)
  const isAccepted = status >= 200 && status < 300
  if (isAccepted) {
    state.callers.set(caller, (state.callers.get(caller) ?? 0) + 1)
    followEntries(state, call)
  }
  if (role !== undefined && (isAccepted || GONE.includes(status))) followRunners(state, call, role)
}

function settingsOf(recorded: object): Settings {
  const entries = Object.entries<unknown>({ ...recorded })
  return resolveSettings(Object.fromEntries(entries.filter(([name, value]) => isSettings({ [name]: value }))))
}

/** Those that are not as they are anyway. */
function differing(settings: Settings): Pick<Scenario, 'settings'> {
  const usual = new Map(Object.entries(settingDefaults()))
  const others = Object.entries(settings).filter(([name, value]) => usual.get(name) !== value && value !== undefined)
  return others.length === 0 ? {} : { settings: Object.fromEntries(others) }
}

function writeScenario(state: LastState, end: number, texts: Texts) {
  const notes = new Map<string, number>()
  const ownerOf = toOwners(state, texts)
  const projects = new Map<string, ScenarioProject>()
  const projectOf = createProjects(projects, state, texts, ownerOf)
  const note = (what: string): void => void notes.set(what, (notes.get(what) ?? 0) + 1)
  const writing: Writing = { state, end, texts, ownerOf, projectOf, note }
  for (const [id, { owner }] of state.projects) projectOf(owner, id)
  const { runners, agents } = runnersOf(writing)
  const entries = { traces: tracesOf(writing), blueprints: blueprintsOf(writing), prompts: promptsOf(writing) }
  const parts = takeBy(form, { runners, sessions: sessionsOf(writing), ...entries }, writing)
  const lists = Object.entries({ agents, projects: [...projects.values()] })
  const filled = lists.filter(([, list]) => Object.keys(list).length > 0)
  const scenario = { ...Object.fromEntries(filled), ...objectOf(parts) }
  if (!isPlayable(scenario)) throw new Error('The scenario of a recording cannot be played.')
  return { scenario, notes: [...notes].map(([what, count]) => `${what}: ${count}`) }
}

/** Who called most is nobody's key in the default workspace, so that pages show his at once. Keys are in no scenario. */
function toOwners({ callers }: LastState, texts: Texts): (owner: RecordedCaller) => ScenarioOwner {
  const owners = [...callers].toSorted(([, a], [, b]) => b - a).map(([caller]) => ownerNamed(caller))
  const [, ...others] = [...new Set(owners.map(({ user }) => user))]
  return ({ workspace, user }) => {
    const isElsewhere = owners[0] !== undefined && workspace !== owners[0].workspace
    const named = workspace === DEFAULT_WORKSPACE ? 'other-workspace' : texts.name('workspace', workspace)
    const number = others.indexOf(user)
    return {
      ...(isElsewhere ? { workspace: named } : {}),
      ...(number === -1 ? {} : { api_key: `user-${number + 2}` }),
    }
  }
}

/** Finds projects by id, or by name where that is all that is known, and adds them; each name once in its workspace. */
function createProjects(
  projects: Map<string, ScenarioProject>,
  state: LastState,
  texts: Texts,
  ownerOf: (owner: RecordedCaller) => ScenarioOwner,
): Writing['projectOf'] {
  const taken = new Set<string>()
  const placeOf = (workspace: string, name: string): string => `${workspace}\n${name.trim().toLowerCase()}`
  const freeName = (workspace: string, wanted: string): string => {
    let name = wanted
    for (let number = 2; taken.has(placeOf(workspace, name)); number++) name = `${wanted} ${number}`
    taken.add(placeOf(workspace, name))
    return name
  }
  const byName = (name: string): string | undefined =>
    [...state.projects].find(([, { fields }]) => textAt(fields, 'name') === name)?.[0]
  return (owner, givenId, givenName = '') => {
    const id = givenId === '' && givenName !== '' ? (byName(givenName) ?? '') : givenId
    const known = textAt(state.projects.get(id)?.fields, 'name') || givenName
    // Of a mock, the default project is known by its id as well.
    const isDefault = known === DEFAULT_PROJECT || id === seedKeys(owner.workspace)()
    if (isDefault || (id === '' && known === '')) return {}
    // A project belongs to a workspace, not to its author.
    const { workspace } = ownerOf(owner)
    const key = `${workspace ?? ''}\n${id || known}`
    const found = projects.get(key)
    if (found !== undefined) return { project: found.name }
    const wanted = known.trim() === '' ? `Project ${projects.size + 1}` : texts.name('project', known)
    const name = freeName(workspace ?? '', wanted)
    projects.set(key, { name, ...omitUndefined({ id: ownId(id), workspace }) })
    return { project: name }
  }
}

function sessionsOf({ state: { world }, end, ownerOf, projectOf }: Writing): readonly JsonObject[] {
  return [...world.sessions.values()].flatMap(({ isActivated, opened, ttlMs, workspace, type, projectId }) => {
    const leftMs = opened.to + ttlMs - end
    if (isActivated || leftMs <= 0) return []
    const { session_ttl_seconds_min: least, session_ttl_seconds_max: most } = constants
    const ttl_seconds = Math.min(Math.max(least, Math.ceil(leftMs / 1000)), most)
    // It belongs to its workspace alone.
    const owner = { workspace, user: '' }
    return [{ type, ...projectOf(owner, projectId), ttl_seconds, ...ownerOf(owner) }]
  })
}
