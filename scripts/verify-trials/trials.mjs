// The trials as data: which target, how verify is aimed at it, how often. A trial passes when nothing fails, and nothing is
// left not run where nothing need be.
import { execFileSync } from 'node:child_process'
import { parse } from 'yaml'
import { partialServers } from '../../test/contracts/partial/partial-servers.mjs'
import { at } from '../paths.mjs'

const command = at('dist', 'cli', 'main.js')

/**
 * @typedef {object} Trial
 * @property {string} name
 * @property {boolean} isShort whether it belongs to the short form too
 * @property {boolean} admin whether verify may move the target's clock
 * @property {number[]} seeds one run each
 * @property {[number, number]} [latency] through a proxy that adds a random time from this range, in milliseconds
 * @property {'proxy' | 'mock'} [prism] `proxy`: through Prism, and without it for comparison; `mock`: Prism's own mock
 * @property {string} [partial] on a server that is built in part, by its name in test/contracts/partial; it
 *   must fail, within a minute, on a screen or two, and say first what to build next
 * @property {number} [waitingRoom] on a target that answers 500 when more requests wait than that; no more than 30 may
 * @property {boolean} [crowd] on a target that holds a thousand runners and ten thousand jobs of others
 * @property {number[]} [longSeeds] one run each in the long form, instead of `seeds`
 * @property {boolean} [isRefused] whether verify must refuse it: by the names of quirks, and for nothing else
 * @property {object} [settings] of the server, declared to verify by --limits where it has no --admin
 * @property {object} [keys] API keys that the server asks for
 * @property {string[]} [serve] further options of serve
 * @property {string[]} [verify] further options of verify
 * @property {RegExp} [mayNotRun] reasons for which checks may be left out
 * @property {number} [mostMinutes] most that it may take
 * @property {number} [mostSeconds] what is promised for two idle cores: no more processor time is used than they have in it
 */

const tenSeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const twentySeeds = Array.from({ length: 20 }, (_, at) => 31 + at)
const upTo50 = [0, 50]
const realTime = /a clock that can be moved/
/** No trial has a user who may not do everything; the mutants and the fair variants do. */
export const withoutReader = /--reader-api-key/
/** What verify says when it was itself late, and no target is to blame. */
export const slowMachine = /this machine was too slow/
/** On a busy target the reaper, which looks at a hundred runners a minute, may come too late to some. */
const busyReaper = /the reaper did not come round/

/** What a target cannot hold cannot be seen there. */
const littleRoom = /needs room for/
const littleRoomOrTime = new RegExp(`${realTime.source}|${littleRoom.source}`)

const smallLimits = {
  heartbeat_ttl_seconds: 8,
  next_job_poll_timeout_seconds: 3,
  bridge_poll_timeout_seconds: 4,
  reaper_interval_seconds: 5,
  job_timeout_seconds: 60,
  dead_runner_purge_seconds: 300,
  completed_job_ttl_seconds: 600,
  bridge_completed_command_ttl_seconds: 120,
  max_pending_jobs_per_runner: 7,
  max_agents_per_runner: 5,
  max_log_entries_per_batch: 20,
  bridge_max_pending_per_runner: 21,
  bridge_max_commands_per_minute: 60,
  bridge_max_write_commands_per_minute: 25,
  bridge_max_payload_bytes: 4096,
}

/** What `limits --preset fast` prints. */
const fastLimits = parse(execFileSync(process.execPath, [command, 'limits', '--preset', 'fast'], { encoding: 'utf8' }))

const keys = {
  'key-of-ann-1': { user: 'ann', workspaces: ['team'] },
  'key-of-ben-2': { user: 'ben', workspaces: ['team'] },
  'key-of-cy-33': { user: 'cy', workspaces: ['elsewhere'] },
}
const elsewhere = ['--other-workspace', 'elsewhere']
/** What runs unasked is not all. */
const allSuites = ['--suite', 'core,bridge,limits,isolation,time,neighbours']
const ann = ['--api-key', 'key-of-ann-1', '--workspace', 'team']

/** @type {Trial[]} */
export const trials = [
  // The longest first, so that others are played beside it.
  { name: 'behind Prism', isShort: true, admin: true, prism: 'proxy', seeds: [22] },
  { name: 'clock moved, three in a row', isShort: false, admin: true, seeds: [7, 7, 7], mostSeconds: 20 },
  { name: 'clock moved, ten seeds', isShort: false, admin: true, seeds: tenSeeds, mostSeconds: 20 },
  {
    name: 'real time, three in a row',
    isShort: false,
    admin: false,
    seeds: [7, 7, 7],
    mayNotRun: realTime,
    mostSeconds: 60,
  },
  { name: 'real time, ten seeds', isShort: false, admin: false, seeds: tenSeeds, mayNotRun: realTime, mostSeconds: 60 },
  { name: 'clock moved, slow road', isShort: true, admin: true, latency: upTo50, seeds: [11], mostSeconds: 60 },
  {
    name: 'real time, slow road',
    isShort: false,
    admin: false,
    latency: upTo50,
    seeds: [12],
    mayNotRun: realTime,
    mostSeconds: 60,
  },
  {
    name: 'clock moved, crowd',
    isShort: false,
    admin: true,
    crowd: true,
    seeds: [13],
    mayNotRun: busyReaper,
    mostSeconds: 60,
  },
  {
    name: 'real time, crowd',
    isShort: true,
    admin: false,
    crowd: true,
    seeds: [14],
    mayNotRun: realTime,
    mostSeconds: 60,
  },
  {
    name: 'real time, room for 64 that wait',
    isShort: false,
    admin: false,
    waitingRoom: 64,
    seeds: [25],
    mayNotRun: realTime,
  },
  {
    name: 'real time, fast limits',
    isShort: false,
    admin: false,
    settings: { ...fastLimits, dead_runner_purge_seconds: 20 },
    seeds: [26],
    mostMinutes: 5,
  },
  {
    name: 'clock moved, living demo',
    isShort: false,
    admin: true,
    serve: ['--scenario', 'demo'],
    seeds: [15],
    mostSeconds: 60,
  },
  {
    name: 'clock moved, small limits',
    isShort: false,
    admin: true,
    settings: smallLimits,
    seeds: [16],
    mayNotRun: littleRoom,
    mostSeconds: 60,
  },
  {
    name: 'real time, small limits',
    isShort: false,
    admin: false,
    settings: smallLimits,
    seeds: [17],
    mayNotRun: littleRoomOrTime,
    mostSeconds: 60,
  },
  {
    ...{ name: 'clock moved, keys, colleague and stranger', isShort: false, admin: true, keys, seeds: [18] },
    verify: [...ann, '--colleague-api-key', 'key-of-ben-2', '--other-api-key', 'key-of-cy-33', ...elsewhere],
    mostSeconds: 60,
  },
  {
    ...{ name: 'clock moved, keys, stranger', isShort: false, admin: true, keys, seeds: [19], mostSeconds: 60 },
    verify: [...ann, '--other-api-key', 'key-of-cy-33', ...elsewhere],
    mayNotRun: /needs a second user of the same workspace/,
  },
  {
    ...{ name: 'clock moved, local install', isShort: false, admin: true, seeds: [20], mostSeconds: 60 },
    serve: ['--auth', 'local'],
    mayNotRun: /needs a (second user|second identity|user of another workspace)/,
  },
  {
    ...{
      name: 'profile opik, quirks accepted',
      isShort: true,
      admin: true,
      seeds: [31, 32],
      longSeeds: twentySeeds,
    },
    serve: ['--scenario', 'empty', '--profile', 'opik'],
    verify: allSuites,
    mayNotRun: /at its second death/,
  },
  {
    ...{ name: 'profile opik, quirks refused', isShort: true, admin: true, seeds: [31, 32], longSeeds: twentySeeds },
    serve: ['--scenario', 'empty', '--profile', 'opik'],
    verify: ['--strict', ...allSuites],
    mayNotRun: /at its second death/,
    isRefused: true,
  },
  {
    ...{ name: 'profile spec, quirks refused', isShort: true, admin: true, seeds: [31], longSeeds: twentySeeds },
    verify: ['--strict', ...allSuites],
  },
  ...Object.keys(partialServers).map((partial) => ({
    ...{ name: `partial server: ${partial}`, isShort: true, admin: false, partial, seeds: [27] },
  })),
  { name: 'a mock without state', isShort: false, admin: false, prism: 'mock', seeds: [24] },
  {
    ...{ name: 'real time, far away', isShort: false, admin: false, latency: [80, 160], seeds: [23] },
    mayNotRun: realTime,
  },
  {
    ...{ name: 'clock moved, one at a time', isShort: false, admin: true, seeds: [21], mostSeconds: 180 },
    verify: ['--concurrency', '1'],
  },
]
