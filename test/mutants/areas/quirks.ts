// Mistakes where today's servers make another one: neither the sane answer nor the quirk. What is a quirk and
// nothing else has its servers in test/contracts/fair/quirks.ts, which --strict refuses.
import { type Mutant, defineShould } from '../mutant.js'
import { answer, refusal } from '../reply.js'
import { editReply } from '../spoils.js'

export const quirkMutants: readonly Mutant[] = [
  defineShould('quirks/null-agent-taken', 'A null in place of an agent is accepted.', {
    touches: ['registerAgents'],
    spoil: () => (call) => (/:\s*null/.test(call.text) ? Promise.resolve(answer(204)) : call.proceed()),
  }),
  defineShould('quirks/fractions-cut-off', 'Fractions in stored JSON lose what stands behind the point.', {
    touches: ['getJob'],
    spoil: editReply((reply) => ({ ...reply, body: reply.body.replaceAll(/(:-?\d+)\.\d+/g, '$1') })),
  }),
  defineShould('quirks/far-page-unknown', 'A page beyond the last one is 404.', {
    touches: ['listRunners'],
    spoil: () => (call) =>
      Number(call.query.get('page') ?? 0) > 1_000_000 ? Promise.resolve(refusal(404)) : call.proceed(),
  }),
  defineShould('quirks/span-cannot-be-found', 'Deleting a span is a path that nobody knows (404).', {
    touches: 'all',
    spoil: () => (call) =>
      call.exchange.method === 'DELETE' && call.pathname.includes('/spans/')
        ? Promise.resolve(refusal(404))
        : call.proceed(),
  }),
  defineShould('quirks/other-case-finds-nothing', 'A status filter in another letter case is 404.', {
    touches: ['listRunners'],
    spoil: () => (call) =>
      /[A-Z]/.test(call.query.get('status') ?? '') ? Promise.resolve(refusal(404)) : call.proceed(),
  }),
]
