// Mistakes where today's servers make another one: neither the sane answer nor the accident. What is an accident and
// nothing else has its servers in test/contracts/fair/accidents.ts, which --strict refuses.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, refusal } from '../reply.js'
import { editReply } from '../spoils.js'

export const accidentMutants: readonly Mutant[] = [
  defineMutant({
    id: 'accidents/null-agent-taken',
    mistake: 'A null in place of an agent is accepted.',
    severity: 'should',
    touches: ['registerAgents'],
    spoil: () => (call) => (/:\s*null/.test(call.text) ? Promise.resolve(answer(204)) : call.proceed()),
  }),
  defineMutant({
    id: 'accidents/fractions-cut-off',
    mistake: 'Fractions in stored JSON lose what stands behind the point.',
    severity: 'should',
    touches: ['getJob'],
    spoil: editReply((reply) => ({ ...reply, body: reply.body.replaceAll(/(:-?\d+)\.\d+/g, '$1') })),
  }),
  defineMutant({
    id: 'accidents/far-page-unknown',
    mistake: 'A page beyond the last one is 404.',
    severity: 'should',
    touches: ['listRunners'],
    spoil: () => (call) =>
      Number(call.query.get('page') ?? 0) > 1_000_000 ? Promise.resolve(refusal(404)) : call.proceed(),
  }),
  defineMutant({
    id: 'accidents/span-cannot-be-found',
    mistake: 'Deleting a span is a path that nobody knows (404).',
    severity: 'should',
    touches: 'all',
    spoil: () => (call) =>
      call.exchange.method === 'DELETE' && call.pathname.includes('/spans/')
        ? Promise.resolve(refusal(404))
        : call.proceed(),
  }),
  defineMutant({
    id: 'accidents/other-case-finds-nothing',
    mistake: 'A status filter in other letter case is taken for an unknown one and 404.',
    severity: 'should',
    touches: ['listRunners'],
    spoil: () => (call) =>
      /[A-Z]/.test(call.query.get('status') ?? '') ? Promise.resolve(refusal(404)) : call.proceed(),
  }),
]
