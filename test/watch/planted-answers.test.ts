// Changed answers that test/watch/corruptions.ts does not make: of what stands before a server, and of projects.
import { expect, it } from 'vitest'
import { judge } from '../../src/contracts/watch/judge-recording.js'
import { readRecording, type RecordedExchange } from '../replay/recording.js'

it('names a 401 between answers to the same key', () => {
  const { header, exchanges } = readRecording('identities')
  const keyOf = ({ request }: RecordedExchange) =>
    `${request.headers['authorization'] ?? ''} ${request.headers['comet-workspace'] ?? ''}`
  const wrong = { status: 401, response: { headers: {}, body: '' } }
  const at = exchanges.findIndex((each, place) => {
    const isServed = ({ status = 0 }: RecordedExchange): boolean => status < 300
    const same = (other: RecordedExchange): boolean => isServed(other) && keyOf(other) === keyOf(each)
    const isBetween = exchanges.slice(0, place).some(same) && exchanges.slice(place + 1).some(same)
    return isBetween && isServed(each) && each.path.includes('local-runners') && keyOf(each).trim().includes('-')
  })
  expect(at).toBeGreaterThan(0)
  const planted = exchanges.with(at, { ...exchanges[at]!, ...wrong })
  const { verdicts } = judge({ header, exchanges: planted }, { startsEmpty: true, sides: ['server'] })
  expect(verdicts).toContainEqual(expect.objectContaining({ rule: 'answer/status', actual: '401' }))
})

it.each([
  ['is no absolute URI', 'answer/header', (location: string) => new URL(location).pathname],
  ['names another project', 'ids/new', (_: string, earlier: string) => earlier],
])('names a Location of a new project that %s', (_, rule, edit) => {
  const { header, exchanges } = readRecording('identities')
  const isNewProject = ({ path, status }: RecordedExchange): boolean => path.endsWith('/projects') && status === 201
  const [first, second] = exchanges.filter(isNewProject)
  const [earlier, own] = [first, second].map((each) => each?.response?.headers['location'] ?? '')
  const wrong = { ...second!, response: { headers: { location: edit(own ?? '', earlier ?? '') } } }
  const planted = exchanges.map((each) => (each === second ? wrong : each))
  const { verdicts } = judge({ header, exchanges: planted }, { startsEmpty: true, sides: ['server'] })
  expect(verdicts).toContainEqual(expect.objectContaining({ rule, at: [{ recording: 0, id: wrong.id }] }))
})
