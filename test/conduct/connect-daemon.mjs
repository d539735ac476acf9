// A small connect daemon for `conduct --type connect`: pairs as daemons do, executes commands in its working directory,
// and signs. An argument gives it one bad habit: unsigned, lies, gullible.
import { spawn, spawnSync } from 'node:child_process'
import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const [habit = ''] = process.argv.slice(2)
const root = process.cwd()
const key = randomBytes(32)

async function call(method, path, body) {
  const response = await fetch(`${process.env.OPIK_URL_OVERRIDE}/v1/private${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: process.env.OPIK_API_KEY ?? '' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const sorted = (value) =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((name) => [name, sorted(value[name])]),
        )
      : value
const escaped = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
const ascii = (value) => JSON.stringify(sorted(value)).replaceAll(/[^ -~]/g, escaped)
const sign = (bridgeKey, label, { _hmac, ...payload }) =>
  createHmac('sha256', bridgeKey)
    .update(label + ascii(payload))
    .digest('base64')

class Failure extends Error {
  constructor(code) {
    super(code)
    this.code = code
  }
}

function inside(path) {
  const whole = resolve(root, path)
  if (relative(root, whole).startsWith('..')) throw new Failure('path_traversal')
  return whole
}

const commands = {
  ListFiles({ path, pattern }) {
    const files = readdirSync(inside(path)).filter((name) => name.endsWith(pattern.slice(1)))
    return { files, total: files.length, truncated: false }
  },
  ReadFile({ path }) {
    const content = readFileSync(inside(path), 'utf8')
    return { content, total_lines: content.split('\n').length - 1, truncated: false, encoding: 'utf-8' }
  },
  WriteFile({ path, content }) {
    mkdirSync(dirname(inside(path)), { recursive: true })
    writeFileSync(inside(path), habit === 'lies' ? '' : content)
    return { created: true, bytes_written: Buffer.byteLength(content), diff: null }
  },
  EditFile({ path, edits }) {
    let text = readFileSync(inside(path), 'utf8')
    for (const { old_string, new_string } of edits) {
      if (!text.includes(old_string)) throw new Failure('match_not_found')
      text = text.replace(old_string, new_string)
    }
    writeFileSync(inside(path), text)
    return { diff: '', edits_applied: edits.length, fuzzy_match_used: false }
  },
  SearchFiles({ pattern, glob }) {
    const names = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(glob.slice(1)))
    const matches = names.flatMap((file) =>
      readFileSync(inside(file), 'utf8')
        .split('\n')
        .flatMap((content, at) => (content.includes(pattern) ? [{ file, line: at + 1, content }] : [])),
    )
    return { matches, total_matches: matches.length, truncated: false }
  },
  Exec({ command, background }) {
    if (background) return { pid: spawn('sh', ['-c', command], { stdio: 'ignore' }).pid, status: 'running' }
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
    return { stdout, stderr, exit_code: status, truncated: false }
  },
}

function execute(bridgeKey, { type, args }) {
  const { _hmac, ...own } = args
  if (habit !== 'gullible' && _hmac !== sign(bridgeKey, type, args)) return failed('auth_failed')
  try {
    return { status: 'completed', result: commands[type](own) }
  } catch (error) {
    return failed(error instanceof Failure ? error.code : 'internal')
  }
}

const failed = (code) => ({ status: 'failed', result: {}, error: { code, message: code } })

const name = process.env.OPIK_PROJECT_NAME
const { body: project } = await call('POST', '/projects/retrieve', { name })
const session = await call('POST', '/pairing/sessions', {
  ...{ project_id: project.id, type: 'connect', activation_key: key.toString('base64') },
})
const { session_id, runner_id } = session.body
const bridgeKey = Buffer.from(
  hkdfSync('sha256', key, Buffer.from(session_id.replaceAll('-', ''), 'hex'), 'opik-bridge-v1', 32),
)
const runner = `/local-runners/${runner_id}`
while ((await call('GET', runner)).status === 404) await sleep(200)
const beat = () => call('POST', `${runner}/heartbeats`, { capabilities: ['bridge'] })
setInterval(beat, 5000)
await beat()
process.on('SIGTERM', async () => {
  await call('DELETE', runner)
  process.exit(0)
})
for (;;) {
  const { body } = await call('POST', `${runner}/bridge/commands/next`, {})
  for (const command of body.commands) {
    const report = execute(bridgeKey, command)
    const _hmac = sign(habit === 'unsigned' ? key : bridgeKey, report.status, report.result)
    await call('POST', `${runner}/bridge/commands/${command.command_id}/results`, {
      ...report,
      result: { ...report.result, _hmac },
    })
  }
}
