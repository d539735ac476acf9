// All cases over one transport, and the account of the statuses that they have seen.
import { afterAll, describe, expect, it } from 'vitest'
import { aroundCases } from './cases/around.js'
import { blueprintCases } from './cases/blueprints.js'
import { bodyCases } from './cases/bodies.js'
import { bridgeResultCases } from './cases/bridge-results.js'
import { bridgeSubmitCases } from './cases/bridge-submit.js'
import { closingCases } from './cases/closing.js'
import { identityCases } from './cases/identity.js'
import { jobCreationCases } from './cases/job-creation.js'
import { jobStateCases } from './cases/job-states.js'
import { jobCases } from './cases/jobs.js'
import { mediaCases } from './cases/media.js'
import { pairingCases } from './cases/pairing.js'
import { promptCases } from './cases/prompts.js'
import { runnerPartCases } from './cases/runner-parts.js'
import { runnerCases } from './cases/runners.js'
import { timeCases } from './cases/time.js'
import { wireCases } from './cases/wire.js'
import { workspaceCases } from './cases/workspace.js'
import { closeMsw, stageOver, type Stage, type TransportName } from './harness.js'
import { Ledger } from './ledger.js'

const cases: readonly ((stage: Stage) => void)[] = [
  wireCases,
  bodyCases,
  mediaCases,
  identityCases,
  pairingCases,
  runnerCases,
  runnerPartCases,
  jobCreationCases,
  jobStateCases,
  jobCases,
  bridgeSubmitCases,
  bridgeResultCases,
  timeCases,
  closingCases,
  aroundCases,
  workspaceCases,
  blueprintCases,
  promptCases,
]

/** Those in which the transport itself has a part. */
const casesOfTheWire = [wireCases, bodyCases, mediaCases, closingCases]

/** Plays all cases without a transport and, in CI, over each; elsewhere those of the wire. */
export function playCases(transport: TransportName): void {
  const played = transport === 'handle' || process.env['KIT_ALL_TARGETS'] !== undefined ? cases : casesOfTheWire
  const ledger = new Ledger()
  describe(`over ${transport}`, () => {
    const stage = stageOver(transport, ledger)
    afterAll(closeMsw)
    for (const play of played) play(stage)

    // Needs no exceptions: what no request provokes, a fault does.
    it.skipIf(played !== cases)(
      'every operation of runners and pairing has answered each status that the spec declares',
      () => {
        expect(ledger.missing(['Runners', 'Pairing'])).toEqual([])
      },
    )
  })
}
