/**
 * Finds who calls in several recordings of one server. Each recorder names keys for itself, so that one name may stand for two
 * keys, and two names for one. Answers show which names are one caller: a caller sees and changes only its own resources. For
 * other names the question stays open.
 */
import { objectsAt, textAt } from '../../kernel/json-value.js'
import type { Recording } from '../../kernel/recording/recording.js'
import type { TimerLimits } from '../../lifecycle/timers.js'
import type { ObservedCall } from '../../lifecycle/traffic/observed-call.js'
import { createCallReader } from './observed-exchange.js'

export interface Callers {
  /** Who the names in a recording stand for. */
  readonly namesIn: (recording: number) => (user: string) => string
  /** Whether two identities that differ may be of one caller. */
  readonly mayBeSameCaller: (one: string, other: string) => boolean
}

/** Names of one caller, one of a recording at most: within it, names are told apart by keys. */
type Group = ReadonlyMap<number, string>

/**
 * Finds equal callers by all answers. One recording needs no such search, nor does a server that takes calls without
 * keys.
 */
export function createCallers(recordings: readonly Recording[], limits: TimerLimits): Callers {
  const isLocal = recordings.some(({ header }) => header.auth?.mode === 'local')
  const hasKeys = recordings.some(({ exchanges }) => exchanges.some(({ request }) => request.headers['authorization']))
  if (recordings.length < 2 || isLocal || !hasKeys) {
    return { namesIn: () => (user) => user, mayBeSameCaller: () => false }
  }
  const namesIn = (recording: number) => (user: string) => `${recording} ${user}`
  const groups = new Map<string, Group>()
  const groupOf = (name: string): Group => groups.get(name) ?? new Map([[Number.parseInt(name, 10), name]])
  for (const [one, other] of provedAlike(recordings, limits, namesIn)) {
    const [own, others] = [groupOf(one), groupOf(other)]
    if (own === others || overlap(own, others)) continue
    const group = new Map([...own, ...others])
    for (const name of group.values()) groups.set(name, group)
  }
  const named = (name: string): string => [...groupOf(name).values()][0] ?? name
  return {
    namesIn: (recording) => (user) => named(namesIn(recording)(user)),
    mayBeSameCaller: (one, other) => {
      const [[workspace, name = ''], [elsewhere, rival = '']] = [one.split('\n'), other.split('\n')]
      return workspace === elsewhere && !overlap(groupOf(name), groupOf(rival))
    },
  }
}

function overlap(one: Group, other: Group): boolean {
  return [...one.keys()].some((recording) => other.has(recording))
}

/** Pairs of names whose callers were shown, or have changed, the same. */
function provedAlike(recordings: readonly Recording[], limits: TimerLimits, namesIn: Callers['namesIn']) {
  const seen = new Map<string, Set<string>>()
  const runnerOf = new Map<string, string>()
  const sessions = new Map<string, { runnerId: string; activators: Set<string> }>()
  const sessionOf = (id: string) => entryIn(sessions, id, () => ({ runnerId: '', activators: new Set() }))
  for (const [at, { header, exchanges }] of recordings.entries()) {
    const reader = createCallReader(header, limits, namesIn(at))
    for (const exchange of exchanges) {
      const observed = reader.read(exchange)
      // Any caller with the key of a session may activate it, and a goodbye is always accepted.
      if (observed === undefined || observed.operation === 'disconnectRunner') continue
      const { operation, call, answer, isAborted } = observed
      const name = call.caller.slice(observed.workspace.length + 1)
      const isTelling = !isAborted && (answer.status < 300 || answer.status === 409)
      if (operation === 'activatePairingSession' && (isTelling || isAborted))
        sessionOf(call.path['sessionId'] ?? '').activators.add(name)
      if (!isTelling) continue
      if (operation === 'createPairingSession') {
        sessionOf(textAt(answer.body, 'session_id')).runnerId = textAt(answer.body, 'runner_id')
        continue
      }
      const { ids, runnerId } = shownIn(observed)
      for (const id of ids) {
        entryIn(seen, id, () => new Set<string>()).add(name)
        if (runnerId !== '') runnerOf.set(id, runnerId)
      }
    }
  }
  // Who activates a session a second time may share the runner: that two have seen what is on it proves nothing.
  const shared = new Set([...sessions.values()].flatMap((each) => (each.activators.size > 1 ? [each.runnerId] : [])))
  const proves = (id: string): boolean => {
    const runnerId = runnerOf.get(id)
    return runnerId === undefined ? shared.size === 0 : !shared.has(runnerId) && !shared.has('')
  }
  return [...seen].flatMap(([id, [first = '', ...others]]) =>
    proves(id) ? others.map((other) => [first, other] as const) : [],
  )
}

function entryIn<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}

/** Ids of the caller's own resources, by its answer, and the runner that it is on. */
function shownIn({ call: { path }, answer: { body, createdId } }: ObservedCall) {
  const shown = [body, ...objectsAt(body, 'content'), ...objectsAt(body, 'commands')]
  const told = shown.flatMap((each) => ['id', 'runner_id', 'command_id'].map((field) => textAt(each, field)))
  const { runnerId = textAt(body, 'runner_id'), jobId = '', commandId = '' } = path
  const ids = new Set([runnerId, jobId, commandId, createdId ?? '', ...told])
  ids.delete('')
  return { ids, runnerId }
}
