// Checks of pairing sessions as time passes.
import { constants } from '../../../lifecycle/table.js'
import { checksOn } from '../core/checks-on.js'
import { takes, type CheckNeeds } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus } from '../../target/expectation.js'
import { activate, openSession, type OpenSession } from '../../check/runner-handle.js'

/** Activates one session shortly before its end and looks at another one after it. */
async function judgeLife(context: Context, seconds: number, ttlSeconds?: number): Promise<void> {
  const early = await openSession(context, { ttlSeconds })
  const late = await openSession(context, { ttlSeconds, project: await context.newProject() })
  if (context.time.mostSeconds < seconds + 2) return judgeShortly(context, early)
  await context.time.pass(seconds - 5)
  expectStatus(await activate(context, early, context.name('runner')), 201)
  await context.time.pass(7)
  expectStatus(await activate(context, late, context.name('runner')), 404)
  await context.expectCall(404, 'getRunner', { path: { runnerId: late.runnerId } })
}

const { session_ttl_seconds: usual, session_ttl_seconds_min: shortest, session_ttl_seconds_max: longest } = constants
const shortly = (): number => shortest + 2

/** Where so much time cannot pass: a session outlives the shortest one, which was opened with it. */
async function judgeShortly(context: Context, long: OpenSession): Promise<void> {
  const short = await openSession(context, { ttlSeconds: shortest, project: await context.newProject() })
  await context.time.pass(shortly())
  expectStatus(await activate(context, short, context.name('runner')), 404)
  expectStatus(await activate(context, long, context.name('runner')), 201)
}

const lifeOf = (seconds: number): CheckNeeds => ({ clock: { seconds: seconds + 2, fewest: shortly } })

export const timeSessionChecks = checksOn('', (it, at) => {
  at('activatePairingSession pairingSession timer.session_ttl open -> expired', lifeOf(usual))
  it(`time/session-default-life: A session that names no time to live can be activated for ${usual} s, and is 404 after that.`, (context) =>
    judgeLife(context, usual))
  at('activatePairingSession pairingSession timer.session_ttl', takes(shortly()))
  it('time/session-life-as-asked [open -> expired]: A session can be activated for the time to live that it asks for, and is 404 after that.', (context) =>
    judgeLife(context, shortest, shortest))
  it`time/used-session-expires [activated -> expired]: A session that was activated expires too: a right proof is 404 then, and a wrong one as well.
    createPairingSession ${{ ttl_seconds: shortest }}, activatePairingSession, pass ${shortly()},
    activatePairingSession, activatePairingSession proof=invalid`
  it('time/runner-outlives-session [activated -> expired]: A runner lives on when the session that it came from expires.', async (context) => {
    const runner = await context.pair({ agents: ['echo'], ttlSeconds: shortest })
    await context.time.pass(shortly(), { alive: [runner] })
    expectEqual('status of the runner', (await runner.read()).status, 'connected')
    await runner.createJob()
  })
  at('createPairingSession runner pairingSession.abandoned pairing -> none', lifeOf(longest))
  it(`time/session-longest-life: A session that asks for ${longest} s can be activated for as long, and is 404 after that.`, (context) =>
    judgeLife(context, longest, longest))
})
