// Mistakes of the server as a whole.
import { defineMutant, type Mutant } from '../mutant.js'
import { withHeaders } from '../reply.js'
import { editBody, editReply, editRequest } from '../spoils.js'

export const systemMutants: readonly Mutant[] = [
  defineMutant({
    id: 'system/unhealthy',
    mistake: 'The probe says that the server is not healthy.',
    severity: 'should',
    touches: ['isAlive'],
    spoil: editBody(() => ({ healthy: false })),
  }),
  defineMutant({
    id: 'system/query-lost-behind-slash',
    mistake: 'The redirect that takes a slash off a path loses the query.',
    touches: ['listRunners'],
    spoil: editRequest(({ pathname, query }) =>
      pathname.endsWith('/')
        ? { query: Object.fromEntries([...query.keys()].map((name) => [name, undefined])) }
        : undefined,
    ),
  }),
  defineMutant({
    id: 'system/other-page-behind-slash',
    mistake: 'A path with a slash lists another page than the one without.',
    touches: ['listRunners'],
    spoil: editRequest(({ pathname }) => (pathname.endsWith('/') ? { query: { page: '1' } } : undefined)),
  }),
  defineMutant({
    id: 'system/json-as-text',
    mistake: 'JSON is declared as text/plain.',
    touches: 'all',
    spoil: editReply((reply) =>
      reply.body === '' ? reply : withHeaders(reply, { 'content-type': 'text/plain; charset=utf-8' }),
    ),
  }),
  defineMutant({
    id: 'system/json-of-a-version',
    mistake: 'JSON is declared as a media type of the server’s own.',
    touches: 'all',
    spoil: editReply((reply) =>
      reply.body === '' ? reply : withHeaders(reply, { 'content-type': 'application/vnd.opik.v1+json' }),
    ),
  }),
]
