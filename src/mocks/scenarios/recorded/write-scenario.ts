/** Writes a last state as a scenario: what there is, in the order in which it came, with the texts that it shall have. */
import type { RecordedCaller } from '../../../kernel/recording/recorded-call.js'
import { present, DEFAULT_PROJECT } from '../../base/words.js'
import { DEFAULT_WORKSPACE } from '../../base/identity.js'
import type { Scenario, ScenarioOwner, ScenarioProject, ScenarioSession } from '../scenario.js'
import { seedKeys } from '../../world/collection.js'
import type { LastState } from './last-state.js'
import { textAt } from './answered-call.js'
import type { Texts } from './replace-texts.js'
import { blueprintsOf, tracesOf } from './write-entries.js'
import { runnersOf } from './write-runners.js'
import { ownId, type Writing } from './writing.js'

/** Writes it; the notes say what is not as it was. */
export function writeScenario(
  state: LastState,
  end: number,
  texts: Texts,
): { scenario: Scenario; notes: readonly string[] } {
  const notes = new Map<string, number>()
  const ownerOf = toOwners(state, texts)
  const projects = createProjects(state, texts, ownerOf)
  const writing: Writing = {
    ...{ state, end, texts, ownerOf, projectOf: projects.refer },
    note: (what) => void notes.set(what, (notes.get(what) ?? 0) + 1),
  }
  for (const [id, { owner }] of state.projects) projects.refer(owner, id)
  const { runners, agents } = runnersOf(writing)
  const parts = { runners, sessions: sessionsOf(writing), traces: tracesOf(writing), blueprints: blueprintsOf(writing) }
  const lists = Object.entries({ projects: projects.all(), ...parts }).filter(([, list]) => list.length > 0)
  return {
    scenario: { ...(Object.keys(agents).length === 0 ? {} : { agents }), ...Object.fromEntries(lists) },
    notes: [...notes].map(([what, count]) => `${what}: ${count}`),
  }
}

/** Who called most is nobody's key in the default workspace, so that pages show his at once. Keys are in no scenario. */
function toOwners({ callers }: LastState, texts: Texts): (owner: RecordedCaller) => ScenarioOwner {
  const [main] = [...callers.values()].toSorted((a, b) => b.calls - a.calls)
  const others = [...new Set([...callers.values()].map(({ owner }) => owner.user))].filter(
    (user) => user !== main?.owner.user,
  )
  return ({ workspace, user }) => {
    const isElsewhere = main !== undefined && workspace !== main.owner.workspace
    const named = workspace === DEFAULT_WORKSPACE ? 'other-workspace' : texts.name('workspace', workspace)
    const number = others.indexOf(user)
    return {
      ...(isElsewhere ? { workspace: named } : {}),
      ...(number === -1 ? {} : { api_key: `user-${number + 2}` }),
    }
  }
}

interface Projects {
  refer: Writing['projectOf']
  all(): readonly ScenarioProject[]
}

/** Projects by id, or by name where that is all that is known; each name once in its workspace. */
function createProjects(state: LastState, texts: Texts, ownerOf: (owner: RecordedCaller) => ScenarioOwner): Projects {
  const projects = new Map<string, ScenarioProject>()
  const taken = new Set<string>()
  const freeName = (workspace: string, wanted: string): string => {
    const isTaken = (name: string): boolean => taken.has(`${workspace}\n${name.trim().toLowerCase()}`)
    let name = wanted
    for (let number = 2; isTaken(name); number++) name = `${wanted} ${number}`
    taken.add(`${workspace}\n${name.trim().toLowerCase()}`)
    return name
  }
  const byName = (name: string): string | undefined =>
    [...state.projects].find(([, { fields }]) => textAt(fields, 'name') === name)?.[0]
  return {
    refer(owner, givenId, givenName = '') {
      const id = givenId === '' && givenName !== '' ? (byName(givenName) ?? '') : givenId
      const known = textAt(state.projects.get(id)?.fields, 'name') || givenName
      // Of a mock, the default project is known by its id as well.
      const isDefault = known === DEFAULT_PROJECT || id === seedKeys(owner.workspace)()
      if (isDefault || (id === '' && known === '')) return {}
      // A project belongs to a workspace, whoever made it.
      const { workspace } = ownerOf(owner)
      const key = `${workspace ?? ''}\n${id || known}`
      const found = projects.get(key)
      if (found !== undefined) return { project: found.name }
      const wanted = known.trim() === '' ? `Project ${projects.size + 1}` : texts.name('project', known)
      const name = freeName(workspace ?? '', wanted)
      projects.set(key, { name, ...present({ id: ownId(id), workspace }) })
      return { project: name }
    },
    all: () => [...projects.values()],
  }
}

const SHORTEST_TTL_SECONDS = 60
const LONGEST_TTL_SECONDS = 600

function sessionsOf({ state, end, ownerOf, projectOf }: Writing): readonly ScenarioSession[] {
  const open = [...state.sessions.values()].filter(({ isActivated, expiresAt }) => !isActivated && expiresAt > end)
  return open.map(({ owner, projectId, type, expiresAt }) => {
    const left = Math.max(SHORTEST_TTL_SECONDS, Math.ceil((expiresAt - end) / 1000))
    return { type, ...projectOf(owner, projectId), ttl_seconds: Math.min(left, LONGEST_TTL_SECONDS), ...ownerOf(owner) }
  })
}
