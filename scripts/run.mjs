#!/usr/bin/env node
// The one door for every npm script: refuses a Node that is too old, then hands over to tasks.mjs.
// It imports nothing but built-ins at first, so that the refusal is readable on any Node.
import { readFileSync } from 'node:fs'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const oldest = /(\d+)\.(\d+)/.exec(engines.node).slice(1).map(Number)
const current = process.versions.node.split('.').map(Number)

if (current[0] < oldest[0] || (current[0] === oldest[0] && current[1] < oldest[1])) {
  console.error(`This needs Node ${oldest.join('.')} or newer; ${process.execPath} is Node ${process.versions.node}.`)
  process.exit(1)
}

const { runTask } = await import('./tasks.mjs')
await runTask(process.argv[2], process.argv.slice(3))
