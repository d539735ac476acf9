/**
 * What has changed in a mock since it was written down, found out without looking through it: the mock's events tell of
 * every move of the lifecycle, its world of everything else. Only names are kept; what has become of each is read when
 * it is written.
 */
import type { TriggerOf } from '../../kernel/lifecycle.js'
import type { MockEvent, TransitionEvent } from '../../mocks/world/events.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import type { ChangeMark } from '../../mocks/world/world-parts.js'
import { entriesIn } from './entries.js'
import type { RecordKind } from './lines.js'

/** One record that has changed; with the kind `clock` it is the time that was moved. */
export interface Change extends Aspects {
  readonly kind: RecordKind | 'clock'
  readonly id: string
  /** The workspace or owner of an entry, the runner of a command. */
  readonly place: string
  /** The collection of an entry. */
  readonly of?: string
}

/** What of a record has changed. */
interface Aspects {
  /** All of it; else a job's log, or of a runner what changes all the time. */
  isWhole?: boolean
  /** The order in which a runner's queues are served. */
  isReordered?: boolean
  /** It is gone, or was gone in between and has come back as the newest of its kind. */
  isGone?: boolean
  wasGone?: boolean
  /** How many lines a job's log had before it grew. */
  logFrom?: number
}

/** Undelivered, something goes back to where it stood in its queue. */
const PUT_BACK: TriggerOf<'job'> & TriggerOf<'bridgeCommand'> = 'delivery.failed'

/** The changes of a mock, oldest first. */
export class Changes {
  /** Counts the worlds that the mock has had: with another one, everything has changed. */
  generation = 0
  private changes = new Map<string, Change>()
  private oldest: Iterator<[string, Change], unknown>
  private readonly mock: RunnerMock
  private readonly stopListening: () => void

  /** Begins at once; `close` ends it. */
  constructor(mock: RunnerMock) {
    this.mock = mock
    this.oldest = this.changes.entries()
    this.stopListening = mock.on('*', (event) => this.hear(event))
    this.attend(this.touch)
  }

  /** How many records have changed. */
  get size(): number {
    return this.changes.size
  }

  /** Takes the oldest change out. */
  shift(): Change | undefined {
    // A new iterator would first pass over all that was taken out before.
    let next = this.oldest.next()
    if (next.done === true) {
      this.oldest = this.changes.entries()
      next = this.oldest.next()
    }
    if (next.done === true) return undefined
    const [key, change] = next.value
    this.changes.delete(key)
    return change
  }

  /** Takes back changes that could not be written, and puts them before the later ones. */
  unshift(taken: readonly Change[]): void {
    const later = this.changes
    this.changes = new Map()
    this.oldest = this.changes.entries()
    for (const change of [...taken, ...later.values()]) this.note(change)
  }

  close(): void {
    this.stopListening()
    this.attend(undefined)
  }

  private attend(touch: ChangeMark | undefined): void {
    this.mock.inspect((world) => {
      world.onTouch = touch
    })
  }

  private hear(event: MockEvent): void {
    if (event.type === 'clock') this.note({ kind: 'clock', id: '', place: '' })
    else if (event.type === 'reset') this.beginAnew()
    else if ('machine' in event) this.hearMove(event)
  }

  private beginAnew(): void {
    this.generation++
    this.changes.clear()
    this.attend(this.touch)
  }

  private hearMove({ machine, from, trigger, resource: { id, runner_id: runner = '' } }: TransitionEvent): void {
    if (machine === 'pairingSession') return
    const isReordered = trigger === PUT_BACK
    // What a runner is to be told, and how many commands it has had, changes with its jobs and commands.
    if (machine === 'runner') this.note({ kind: 'runner', id, place: '', isWhole: from === 'pairing' })
    else this.note({ kind: 'runner', id: runner, place: '', isReordered })
    if (machine === 'job') this.note({ kind: 'job', id, place: '', isWhole: true })
    if (machine === 'bridgeCommand') this.note({ kind: 'command', id, place: runner })
  }

  private readonly touch: ChangeMark = (kind, id, place = '', of = '') => {
    switch (kind) {
      case 'runner':
        return this.note({ kind, id, place: '', isWhole: true })
      case 'beat':
        return this.note({ kind: 'runner', id, place: '' })
      case 'job':
        return this.note({ kind, id, place: '', isWhole: true })
      case 'log':
        return this.note({ kind: 'job', id, place: '', logFrom: Number(place) })
      case 'entry': {
        const scope = String(place)
        const isGone = this.mock.inspect((world) => entriesIn(world, of, scope)?.has(id) !== true)
        return this.note({ kind, id, place: scope, of, isGone, wasGone: isGone })
      }
    }
  }

  private note(change: Change): void {
    const key = `${change.of ?? change.kind} ${change.id} ${change.place}`
    const known = this.changes.get(key)
    // New records are written in the order in which they came.
    if (known?.isGone === true && change.isGone !== true) this.changes.delete(key)
    this.changes.set(key, known === undefined ? change : merge(known, change))
  }
}

function merge(earlier: Change, later: Change): Change {
  const logFrom = earlier.logFrom ?? later.logFrom
  return {
    ...earlier,
    isWhole: earlier.isWhole === true || later.isWhole === true,
    isReordered: earlier.isReordered === true || later.isReordered === true,
    isGone: later.isGone === true,
    wasGone: earlier.wasGone === true || later.wasGone === true,
    ...(logFrom === undefined ? {} : { logFrom }),
  }
}
