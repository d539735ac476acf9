// What every measurement stands on: the peers in place, the world, a folder for small files, and how much to measure.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../scripts/programs.mjs'
import { at, listPeers, newerNode } from './peers.mjs'
import { makeWorld, settings } from './world.mjs'
import { requireWrk } from './wrk.mjs'

/** How much is measured. `quick` shows that everything works; its figures are not for the table. */
const sizes = {
  quick: {
    seconds: 1,
    rounds: 1,
    starts: 2,
    scale: 1,
    millions: 0.1,
    runners: 200,
    jobsPerSecond: 100,
    pollSeconds: 3,
    jobSizes: [100, 10_000],
    traceSizes: [100, 500],
    runnerSizes: [10, 1000],
    weekSeconds: 7200,
  },
  full: {
    seconds: 4,
    rounds: 3,
    starts: 10,
    scale: 4,
    millions: 1,
    runners: 5000,
    jobsPerSecond: 500,
    pollSeconds: 10,
    jobSizes: [1e2, 1e3, 1e4, 1e5, 1e6],
    traceSizes: [500, 1000, 2000, 4000],
    runnerSizes: [10, 1e2, 1e3, 1e4, 1e5],
    weekSeconds: 7 * 24 * 3600,
  },
  long: {
    seconds: 10,
    rounds: 5,
    starts: 20,
    scale: 10,
    millions: 5,
    runners: 5000,
    jobsPerSecond: 500,
    pollSeconds: 60,
    jobSizes: [1e2, 1e3, 1e4, 1e5, 1e6],
    traceSizes: [500, 1000, 2000, 4000],
    runnerSizes: [10, 1e2, 1e3, 1e4, 1e5],
    weekSeconds: 7 * 24 * 3600,
  },
}

/** @typedef {Awaited<ReturnType<typeof createStage>>} Stage */

/**
 * @param {{ size: keyof typeof sizes, only?: string[], say: (line: string) => void }} options `only`: names of servers
 */
export async function createStage({ size, only, say }) {
  await requireWrk()
  installPeers(say)
  const folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-bench-'))
  const { snapshot, requests } = await makeWorld()
  const files = {
    answers: join(folder, 'answers.json'),
    settings: join(folder, 'settings.json'),
    spec: at('../dist/openapi.json'),
  }
  writeFileSync(files.answers, JSON.stringify(requests))
  writeFileSync(files.settings, JSON.stringify(settings))
  const newer = newerNode()
  const peers = listPeers(files).filter(({ name }) => only === undefined || only.includes(name))
  return {
    ...sizes[size],
    folder,
    snapshot,
    requests,
    peers,
    say,
    freePort,
    nodeOf: (peer) => (peer.node === 'newer' ? newer : process.execPath),
  }
}

/** Peers live in this folder, so that nobody who works on the project installs them without wanting to. */
function installPeers(say) {
  if (existsSync(at('node_modules/@stoplight/prism-cli'))) return
  say('installing the peers')
  execFileSync('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--silent'], {
    cwd: at('.'),
    stdio: 'inherit',
  })
}
