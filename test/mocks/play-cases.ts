// All cases over one transport. What the suites of `verify` say of any server, they say of the mock, too: see
// test/contracts/checks. Here stands what the mock alone promises, and what a transport might get wrong.
import { afterAll, describe } from 'vitest'
import { aroundCases } from './cases/around.js'
import { blueprintCases } from './cases/blueprints.js'
import { bodyCases } from './cases/bodies.js'
import { closingCases } from './cases/closing.js'
import { identityCases } from './cases/identity.js'
import { jobCases } from './cases/jobs.js'
import { mediaCases } from './cases/media.js'
import { promptCases } from './cases/prompts.js'
import { runnerPartCases } from './cases/runner-parts.js'
import { timeCases } from './cases/time.js'
import { wireCases } from './cases/wire.js'
import { workspaceCases } from './cases/workspace.js'
import { closeMsw, stageOver, type Stage, type TransportName } from './harness.js'

const cases: readonly ((stage: Stage) => void)[] = [
  wireCases,
  bodyCases,
  mediaCases,
  identityCases,
  runnerPartCases,
  jobCases,
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
  describe(`over ${transport}`, () => {
    const stage = stageOver(transport)
    afterAll(closeMsw)
    for (const play of played) play(stage)
  })
}
