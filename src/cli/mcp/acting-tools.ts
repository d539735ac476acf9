/** The tools that act on the mock from outside: as app, daemon or pairing page, by faults; and what clients have asked. */
import { CallOperationInput, PairRunnerInput, ReadRequestsInput, SetFaultsInput } from '../../generated/kit-mcp.js'
import { operations } from '../../kernel/all-operations.js'
import { messageOf } from '../../kernel/errors.js'
import { objectOf, objectsAt, textAt, textsOf } from '../../kernel/json-value.js'
import { fillPath } from '../../kernel/operation.js'
import { connectAgent } from '../../mocks/agents/connect-agent.js'
import { present } from '../../mocks/base/words.js'
import { isFaultDocument } from '../../mocks/engine/faults/read-faults.js'
import type { GivenRunner } from '../../mocks/given/given-runner.js'
import { demoAgents } from '../../mocks/scenarios/demo.js'
import { toBlock, toLine } from './paging.js'
import { askAdmin, type McpSession } from './session.js'
import { ToolError } from './tool-error.js'
import { defineTool } from './tool.js'

export const pairRunner = defineTool(
  { name: 'pair_runner', title: 'Pair a runner, as daemon and pairing page', form: PairRunnerInput },
  async (session, input) => {
    const { session: link, name, type = 'endpoint', project_id: projectId, agents, alive } = input
    const { mock } = session
    if (link !== undefined) {
      const own = [projectId, agents, alive, input.type].some((value) => value !== undefined)
      if (own) throw new ToolError("With 'session' only 'name' may be given: the daemon has said the rest.")
      const { runnerId, isNew } = await mock.pairing.activate(link, present({ name }))
      const text = isNew ? `activated: runner ${runnerId}` : `the session was activated before: runner ${runnerId}`
      return { text, next: `look {"of": "runners", "id": "${runnerId}"}.` }
    }
    const names = type === 'endpoint' ? (agents ?? ['echo']) : (agents ?? [])
    const runner = await mock.given.connectedRunner({ type, agents: [...names], ...present({ name, projectId }) })
    if (alive !== false) await bringToLife(session, runner, type, names)
    const text = `runner ${runner.id} of project ${runner.projectId}, ${type}, ${alive === false ? 'silent' : 'alive'}, agents: ${names.join(', ') || 'none'}`
    const { id, projectId: project } = runner
    const body = { agent_name: names[0], project_id: project, inputs: { message: 'hi' } }
    const work =
      type === 'endpoint'
        ? JSON.stringify({ operation: 'createJob', body })
        : JSON.stringify({
            operation: 'createBridgeCommand',
            path: { runnerId: id },
            body: { type: 'exec', args: { command: 'ls' } },
          })
    return { text, next: `call_operation ${work}.` }
  },
)

/** Starts a runner inside the mock. Agents that no runner of this world has are the demo's, or echo. */
async function bringToLife(
  { mock }: McpSession,
  runner: GivenRunner,
  type: 'endpoint' | 'connect',
  names: readonly string[],
): Promise<void> {
  if (type === 'connect') {
    await mock.agents.start(runner, connectAgent({ files: { 'README.md': '# A project\n' } }))
    return
  }
  const known = mock.inspect(({ runners }) =>
    [...runners.values()].filter(({ id }) => id !== runner.id).flatMap(({ agents }) => [...agents.keys()]),
  )
  for (const name of names) {
    const { handler, ...options } = demoAgents[name] ?? {}
    if (!known.includes(name))
      mock.agents.register(name, handler ?? (({ inputs }) => ({ echo: inputs ?? null })), options)
  }
  await mock.agents.start(runner)
}

/** Milliseconds that a call may wait unless it says otherwise. */
const USUAL_WAIT_SECONDS = 5

export const callOperation = defineTool(
  {
    name: 'call_operation',
    title: 'Call an operation, as app, daemon or pairing page',
    form: CallOperationInput,
    isDestructive: true,
  },
  async ({ mock, apiUrl }, input, { signal }) => {
    const { operation: id, path: given = {}, query = {}, body, workspace, api_key: key, wait_seconds: wait } = input
    const operation = operations[id]
    const needed = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const wrong = [
      ...needed.filter((name) => !Object.hasOwn(given, name)),
      ...Object.keys(given).filter((name) => !needed.includes(name)),
    ]
    if (wrong.length > 0) {
      const takes = needed.length === 0 ? 'no path parameters' : needed.join(', ')
      throw new ToolError(`'path' of ${id} takes ${takes}; wrong or missing: ${wrong.join(', ')}.`)
    }
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString()
    const target = fillPath(operation, given) + (search === '' ? '' : `?${search}`)
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const headers = present({
      'content-type': body === undefined ? undefined : 'application/json',
      'comet-workspace': workspace,
      authorization: key,
    })
    const timeout = AbortSignal.timeout((wait ?? USUAL_WAIT_SECONDS) * 1000)
    const init = { method: operation.method, headers, signal: AbortSignal.any([signal, timeout]), ...content }
    const outcome = await mock.fetch(`http://localhost${target}`, init).then(describeResponse, (error: unknown) => {
      if (timeout.aborted) return `no answer within ${wait ?? USUAL_WAIT_SECONDS} s: the call hung up, as a client does`
      return `the connection broke: ${messageOf(error)}`
    })
    const data =
      body === undefined
        ? ''
        : ` -H 'content-type: application/json' -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`
    const curl = `curl -i -X ${operation.method} '${apiUrl}${target.replaceAll("'", '%27')}'${data}`
    return { text: `${outcome}\n\n${curl}`, next: nextAfter(id, outcome) }
  },
)

async function describeResponse(response: Response): Promise<string> {
  const location = response.headers.get('location')
  const text = await response.text()
  const made = location === null ? [] : [`created ${location.split('/').at(-1)}`]
  return [`${response.status} ${response.statusText}`.trim(), ...made, ...(text === '' ? [] : [readable(text)])].join(
    '\n',
  )
}

function readable(text: string): string {
  try {
    return toBlock(JSON.parse(text))
  } catch {
    return text
  }
}

function nextAfter(id: string, outcome: string): string {
  if (/^[45]\d\d/.test(outcome)) return `explain {"id": "${id}"} says what it takes.`
  if (id === 'createJob') return 'move_time {"seconds": 1}, then look {"of": "jobs"}.'
  return 'look, or read_requests.'
}

export const setFaults = defineTool(
  { name: 'set_faults', title: 'Inject or clear faults', form: SetFaultsInput },
  async (session, { clear, inject }) => {
    // What the admin API is going to refuse clears nothing.
    const path = clear === 'all' ? '/faults' : `/faults/${encodeURIComponent(clear ?? '')}`
    const isUsable = inject === undefined || isFaultDocument(inject)
    if (clear !== undefined && isUsable) await askAdmin(session, 'DELETE', path)
    if (inject !== undefined) await askAdmin(session, 'POST', '/faults', inject)
    const faults = objectsAt(await askAdmin(session, 'GET', '/faults'), 'faults')
    const text =
      faults.length === 0 ? 'no faults are active' : `active faults:\n${faults.map((each) => toLine(each)).join('\n')}`
    const next =
      faults.length === 0
        ? 'call_operation meets none.'
        : 'call the operation to meet it; set_faults {"clear": "all"} ends it.'
    return { text, next }
  },
)

export const readRequests = defineTool(
  { name: 'read_requests', title: 'Read what was asked since', form: ReadRequestsInput, isReadOnly: true },
  async (session, { id, page, ...filter }) => {
    if (id !== undefined) {
      const entry = await askAdmin(session, 'GET', `/requests/${id}`)
      return {
        text: toBlock(entry),
        page,
        next: 'explain with the operationId, or judge_recording {} for all requests.',
      }
    }
    const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)])).toString()
    const entries = objectsAt(await askAdmin(session, 'GET', `/requests?${query}`), 'requests')
    const lines = entries.toReversed().map((entry) => {
      const { id: number, at, method, path, operation, status } = entry
      const faults = textsOf(objectOf(entry)['faults']).join(',')
      return `#${String(number)}  ${String(at)}  ${String(method)} ${String(path)}  ${textAt({ operation }, 'operation') || 'unknown'}  ${String(status)}${faults === '' ? '' : `  fault ${faults}`}`
    })
    const text = lines.length === 0 ? 'no requests' : lines.join('\n')
    return {
      text,
      page,
      next: 'read_requests {"id": N} shows one with its bodies; judge_recording {} judges them all.',
    }
  },
)
