// Mistakes of the server as a whole.
import { defineMutant, type Mutant, defineShould } from '../mutant.js'
import { withHeaders } from '../reply.js'
import { editBody, editReply, editRequest } from '../spoils.js'

export const systemMutants: readonly Mutant[] = [
  defineShould('system/unhealthy', 'The probe says that the server is not healthy.', {
    touches: ['isAlive'],
    spoil: editBody(() => ({ healthy: false })),
  }),
  defineMutant('system/query-lost-behind-slash', 'The redirect that takes a slash off a path loses the query.', {
    touches: ['listRunners'],
    spoil: editRequest(({ pathname, query }) =>
      pathname.endsWith('/')
        ? { query: Object.fromEntries([...query.keys()].map((name) => [name, undefined])) }
        : undefined,
    ),
  }),
  defineMutant('system/other-page-behind-slash', 'A path with a slash lists another page than the one without.', {
    touches: ['listRunners'],
    spoil: editRequest(({ pathname }) => (pathname.endsWith('/') ? { query: { page: '1' } } : undefined)),
  }),
  defineMutant('system/json-as-text', 'JSON is declared as text/plain.', {
    touches: 'all',
    spoil: editReply((reply) =>
      reply.body === '' ? reply : withHeaders(reply, { 'content-type': 'text/plain; charset=utf-8' }),
    ),
  }),
  defineMutant('system/json-of-a-version', 'JSON is declared as a media type of the server’s own.', {
    touches: 'all',
    spoil: editReply((reply) =>
      reply.body === '' ? reply : withHeaders(reply, { 'content-type': 'application/vnd.opik.v1+json' }),
    ),
  }),
]
