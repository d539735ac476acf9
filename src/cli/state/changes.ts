/**
 * What has changed in a mock since it was written down, found out without looking through it: the mock's events tell of
 * every move of the lifecycle, its world of everything else.
 */
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import type { MockEvent, TransitionEvent } from '../../mocks/world/events.js'
import { entryIn, lineOf, type Change } from './state-lines.js'

/** The changes of a mock, oldest first. */
export class Changes {
  /** Counts the worlds that the mock has had: with another one, everything has changed. */
  generation = 0
  private readonly due = new Map<string, Change>()
  private readonly mock: RunnerMock

  /** Begins at once. */
  constructor(mock: RunnerMock) {
    this.mock = mock
    mock.on('*', (event) => this.hear(event))
    this.attend()
  }

  /** Takes all of them out, as lines; undefined when nothing has changed. */
  take(): string[] | undefined {
    if (this.due.size === 0) return undefined
    const changes = [...this.due.values()]
    this.due.clear()
    return this.mock.inspect((world) => changes.flatMap((change) => lineOf(world, change) ?? []))
  }

  private attend(): void {
    this.due.clear()
    this.mock.inspect((world) => {
      world.onTouch = (kind, id, place = '', of = '') => this.note([kind, id, place, of])
    })
  }

  private hear(event: MockEvent): void {
    if (event.type === 'clock') this.note(['clock', ''])
    else if ('machine' in event) this.hearMove(event)
    else if (event.type === 'reset') {
      this.generation++
      this.attend()
    }
  }

  private hearMove({ machine, from, resource: { id, runner_id = '' } }: TransitionEvent): void {
    if (machine === 'pairingSession') return
    if (machine === 'runner') return this.note([from === 'pairing' ? 'runner' : 'beat', id])
    // What a runner is to be told, and how many commands it has had, changes with its jobs and commands.
    this.note(['beat', runner_id])
    this.note(machine === 'job' ? ['job', id] : ['command', id, runner_id])
  }

  /** The earliest change of a record stands for all; an entry that has gone and come back is the newest of its kind. */
  private note(change: Change): void {
    const [kind, id, place = '', of = ''] = change
    const name = JSON.stringify(kind === 'log' ? [id] : [id, place, of])
    const isGone = kind === 'entry' && this.mock.inspect((world) => entryIn(world, id, String(place), of)) === undefined
    if (isGone) this.due.delete(kind + name)
    const [key, noted]: [string, Change] = isGone ? [`gone${name}`, ['gone', id, place, of]] : [kind + name, change]
    if (!this.due.has(key)) this.due.set(key, noted)
  }
}
