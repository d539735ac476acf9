// docs/performance.md and its charts, from the figures of the last run.
import { mkdirSync, writeFileSync } from 'node:fs'
import { at } from './peers.mjs'
import { plot } from './plot.mjs'
import { median } from './statistics.mjs'

const OWN = 'opik-runner-kit'
const LIMIT = 'bare node:http'
const FASTEST_PRISM = /^prism, .*errors only/

/** @param {Record<string, any>} results */
export function writePage(results) {
  mkdirSync(at('../docs/images'), { recursive: true })
  const sections = [
    head(results),
    http(results),
    start(results),
    inProcess(results),
    largeBodies(results),
    memory(results),
    polls(results),
    scaleOut(results),
    growth(results),
    traces(results),
    worlds(results),
    repeat(),
  ]
  writeFileSync(at('../docs/performance.md'), `${sections.filter(Boolean).join('\n\n')}\n`)
}

function head({ machine }) {
  return `# Performance

Measured by \`npm run bench\`, which writes this page: every figure is from one run, side by side with the peers, on one
machine. Read the ratios; absolute figures say as much about the machine. But ratios are less portable than they look:
version 0.1.0 on a second machine gave 0.64x, 0.29x, 0.30x and 0.55x of bare node:http where the first gave 0.80x, 0.46x,
0.46x and 0.73x (getRunner, createJob, listRunners, listJobs), and 15x Prism. Compare only what was measured on one
machine in one run.

${machine.date}, opik-runner-kit ${machine.package}, Node ${machine.node}, ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}.`
}

function http({ http: servers }) {
  if (servers === undefined) return ''
  const requests = Object.keys(servers[0].perSecond)
  const bare = servers.find(({ name }) => name === LIMIT)
  const own = servers.find(({ name }) => name === OWN)
  const prism = (request) =>
    Math.max(...servers.filter(({ name }) => FASTEST_PRISM.test(name)).map(({ perSecond }) => perSecond[request]))
  const rows = servers.map(({ name, version, perSecond, validates, memoryMb, refused }) => [
    `${name} ${version}`,
    ...requests.map(
      (request) =>
        `${count(perSecond[request])} (${ratio(perSecond[request] / bare.perSecond[request])})${refused.includes(request) ? ' !' : ''}`,
    ),
    validates === null ? 'answers fixed bytes' : validates ? 'yes' : 'no',
    `${Math.round(memoryMb)} MB`,
  ])
  const goals = requests.map(
    (request) =>
      `${request} ${ratio(own.perSecond[request] / bare.perSecond[request])} of bare node:http and ${ratio(own.perSecond[request] / prism(request))} of Prism at its fastest`,
  )
  return `## Requests per second

The server on one core, wrk with 64 connections on the other, the median of several turns; in parentheses the share of
bare node:http, which answers the same bytes and does nothing else; the second bare server parses bodies too, as one
that keeps state must. \`getRunner\` answers a runner with four agents,
\`listJobs\` a page of 25 that nothing changes in between; it is made again when a job of it moves. Of all these servers only opik-runner-kit has state: a created job is queued, can be read and
is handed out once. Memory is the median of what is resident after each kind of read, before jobs are created, which ours
alone keeps: what each takes stands under growth. An exclamation mark stands behind a peer that answered some of the requests with an
error.

${table(['server', ...requests, 'refuses a broken body', 'memory'], rows)}

That is ${goals.join('; ')}.`
}

function start({ start: servers }) {
  if (servers === undefined) return ''
  return `## Cold start

From spawning the process to the first answer, median. Ours keeps what its first start on a machine has compiled.

${table(
  ['server', 'ms'],
  servers.map(({ name, version, ms }) => [`${name} ${version}`, String(ms)]),
)}`
}

function inProcess({ process: figures }) {
  if (figures === undefined) return ''
  const rows = [
    ...Object.entries(figures.handlePerSecond).map(([name, perSecond]) => [
      `\`mock.handle\`, ${name}`,
      `${count(perSecond)}/s`,
    ]),
    ['whole job (create, next, running, 5 log lines, completed, get)', `${count(figures.jobsPerSecond)}/s`],
    [
      '`mock.fetch`, getRunner, against making and reading the Fetch objects alone',
      `${figures.fetch.oursMicros.toFixed(1)} us, ${figures.fetch.ratio.toFixed(2)}x`,
    ],
    [`MSW, against a trivial handler`, `${figures.msw.oursMicros.toFixed(0)} us, ${figures.msw.ratio.toFixed(2)}x`],
    ['`createRunnerMock`', `${figures.createMs.toFixed(3)} ms, the first one ${figures.firstCreateMs.toFixed(1)} ms`],
    ['`reset`', `${figures.resetMs.toFixed(3)} ms`],
  ]
  return `## In process\n\n${table(['what', 'figure'], rows)}`
}

function largeBodies({ process: figures }) {
  if (figures?.bodies === undefined) return ''
  const cell = (ms, status) => `${ms.toFixed(0)} ms (${status})`
  return `## Large bodies

How long a body of 1 MB holds up everybody else, beyond the reading of its JSON; in parentheses what it is answered. A
good one is the spec's example made long, which a limit of the API may still refuse; a broken one has as many flaws as
find room in it.

${table(
  ['operation', 'good', 'broken'],
  figures.bodies.map(({ operation, goodMs, goodStatus, brokenMs, brokenStatus }) => [
    operation,
    cell(goodMs, goodStatus),
    cell(brokenMs, brokenStatus),
  ]),
)}`
}

function memory({ memory: points }) {
  if (points === undefined) return ''
  draw('memory', {
    title: 'Resident memory of serve',
    x: { label: 'requests' },
    y: { label: 'MB' },
    series: [{ name: 'resident', points: points.map(({ requests, mb }) => [requests, mb]) }],
  })
  const busy = points.slice(1)
  const usual = Math.round(median(busy.map(({ mb }) => mb)))
  return `## Memory\n\n${usual} MB resident, at the median over ${count(busy.at(-1).requests)} requests.\n\n![Resident memory over a million requests](images/memory.svg)`
}

function polls({ polls: figures }) {
  if (figures === undefined) return ''
  return `## Parked polls

${count(figures.polls)} long polls parked in one process, ${count(figures.jobs)} jobs created at a steady rate: from sending a
creation to the job being in its poller's hands ${figures.p50Ms.toFixed(1)} ms at the median, ${figures.p99Ms.toFixed(1)} ms at the 99th percentile,
${figures.maxMs.toFixed(0)} ms at most; ${count(figures.delivered)} delivered, ${figures.refused} refused. A parked poll takes ${(figures.bytesPerPoll / 1000).toFixed(1)} kB, its
connection included. ${figures.socketsLeft === 0 ? 'When the clients hang up, nothing stays open.' : `${figures.socketsLeft} sockets stayed open.`}`
}

function scaleOut({ scaleOut: figures }) {
  if (figures === undefined) return ''
  return `## Two processes behind nginx

With the configuration in \`deploy\`, jobs created in a hundred workspaces: ${count(figures.one.perSecond)}/s with one process and
${count(figures.two.perSecond)}/s with two, ${ratio(figures.two.perSecond / figures.one.perSecond)}. nginx, the load and both processes share two cores here, so there is little
to gain on this machine; what a job costs the mocks is what tells how far it goes: ${figures.one.mockMicros.toFixed(0)} us with one process, ${figures.two.mockMicros.toFixed(0)} us
with two. They share nothing, so each core that is given to one more process adds ${count(1e6 / figures.two.mockMicros)} jobs a second, until nginx
is the limit.`
}

function growth({ growth: figures }) {
  if (figures === undefined) return ''
  const operations = Object.keys(figures.jobs[0].micros)
  const series = (list) =>
    operations.map((name) => ({ name, points: list.map(({ count: size, micros }) => [size, micros[name]]) }))
  const y = { label: 'microseconds', log: true }
  draw('growth-jobs', {
    title: 'Cost beside so many finished jobs',
    x: { label: 'finished jobs', log: true },
    y,
    series: series(figures.jobs),
  })
  draw('growth-runners', {
    title: 'Cost beside so many runners',
    x: { label: 'runners', log: true },
    y,
    series: series(figures.runners),
  })
  draw('week', {
    title: 'Ten jobs a second, each kept for an hour',
    x: { label: 'virtual hours' },
    y: { label: 'MB of heap' },
    series: [{ name: 'heap', points: figures.week.map(({ hour, mb }) => [hour, mb]) }],
  })
  const largest = figures.jobs.at(-1)
  return `## Growth

Cost of one operation as the world grows. A finished job takes ${largest.bytesPerJob} bytes, its inputs and result of a few words
included, with ${count(largest.count)} of them kept.

![Cost beside finished jobs](images/growth-jobs.svg)

![Cost beside runners](images/growth-runners.svg)

${table(
  ['operation', ...figures.jobs.map(({ count: size }) => `${count(size)} jobs`)],
  operations.map((name) => [name, ...figures.jobs.map(({ micros }) => `${micros[name].toFixed(1)} us`)]),
)}

Jobs expire, so a world that runs on does not grow:

![Heap over virtual time](images/week.svg)`
}

function traces({ traces: sizes }) {
  if (sizes === undefined) return ''
  const largest = sizes.at(-1)
  const cell = ({ ms, firstMs }) => `${ms.toFixed(1)} ms (${firstMs.toFixed(0)})`
  return `## Lists of traces

Processor time of a request beside so many traces with twenty spans each; in parentheses the first of its kind, which
computes what the others find computed until a trace or span changes. A trace takes ${(largest.bytesPerTrace / 1000).toFixed(1)} kB, its spans
included, with ${count(largest.count)} of them kept.

${table(
  ['request', ...sizes.map(({ count: size }) => `${count(size)} traces`)],
  Object.keys(largest.times).map((name) => [name, ...sizes.map(({ times }) => cell(times[name]))]),
)}`
}

function worlds({ worlds: measured }) {
  if (measured === undefined) return ''
  const { beside, busy } = measured
  const cell = ({ ms, firstMs }) => [`${ms.toFixed(1)} ms`, `${firstMs.toFixed(0)} ms`]
  return `## Worlds

What a world beside others takes on one server, by its scenario: memory, the first request, which makes it, and any other
one, compared with the same request to the world without a name.

${table(
  ['scenario', 'memory', 'first request', 'request', 'without a name'],
  beside.map(({ scenario, bytes, firstMs, namedMs, plainMs }) => [
    ...[`\`${scenario}\``, `${count(bytes / 1000)} kB`, `${firstMs.toFixed(1)} ms`],
    ...[`${namedMs.toFixed(2)} ms`, `${plainMs.toFixed(2)} ms`],
  ]),
)}

\`serve --scenario busy\` gives its first answer after ${busy.serveMs} ms. Processor time of lists of its busiest project, and of
the first list of the kind, which makes what was not there yet:

${table(
  ['list', 'time', 'first'],
  Object.entries(busy.times).map(([name, times]) => [name, ...cell(times)]),
)}`
}

function repeat() {
  return `## To repeat it

\`\`\`sh
npm run bench                          # everything, some twenty minutes; needs wrk (apt-get install wrk)
npm run bench -- http start            # some parts: http, start, process, memory, polls, scaleOut, growth, traces, worlds
npm run bench -- --size quick          # whether it works at all; writes nothing
npm run bench -- --size long           # longer stretches, more turns
\`\`\`

The peers are installed into \`bench/node_modules\`, with the versions that \`bench/package.json\` names. Nothing else
should run on the machine: both cores are in use.`
}

function draw(name, chart) {
  writeFileSync(at(`../docs/images/${name}.svg`), plot(chart))
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const count = (value) => Math.round(value).toLocaleString('en-US')
const ratio = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)}x`
