// What the scenario `busy` costs: until it is ready, for the first list, and for lists of traces and spans once they are made.
import { createRunnerMock } from '../../dist/index.js'
import { median } from '../statistics.mjs'

const TURNS = 15

const begun = performance.now()
const mock = createRunnerMock({ scenario: 'busy' })
await mock.ready
const readyMs = performance.now() - begun

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function timeOf(path) {
  const turns = []
  for (let turn = 0; turn < TURNS; turn++) {
    const before = cpuMs()
    const reply = await mock.handle({ method: 'GET', url: `/v1/private/${path}` })
    if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${reply.body}`)
    turns.push(cpuMs() - before)
  }
  return { ms: median(turns), firstMs: turns[0] }
}

const asked = (name, list) => `${name}=${encodeURIComponent(JSON.stringify(list))}`
const long = asked('filters', [{ field: 'duration', operator: '>', value: '3000' }])
const byDuration = asked('sorting', [{ field: 'duration', direction: 'DESC' }])
const list = (of, ...parts) => [`${of}?project_name=Default%20Project`, 'size=100', ...parts].join('&')
const times = {
  projects: await timeOf('projects?size=100'),
  traces: await timeOf(list('traces')),
  'traces by duration': await timeOf(list('traces', long)),
  'traces sorted by duration': await timeOf(list('traces', byDuration)),
  spans: await timeOf(list('spans')),
  'spans by duration': await timeOf(list('spans', long)),
  'spans sorted by duration': await timeOf(list('spans', byDuration)),
  'sums of projects': await timeOf('projects/stats?size=100'),
}
console.log(JSON.stringify({ readyMs, times }))
await mock.close()
