// All cases over one transport. What the suites of `verify` say of any server, they say of the mock, too: see
// test/contracts/checks. Here stands what the mock alone promises, and what a transport might get wrong.
import { afterAll, describe } from 'vitest'
import { blueprintCases, promptCases } from './cases/prompts.js'
import { bodyCases, closingCases, mediaCases } from './cases/bodies.js'
import { identityCases, timeCases } from './cases/time.js'
import { closeMsw, stageOver, type Stage, type TransportName } from './harness.js'

const cases: readonly ((stage: Stage) => void)[] = [
  bodyCases,
  mediaCases,
  identityCases,
  timeCases,
  closingCases,
  blueprintCases,
  promptCases,
]

/** Those in which the transport itself has a part. */
const casesOfTheWire = [bodyCases, mediaCases, closingCases]

/** Plays all cases without a transport and, in CI, over each; elsewhere those of the wire. */
export function playCases(transport: TransportName): void {
  const played = transport === 'handle' || process.env['KIT_ALL_TARGETS'] !== undefined ? cases : casesOfTheWire
  describe(`over ${transport}`, () => {
    const stage = stageOver(transport)
    afterAll(closeMsw)
    for (const play of played) play(stage)
  })
}
