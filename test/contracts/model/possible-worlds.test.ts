// What servers of today answer otherwise than the rules say: both are possible until an answer tells, and from then on
// that server does so always, or never. Stories on servers with one quirk, or none, of which an answer may be another.
import { describe, expect, it } from 'vitest'
import type { QuirkId } from '../../../src/contracts/check/seen-quirks.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { playStory } from '../../../src/contracts/suites/core/checks-on.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import type { Layer } from '../../mutants/broken-mock.js'
import type { Call } from '../../mutants/call.js'
import type { Spoiler } from '../../mutants/mutant.js'
import { handOut } from '../../mutants/polls.js'
import { answer, membersIn, refusal, withBody, type Members } from '../../mutants/reply.js'
import type { Stage } from '../../mutants/stage.js'
import { createQuirkMock } from '../fair/quirks.js'
import { appOf, putLayers } from '../framework/mock-target.js'
import { trial } from '../framework/trial-checks.js'

type Otherwise = (call: Call, stage: Stage) => ReturnType<Spoiler>

/** Answers the call of an operation that comes as the `number`th in another way. */
const nth = (operation: OperationId, number: number, otherwise: Otherwise): Layer => ({
  touches: new Set([operation]),
  spoil(stage) {
    let count = 0
    return (call) => (++count === number ? otherwise(call, stage) : call.proceed())
  },
})

/** Shows some members of an answer otherwise. */
const shows =
  (members: Members): Otherwise =>
  async (call) => {
    const reply = await call.proceed()
    return withBody(reply, { ...membersIn(reply), ...members })
  }
/** Hands out the job or command that was created as the `number`th. */
const handsOut =
  (number: number): Otherwise =>
  (call, { jobs, commands }) => {
    const all = [...(call.operation === 'nextJob' ? jobs : commands).values()]
    return handOut(call, all.slice(number - 1, number), answer(200, {}))
  }

const POLL = 'nextBridgeCommands'
const BODIES = [{ runner_name: 'again' }, { timeout_seconds: 120 }]
const nothing: Otherwise = () => answer(200, { commands: [] })

/** What comes of a story: the verdict, and the quirks that are named. No runner is left behind. */
async function played(quirk: QuirkId | 'none' | 'all', story: string, layers: readonly Layer[], strict = false) {
  const profile = quirk === 'all' ? 'opik' : 'spec'
  const mock =
    quirk === 'none' || quirk === 'all' ? createRunnerMock({ scenario: 'empty', profile }) : createQuirkMock(quirk)
  await mock.ready
  const check = trial('trial/story', (context) => playStory(context, story, ...BODIES), {
    needs: { clock: { seconds: 700 } },
  })
  const { results, quirks } = await verify(appOf(putLayers(mock, layers)), { checks: [check], strict })
  if (layers.length === 0) expect(mock.snapshot().world.runners).toEqual([])
  await mock.close()
  return { kind: results[0]?.verdict.kind, quirks: quirks.map(({ id }) => id).toSorted() }
}

type Row = [what: string, quirk: QuirkId | 'none', story: string, ...wrong: Layer[]]

const pending = (of: string) => `pair, createJob, reportJobResult 1, createJob, nextJob, getJob 1${of}`
const reported = 'pair-connect, createBridgeCommand, reportBridgeResult 1, createBridgeCommand'

/** Stories, and what a server that has answered so far as it did must not answer then. */
const rows: readonly Row[] = [
  ...(['none', 'activation-revives'] as const).flatMap((quirk): Row[] => {
    const isPlain = quirk === 'none'
    const back = isPlain ? [] : [nth('getRunner', 2, () => refusal(404)), nth('getRunner', 1, shows({ agents: [] }))]
    const job = isPlain ? '' : ', getJob 1'
    return [
      [
        'a second activation changes nothing, or gives the runner its new name',
        quirk,
        'pair, activatePairingSession $1, getRunner, getRunner',
        nth('getRunner', 2, shows({ name: isPlain ? 'again' : 'runner 1' })),
        nth('getRunner', 1, shows({ name: 'third' })),
      ],
      [
        'a second activation leaves a runner gone, or brings it back, and does so ever after',
        quirk,
        'pair, disconnectRunner, activatePairingSession $1, getRunner, disconnectRunner, activatePairingSession $1, getRunner',
        ...back,
      ],
      [
        'a runner that comes back has no job any more',
        quirk,
        `pair, createJob, disconnectRunner, activatePairingSession $1, getRunner${job}`,
        ...(isPlain ? [] : [nth('getJob', 1, shows({ status: 'pending' }))]),
      ],
    ]
  }),
  [
    'a refused heartbeat renews nothing',
    'none',
    'pair, pass soon, heartbeat capabilities=invalid, pass rest, getRunner',
  ],
  [
    'a refused heartbeat renews the time to live, and does so ever after',
    'refused-heartbeat-renews',
    'pair, pass soon, heartbeat capabilities=invalid, pass rest, getRunner, heartbeat capabilities=invalid, pass soon, getRunner',
    nth('getRunner', 2, shows({ status: 'disconnected', agents: [] })),
  ],
  [
    'a job that was reported while it was pending stays ended',
    'none',
    pending(', createJob, nextJob'),
    nth('nextJob', 2, handsOut(1)),
  ],
  [
    'a job that was reported while it was pending stays ended on a server where one has before',
    'none',
    pending(', createJob, reportJobResult 3, createJob, nextJob'),
    nth('nextJob', 2, handsOut(3)),
  ],
  [
    'a job that was reported while it was pending is handed out in its turn, and once',
    'reported-pending-handed-out',
    pending(', reportJobResult 1, getJob 1, nextJob'),
    nth('nextJob', 2, handsOut(1)),
  ],
  ['a poll for commands waits where nothing is', 'none', 'pair-connect, nextBridgeCommands', nth(POLL, 1, nothing)],
  [
    'a command that was reported while it was pending is out of the way',
    'none',
    `${reported}, nextBridgeCommands most=1, createBridgeCommand, reportBridgeResult 3, nextBridgeCommands`,
    nth(POLL, 2, nothing),
  ],
  [
    'a command that was reported while it was pending is never handed out',
    'none',
    `${reported}, nextBridgeCommands`,
    nth(POLL, 1, handsOut(1)),
  ],
  [
    'a command that was reported while it was pending ends one poll at once',
    'reported-command-in-queue',
    'pair-connect, createBridgeCommand, createBridgeCommand, reportBridgeResult 1, reportBridgeResult 2, nextBridgeCommands most=1, nextBridgeCommands most=1, nextBridgeCommands',
    nth(POLL, 3, nothing),
  ],
  [
    'a command that was reported while it was pending leaves with what a larger batch holds',
    'reported-command-in-queue',
    `${reported}, nextBridgeCommands most=1, nextBridgeCommands most=1, nextBridgeCommands`,
    nth(POLL, 3, nothing),
  ],
]

describe.each(rows)('%s (%s)', (_, quirk, story, ...wrong) => {
  it('passes, and the quirk is named', async () => {
    expect(await played(quirk, story, [])).toEqual({ kind: 'passed', quirks: quirk === 'none' ? [] : [quirk] })
  })

  it.runIf(quirk !== 'none')('fails where quirks are refused', async () => {
    expect(await played(quirk, story, [], true)).toEqual({ kind: 'failed', quirks: [] })
  })

  it.runIf(wrong.length > 0)('fails where the server answers otherwise', async () => {
    for (const layer of wrong) expect((await played(quirk, story, [layer])).kind).toBe('failed')
  })
})

// One does not hide another.
it.each([
  [
    'each command that was reported while pending ends a poll',
    'pair-connect, createBridgeCommand, createBridgeCommand, reportBridgeResult 1, reportBridgeResult 2, nextBridgeCommands most=1, nextBridgeCommands',
    ['reported-command-in-queue'],
  ],
  [
    'a second activation, by somebody else too, moves the runner',
    'pair, disconnectRunner, colleague activatePairingSession, colleague getRunner, getRunner, activatePairingSession, getRunner, colleague registerAgents, colleague listRunners, listRunners',
    ['activation-revives'],
  ],
  [
    'a runner of which a poll still waits is not brought back',
    'pair-connect, nextBridgeCommands, disconnectRunner, activatePairingSession, getRunner',
    [],
  ],
  [
    'a job that had ended before it was handed out has a second result',
    'pair, createJob, reportJobResult 1, nextJob, reportJobResult 1, getJob 1, activatePairingSession $1, nextJob',
    ['activation-revives', 'reported-pending-handed-out'],
  ],
])('on a server with all quirks %s', async (_, story, quirks) => {
  expect(await played('all', story, [])).toEqual({ kind: 'passed', quirks: quirks.toSorted() })
})

it('the answer of a wait is that of the time when it ended, however late it is looked at', async () => {
  const story = 'pair-connect, createBridgeCommand $2, getBridgeCommand 1, pass 400'
  expect(await played('none', story, [])).toEqual({ kind: 'passed', quirks: [] })
})
