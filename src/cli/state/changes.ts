/**
 * What has changed in a mock since it was written down, found out without looking through it: the mock's events tell of
 * every move of the lifecycle, its world of everything else. A change is the way to its line, which is made from the
 * world as it is when it is written.
 */
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import type { MockEvent, TransitionEvent } from '../../mocks/world/events.js'
import type { ChangeMark } from '../../mocks/world/world-parts.js'
import type { Line } from './lines.js'
import { commandLine, entryIn, entryLine, goneEntry, jobLine, logLine, runnerLine, vitalsOf, wholeOf } from './lines.js'

/** What was taken out, by a name for each change. */
export type Taken = Map<string, Line>

/** The changes of a mock, oldest first. */
export class Changes {
  /** Counts the worlds that the mock has had: with another one, everything has changed. */
  generation = 0
  private due: Taken = new Map()
  private readonly mock: RunnerMock

  /** Begins at once. */
  constructor(mock: RunnerMock) {
    this.mock = mock
    mock.on('*', (event) => this.hear(event))
    this.attend()
  }

  /** Takes changes out, later ones included: at its end none is left. */
  *take(taken: Taken): Generator<string, void> {
    const { due } = this
    for (const [key, line] of due) {
      due.delete(key)
      add(taken, key, line)
      const text = this.mock.inspect(line)
      if (text !== undefined) yield text
    }
  }

  /** Takes back what could not be written, and puts it before what came later. */
  putBack(taken: Taken): void {
    const later = this.due
    this.due = taken
    for (const [key, line] of later) add(taken, key, line)
  }

  private attend(): void {
    this.due.clear()
    this.mock.inspect((world) => {
      world.onTouch = this.touch
    })
  }

  private hear(event: MockEvent): void {
    if (event.type === 'clock') add(this.due, 'clock', () => undefined)
    else if ('machine' in event) this.hearMove(event)
    else if (event.type === 'reset') {
      this.generation++
      this.attend()
    }
  }

  private hearMove({ machine, from, resource: { id, runner_id = '' } }: TransitionEvent): void {
    if (machine === 'pairingSession') return
    if (machine === 'runner') return this.touch(from === 'pairing' ? 'runner' : 'beat', id)
    // What a runner is to be told, and how many commands it has had, changes with its jobs and commands.
    this.touch('beat', runner_id)
    if (machine === 'job') this.touch('job', id)
    else add(this.due, `command ${runner_id} ${id}`, commandLine(runner_id, id))
  }

  private readonly touch: ChangeMark = (kind, id, place = '', of = '') => {
    const scope = String(place)
    if (kind === 'runner') add(this.due, `runner ${id}`, runnerLine(id, wholeOf))
    else if (kind === 'beat') add(this.due, `beat ${id}`, runnerLine(id, vitalsOf))
    else if (kind === 'job') add(this.due, `job ${id}`, jobLine(id))
    else if (kind === 'log') add(this.due, `log ${id}`, logLine(id, Number(place)))
    else {
      const isThere = this.mock.inspect((world) => entryIn(world, of, scope, id)) !== undefined
      const name = JSON.stringify([of, scope, id])
      add(this.due, `${isThere ? ENTRY : GONE} ${name}`, isThere ? entryLine(of, scope, id) : goneEntry(of, scope, id))
    }
  }
}

const [ENTRY, GONE] = ['entry', 'gone']

/** The earliest change of a record stands for all; an entry that has gone and come back is the newest of its kind. */
function add(changes: Taken, key: string, line: Line): void {
  if (key.startsWith(GONE)) changes.delete(key.replace(GONE, ENTRY))
  if (!changes.has(key)) changes.set(key, line)
}
