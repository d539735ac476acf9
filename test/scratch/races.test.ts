import { expect, it } from 'vitest'
import { verify } from '../../src/contracts/run/verify.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { adminClock } from '../../src/contracts/target/target-admin.js'
import { putBefore } from '../mutants/broken-mock.js'
import { races } from '../contracts/fair/races.js'
const ids = ['races/cancel-or-report','races/announced-twice','races/handed-out-half'] as const
it.each(ids)('%s', async (id) => {
  for (const kind of ['layer','undeclared'] as const) for (const strict of [false,true]) {
    const out: string[] = []
    for (let seed=1; seed<=8; seed++) {
      const mock = putBefore(createRunnerMock({ scenario: 'empty' }), [races[id][kind]])
      const server = await serve(mock, { port: 0 })
      const r = await verify({ url: server.url, clock: adminClock(server.adminUrl) }, { only: ['model/concurrent-jobs'], seed, runs: 20, strict })
      await server.close()
      const [x] = r.results
      out.push(`${x?.verdict.kind} ${r.accidents.map(a=>a.id).join()} ${x?.verdict.kind==='failed' && /accident [\w\/-]+, refused/.exec(JSON.stringify(x.verdict.findings))?.[0] || ''} ${!strict && x?.verdict.kind==='failed' ? x.verdict.findings[0]?.actual.slice(-300):''} ${x?.durationMs}`)
    }
    console.log(id, kind, strict, '\n' + out.join('\n'))
  }
}, 600000)
