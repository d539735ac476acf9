// Mistakes where today's servers make another one: neither the sane answer nor the accident. What is an accident and
// nothing else has its servers in test/contracts/fair/accidents.ts, which --strict refuses.
import { type Mutant, defineShould } from '../mutant.js'
import { answer, refusal } from '../reply.js'
import { editReply } from '../spoils.js'

export const accidentMutants: readonly Mutant[] = [
  defineShould('accidents/null-agent-taken', 'A null in place of an agent is accepted.', {
    touches: ['registerAgents'],
    spoil: () => (call) => (/:\s*null/.test(call.text) ? Promise.resolve(answer(204)) : call.proceed()),
  }),
  defineShould('accidents/fractions-cut-off', 'Fractions in stored JSON lose what stands behind the point.', {
    touches: ['getJob'],
    spoil: editReply((reply) => ({ ...reply, body: reply.body.replaceAll(/(:-?\d+)\.\d+/g, '$1') })),
  }),
  defineShould('accidents/far-page-unknown', 'A page beyond the last one is 404.', {
    touches: ['listRunners'],
    spoil: () => (call) =>
      Number(call.query.get('page') ?? 0) > 1_000_000 ? Promise.resolve(refusal(404)) : call.proceed(),
  }),
  defineShould('accidents/span-cannot-be-found', 'Deleting a span is a path that nobody knows (404).', {
    touches: 'all',
    spoil: () => (call) =>
      call.exchange.method === 'DELETE' && call.pathname.includes('/spans/')
        ? Promise.resolve(refusal(404))
        : call.proceed(),
  }),
  defineShould('accidents/other-case-finds-nothing', 'A status filter in another letter case is 404.', {
    touches: ['listRunners'],
    spoil: () => (call) =>
      /[A-Z]/.test(call.query.get('status') ?? '') ? Promise.resolve(refusal(404)) : call.proceed(),
  }),
]
