// `npm run bench`: measures the mock beside its peers, keeps the figures in results/latest.json, and writes
// docs/performance.md from them. Names of parts may be given: http, start, process, memory, polls, scaleOut, growth, traces,
// worlds.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { measureGrowth } from './parts/growth.mjs'
import { measureHttp } from './parts/http.mjs'
import { measureMemory } from './parts/memory.mjs'
import { measurePolls } from './parts/polls.mjs'
import { measureProcess } from './parts/process.mjs'
import { measureScaleOut } from './parts/scale-out.mjs'
import { measureStart } from './parts/start.mjs'
import { measureTraces } from './parts/traces.mjs'
import { measureWorlds } from './parts/worlds.mjs'
import { at, ownVersion } from './peers.mjs'
import { writePage } from './page.mjs'
import { createStage } from './stage.mjs'

const parts = {
  http: measureHttp,
  start: measureStart,
  process: measureProcess,
  memory: measureMemory,
  polls: measurePolls,
  scaleOut: measureScaleOut,
  growth: measureGrowth,
  traces: measureTraces,
  worlds: measureWorlds,
}
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: 'full' },
    only: { type: 'string', multiple: true },
    page: { type: 'boolean' },
  },
})
const wanted = positionals.length === 0 ? Object.keys(parts) : positionals
const unknown = wanted.find((name) => !Object.hasOwn(parts, name))
if (unknown !== undefined) {
  console.error(`There is no part '${unknown}'. Name some of ${Object.keys(parts).join(', ')}, or none for all.`)
  process.exit(2)
}

// What was only tried out must not stand in the table.
const isForTheTable = values.size !== 'quick' && values.only === undefined
const file = at('results/latest.json')
const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
if (values.page !== true) {
  const stage = await createStage({ size: values.size, only: values.only, say: (line) => console.log(line) })
  for (const name of wanted) {
    console.log(`\n${name}`)
    results[name] = await parts[name](stage)
    results.machine = describeMachine()
    // What is measured is kept, whatever becomes of the parts that follow.
    if (isForTheTable) keep()
  }
}
if (isForTheTable) {
  keep()
  writePage(results)
  execFileSync(process.execPath, [at('../node_modules/oxfmt/bin/oxfmt'), at('../docs/performance.md'), file])
  console.log('\nwrote results/latest.json and docs/performance.md')
}

function keep() {
  mkdirSync(at('results'), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}

function describeMachine() {
  const [cpu] = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    package: ownVersion,
    node: process.versions.node,
    cpu: cpu.model.trim(),
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${process.platform} ${process.arch}`,
  }
}
