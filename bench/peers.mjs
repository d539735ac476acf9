// The servers that are measured side by side: how each is started, and what stands before the API's paths.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const installed = (path) => at(`node_modules/${path}`)
const versionOf = (name) => JSON.parse(readFileSync(installed(`${name}/package.json`), 'utf8')).version
export const ownVersion = JSON.parse(readFileSync(at('../package.json'), 'utf8')).version

/** The Node that peers need which do not run on this one. Fetched by npm once. */
export function newerNode() {
  return execFileSync('npm', ['exec', '--yes', '--package=node@24.21.0', '--', 'node', '-p', 'process.execPath'], {
    encoding: 'utf8',
  }).trim()
}

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} version
 * @property {string} base what stands before the API's paths
 * @property {(port: number) => string[]} args what Node is started with
 * @property {'this' | 'newer'} [node]
 * @property {boolean} [isOwn] its state is put in place before it is measured
 * @property {boolean} [isFixed] answers fixed bytes, so nothing is asked about validation
 */

/** @returns {Peer[]} in the order of the table */
export function listPeers({ answers, spec, settings }) {
  const prism =
    (folder, ...flags) =>
    (port) => [installed(`${folder}/dist/index.js`), 'mock', spec, '-p', String(port), ...flags]
  return [
    {
      name: 'bare node:http',
      version: process.versions.node,
      base: '/api',
      isFixed: true,
      args: (port) => [at('servers/bare.mjs'), String(port), answers],
    },
    {
      name: 'bare node:http that parses',
      version: process.versions.node,
      base: '/api',
      isFixed: true,
      args: (port) => [at('servers/bare.mjs'), String(port), answers, 'parse'],
    },
    {
      name: 'hono',
      version: versionOf('hono'),
      base: '',
      isFixed: true,
      args: (port) => [at('servers/hono.mjs'), String(port), answers],
    },
    {
      name: 'opik-runner-kit',
      version: ownVersion,
      base: '/api',
      isOwn: true,
      args: (port) => [
        at('../dist/cli/main.js'),
        'serve',
        '--port',
        String(port),
        '--scenario',
        'empty',
        '--settings',
        settings,
        '--quiet',
      ],
    },
    {
      name: 'prism, errors only',
      version: versionOf('@stoplight/prism-cli'),
      base: '',
      args: prism('@stoplight/prism-cli', '-v', 'error'),
    },
    {
      name: 'prism, newest, errors only',
      version: versionOf('prism-newest'),
      base: '',
      node: 'newer',
      args: prism('prism-newest', '-v', 'error'),
    },
    {
      name: 'prism, default log',
      version: versionOf('@stoplight/prism-cli'),
      base: '',
      args: prism('@stoplight/prism-cli'),
    },
    {
      name: 'scalar',
      version: versionOf('@scalar/mock-server'),
      base: '',
      node: 'newer',
      args: (port) => [at('servers/scalar.mjs'), String(port), spec],
    },
    {
      name: 'mockoon',
      version: versionOf('@mockoon/cli'),
      base: '',
      args: (port) => [
        installed('@mockoon/cli/bin/run.js'),
        'start',
        '-d',
        spec,
        '-p',
        String(port),
        '-l',
        '127.0.0.1',
        '-X',
        '--disable-admin-api',
      ],
    },
    {
      name: 'msw, http-middleware',
      version: versionOf('msw'),
      base: '',
      isFixed: true,
      args: (port) => [at('servers/msw.mjs'), String(port), answers, spec],
    },
  ]
}
