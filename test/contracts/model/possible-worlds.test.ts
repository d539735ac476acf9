// What servers of today answer otherwise than the rules say: both are possible until an answer tells, and from then on
// that server does so always, or never.
import { describe, expect, it } from 'vitest'
import { quirkIds } from '../../../src/contracts/check/seen-quirks.js'
import {
  AT,
  activateAgain,
  answerCommand,
  beat,
  create,
  disconnect,
  finish,
  hold,
  noRunner,
  pickUp,
  play,
  refusedBeat,
  showJob,
  showRunner,
  submit,
  take,
  told,
  worldsWith,
} from './written-history.js'

const LATER = '2026-01-01T00:00:01.000Z'
/** Within the time to live of a heartbeat, and beyond it. */
const SOON = 10_000
const LATE = 20_000

const strict = new Set(quirkIds)

describe('a second activation', () => {
  const again = () => {
    const worlds = worldsWith('endpoint')
    play(worlds, [activateAgain('second')])
    return worlds
  }

  it('changes nothing, or gives the runner its new name', () => {
    const plain = again()
    play(plain, [showRunner({})])
    expect([...plain.excused]).toEqual([])
    expect(hold(plain, showRunner({ name: 'second', connected_at: LATER }))).toBeDefined()

    const today = again()
    play(today, [showRunner({ name: 'second', connected_at: LATER })])
    expect([...today.excused]).toEqual(['activation-revives'])
    expect(hold(today, showRunner({}))).toBeDefined()

    expect(hold(again(), showRunner({ name: 'third' }))).toBeDefined()
  })

  it('leaves a runner gone, or brings it back with what it said of itself', () => {
    const gone = (): ReturnType<typeof worldsWith> => {
      const worlds = worldsWith('endpoint')
      play(worlds, [create('a'), disconnect(), activateAgain('second')])
      return worlds
    }
    play(gone(), [noRunner()])
    const worlds = gone()
    play(worlds, [showRunner({ name: 'second' })])
    expect([...worlds.excused]).toEqual(['activation-revives'])
    expect(hold(worlds, take('a'))).toBeDefined()
    play(worlds, [showJob('a', { status: 'failed', error: 'gone', completed_at: AT })])
    expect(hold(worlds, showJob('a', { status: 'pending' }))).toBeDefined()
    expect(hold(gone(), showRunner({ name: 'second', agents: [], capabilities: ['jobs'] }))).toBeDefined()
  })

  it('is known of the server from then on', () => {
    const worlds = again()
    play(worlds, [showRunner({ name: 'second', connected_at: LATER }), disconnect(), activateAgain('third')])
    expect(worlds.all).toHaveLength(1)
    expect(hold(worlds, noRunner())).toBeDefined()
  })
})

describe('a refused heartbeat', () => {
  const refused = () => {
    const worlds = worldsWith('endpoint')
    play(worlds, [refusedBeat()], SOON)
    return worlds
  }

  it('renews the time to live or not, and the status tells', () => {
    const plain = refused()
    play(plain, [showRunner({ status: 'disconnected', agents: [] })], LATE)
    expect([...plain.excused]).toEqual([])
    const today = refused()
    play(today, [showRunner({})], LATE)
    expect([...today.excused]).toEqual(['refused-heartbeat-renews'])
    play(today, [refusedBeat()], LATE)
    expect(hold(today, showRunner({ status: 'disconnected', agents: [] }), LATE + SOON)).toBeDefined()
  })

  it('renews nothing where that is refused, and is named', () => {
    const worlds = worldsWith('endpoint', strict)
    play(worlds, [refusedBeat()], SOON)
    expect(hold(worlds, showRunner({}), LATE)?.expected).toContain('refused-heartbeat-renews')
  })
})

describe('a job that was reported while it was pending', () => {
  const finished = (...more: Parameters<typeof play>[1]) => {
    const worlds = worldsWith('endpoint')
    play(worlds, [create('a'), finish('a', 1), ...more])
    return worlds
  }
  const ended = { status: 'completed', result: 1, completed_at: AT }
  const again = { status: 'running', result: 1, started_at: AT }

  it('stays ended, or is handed out in its turn and runs again', () => {
    const plain = finished(create('b'), take('b'), showJob('a', ended))
    expect([...plain.excused]).toEqual([])
    const today = finished(create('b'), take('a', { result: 1, completed_at: AT }), showJob('a', again))
    expect([...today.excused]).toEqual(['reported-pending-handed-out'])
    expect(hold(today, take('a'))).toBeDefined()
    play(today, [finish('a', 2), showJob('a', { ...ended, result: 2, started_at: AT }), take('b')])
  })

  it('is not handed out after one that is younger', () => {
    expect(hold(finished(create('b'), take('b')), take('a'))).toBeDefined()
  })

  it('is not handed out by a server that has not done so before', () => {
    const worlds = finished(create('b'), take('b'), create('c'), finish('c', 3))
    expect(hold(worlds, take('c', { result: 3 }))).toBeDefined()
  })

  it('stays ended where that is demanded, and the quirk is named', () => {
    const worlds = worldsWith('endpoint', strict)
    play(worlds, [create('a'), finish('a', 1)])
    expect(hold(worlds, take('a', { result: 1 }))?.expected).toContain('reported-pending-handed-out')
    // What would have shown by now is not suspected any more.
    play(worlds, [create('b'), take('b')])
    expect(hold(worlds, take('b'))?.expected).not.toContain('reported-pending-handed-out')
  })
})

describe('a command that was reported while it was pending', () => {
  const reported = (...ids: string[]) => {
    const worlds = worldsWith('connect')
    play(worlds, [...ids.map(submit), ...ids.map(answerCommand)])
    return worlds
  }

  it('ends a poll at once for each place that it takes, and no other', () => {
    const worlds = reported('a', 'b')
    play(worlds, [pickUp([], 1), pickUp([], 1)])
    expect([...worlds.excused]).toEqual(['reported-command-in-queue'])
    expect(hold(worlds, pickUp([], 1))).toBeDefined()
    expect(hold(worldsWith('connect'), pickUp([]))).toBeDefined()
  })

  it('leaves together with what a larger batch holds', () => {
    const worlds = reported('a')
    play(worlds, [submit('b'), pickUp([], 1), pickUp(['b'], 1)])
    const larger = reported('a')
    play(larger, [submit('b'), pickUp(['b'], 2)])
    expect(hold(larger, pickUp([], 1))).toBeDefined()
  })

  it('is out of the way of a server that has shown as much', () => {
    const worlds = reported('a')
    play(worlds, [submit('b'), pickUp(['b'], 1), submit('c'), answerCommand('c')])
    expect([...worlds.excused]).toEqual([])
    expect(hold(worlds, pickUp([]))).toBeDefined()
  })

  it('is never handed out', () => {
    expect(hold(reported('a'), pickUp(['a']))).toBeDefined()
  })

  it('lets no wait pass that it would have ended', () => {
    const worlds = reported('a')
    const waited = { status: 200, body: { commands: [] }, waitedMs: 30_000 }
    play(worlds, [told('nextBridgeCommands', { path: { runnerId: 'runner' } }, waited)], 60_000)
    expect(hold(worlds, pickUp([]), 60_000)).toBeDefined()
  })
})

describe('several quirks', () => {
  it('are told apart, each by an answer of its own', () => {
    const worlds = worldsWith('endpoint')
    play(worlds, [create('a'), finish('a', 1), refusedBeat()], SOON)
    play(worlds, [activateAgain('second')], SOON)
    expect(worlds.all.length).toBeGreaterThan(1)
    play(worlds, [take('a', { result: 1 }), showRunner({ status: 'disconnected', agents: [] })], LATE)
    expect(worlds.all).toHaveLength(1)
    expect([...worlds.excused]).toEqual(['reported-pending-handed-out'])
    play(worlds, [beat()], LATE)
  })
})
