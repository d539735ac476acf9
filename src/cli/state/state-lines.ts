/** The lines of a state file: one for each record that is there, has changed or is gone; no key, and no signature. */
import { copyJson, writeJson } from '../../kernel/json-text.js'
import { keylessCrew } from '../../mocks/mock/snapshot-links.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import { collectionNames, isCollectionName } from '../../mocks/world/collection.js'
import { saveJob, saveRunner } from '../../mocks/world/snapshot.js'
import type { World } from '../../mocks/world/world.js'

/** The first line of a file. */
export const HEADER = '{"state_log":1}'

/** What there is to tell; its line is made from the world as it is by then. */
type Change = readonly [kind: keyof typeof lines, id: string, place?: string | number, of?: string]

/** What has changed in a mock, as its events tell of moves of the lifecycle, and its world of everything else. */
export class Changes {
  /** Counts the worlds that the mock has had: with another one, everything has changed. */
  generation = 0
  private readonly due = new Map<string, Change>()
  private readonly mock: RunnerMock

  constructor(mock: RunnerMock) {
    this.mock = mock
    this.attend()
    mock.on('*', (event) => {
      if (event.type === 'clock') this.note('clock', '')
      if (event.type === 'reset') this.attend()
      if (!('machine' in event) || event.machine === 'pairingSession') return
      const { id, runner_id = id } = event.resource
      // What a runner is to be told, and how many commands it has had, changes with its jobs and commands.
      this.note('runner', runner_id)
      if (event.machine !== 'runner') this.note(event.machine, id, event.machine === 'job' ? '' : runner_id)
    })
  }

  /** Takes all of them out, oldest first; undefined when nothing has changed. */
  take(): string[] | undefined {
    const changes = [...this.due.values()]
    this.due.clear()
    return changes.length === 0 ? undefined : linesOf(this.mock, changes)
  }

  private attend(): void {
    this.generation++
    this.due.clear()
    this.mock.inspect((world) => {
      world.onTouch = (kind, id, place, of) => this.note(kind === 'beat' ? 'runner' : kind, id, place, of)
    })
  }

  /** The earliest change of a record stands for all; an entry that has gone and come back is the newest of its kind. */
  private note(kind: Change[0], id: string, place: string | number = '', of = ''): void {
    const name = JSON.stringify([id, kind === 'log' ? '' : place, of])
    const isGone = kind === 'entry' && this.mock.inspect((world) => entryIn(world, id, String(place), of)) === undefined
    if (isGone) this.due.delete(kind + name)
    const due = isGone ? 'gone' : kind
    if (!this.due.has(due + name)) this.due.set(due + name, [due, id, place, of])
  }
}

/** Every record of a world, in its order. */
export function* everyRecord({ collections, runners, jobs, commands }: World): Generator<Change, void> {
  for (const of of collectionNames) {
    for (const [scope, { byKey }] of collections[of].shelves) {
      // No entry at all says that there is a shelf.
      for (const id of ['', ...byKey.keys()]) yield ['entry', id, scope, of]
    }
  }
  for (const { id } of runners.values()) yield ['runner', id]
  for (const { wire, logs } of jobs.values()) {
    yield ['job', wire.id]
    if (logs.length > 0) yield ['log', wire.id, 0]
  }
  for (const { wire } of commands.values()) yield ['bridgeCommand', wire.command_id, wire.runner_id]
}

/** The lines about changes. */
export function linesOf(mock: RunnerMock, changes: readonly Change[]): string[] {
  return mock.inspect((world) =>
    changes.flatMap(([kind, id, place = '', of = '']) => lines[kind](world, id, String(place), of) ?? []),
  )
}

const lines = {
  /** All but its queues, which are what is pending; `null` takes away what was there before. */
  runner({ runners }, id) {
    const runner = runners.get(id)
    if (runner === undefined) return JSON.stringify({ gone: 'runner', id })
    const { pendingJobs: _, pendingCommands: __, ...kept } = saveRunner(runner)
    return writeJson({ runner: { aliveUntil: null, deadSince: null, ghosts: null, sharers: null, ...kept } })
  },
  job({ jobs }, id) {
    const job = jobs.get(id)
    return job ? writeJson({ job: { ...saveJob(job), logs: undefined } }) : JSON.stringify({ gone: 'job', id })
  },
  /** A job's log from a line on; what stood there before is replaced. */
  log({ jobs }, id, from) {
    const logs = jobs.get(id)?.logs.slice(Number(from))
    return logs && JSON.stringify({ logs, of: id, from: Number(from) })
  },
  /** A command that its daemon has not taken yet is unsigned after a restart. */
  bridgeCommand({ runners }, id, runner) {
    const command = runners.get(runner)?.bridge.all.get(id)
    if (command === undefined) return JSON.stringify({ gone: 'command', id, in: runner })
    return writeJson({ command: { wire: copyJson(command.wire, '_hmac'), pickedUpAt: command.pickedUpAt } })
  },
  entry: (world, id, scope, of) => writeJson({ entry: entryIn(world, id, scope, of) ?? null, of, in: scope, id }),
  gone: (_world, id, scope, of) => JSON.stringify({ gone: 'entry', id, of, in: scope }),
  clock: () => undefined, // A commit tells the time.
} satisfies Record<string, (world: World, id: string, place: string, of: string) => string | undefined>

function entryIn({ collections }: World, id: string, scope: string, of: string): object | undefined {
  return isCollectionName(of) ? collections[of].shelves.get(scope)?.byKey.get(id) : undefined
}

/** What is not in records. */
export function frameOf(mock: RunnerMock) {
  const { crew = null, ...frame } = mock.frame()
  return mock.inspect((world) => ({ ...frame, reaper: world.reaper.save(), crew: crew && keylessCrew(crew, world) }))
}
