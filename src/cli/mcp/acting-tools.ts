/** The tools that act on the mock from outside: as app, daemon or pairing page, by faults; and what clients have asked. */
import { CallOperationInput, PairRunnerInput, ReadRequestsInput, SetFaultsInput } from '../../generated/kit-mcp.js'
import { toCurl } from '../../contracts/target/recorded-exchange.js'
import { operations } from '../../kernel/all-operations.js'
import { messageOf } from '../../kernel/errors.js'
import { objectsAt } from '../../kernel/json-value.js'
import { fillPath, pathParametersOf, toSearch } from '../../kernel/operation.js'
import { connectAgent } from '../../mocks/agents/connect-agent.js'
import { omitUndefined } from '../../mocks/base/omit-undefined.js'
import { isFaultDocument } from '../../mocks/engine/faults/read-faults.js'
import type { GivenRunner } from '../../mocks/given/given-runner.js'
import { demoAgents } from '../../mocks/scenarios/demo.js'
import { toLines, ask, type McpSession, defineTool } from './tool.js'

export const pairRunner = defineTool(
  { name: 'pair_runner', title: 'Pair a runner, as daemon and pairing page', form: PairRunnerInput },
  async (session, { session: link, name, type = 'endpoint', project_id: projectId, agents, alive = true }) => {
    const { mock } = session
    if (link !== undefined) {
      const { runnerId, isNew } = await mock.pairing.activate(link, omitUndefined({ name }))
      const text = `${isNew ? 'activated' : 'the session was activated before'}: runner ${runnerId}`
      return { text, next: `look {"of": "runners", "id": "${runnerId}"}.` }
    }
    const names = agents ?? (type === 'endpoint' ? ['echo'] : [])
    const runner = await mock.given.connectedRunner({ type, agents: [...names], ...omitUndefined({ name, projectId }) })
    if (alive && type === 'connect') await mock.agents.start(runner, connectAgent({ files: { 'README.md': 'hi\n' } }))
    else if (alive) await startEndpoint(session, runner, names)
    const text = `runner ${runner.id} of project ${runner.projectId}, ${type}, ${alive ? 'alive' : 'silent'}, agents: ${names.join(', ') || 'none'}`
    const job = { agent_name: names[0], project_id: runner.projectId, inputs: { message: 'hi' } }
    const work =
      type === 'endpoint'
        ? { operation: 'createJob', body: job }
        : {
            operation: 'createBridgeCommand',
            path: { runnerId: runner.id },
            body: { type: 'Exec', args: { command: 'ls' } },
          }
    return { text, next: `call_operation ${JSON.stringify(work)}.` }
  },
)

/** Starts an endpoint runner inside the mock. Agents that no other runner of this world has are the demo's, or echo. */
async function startEndpoint({ mock }: McpSession, runner: GivenRunner, names: readonly string[]): Promise<void> {
  const known = mock.inspect(({ runners }) =>
    [...runners.values()].filter(({ id }) => id !== runner.id).flatMap(({ agents }) => [...agents.keys()]),
  )
  for (const name of names.filter((each) => !known.includes(each))) {
    const { handler, ...options } = demoAgents[name] ?? {}
    mock.agents.register(name, handler ?? (({ inputs }) => ({ echo: inputs ?? null })), options)
  }
  await mock.agents.start(runner)
}

export const callOperation = defineTool(
  { name: 'call_operation', title: 'Call an operation', form: CallOperationInput, hints: { destructiveHint: true } },
  async ({ mock, apiUrl }, input, { signal }) => {
    const { operation: id, path = {}, query = {}, body, workspace, api_key: key, wait_seconds: wait = 5 } = input
    const operation = operations[id]
    const needed = pathParametersOf(operation)
    if (needed.some((name) => !Object.hasOwn(path, name)) || Object.keys(path).length > needed.length)
      throw new Error(`'path' cannot be ${JSON.stringify(path)}: ${id} takes ${needed.join(', ') || 'none'}.`)
    const target = fillPath(operation, path) + toSearch(query)
    const { method } = operation
    const type = body === undefined ? undefined : 'application/json'
    const headers = omitUndefined({ 'content-type': type, 'comet-workspace': workspace, authorization: key })
    const content = body === undefined ? null : JSON.stringify(body)
    const timeout = AbortSignal.timeout(wait * 1000)
    const init = { method, headers, body: content, signal: AbortSignal.any([signal, timeout]) }
    const outcome = await mock
      .fetch(`http://localhost${target}`, init)
      .then(describeResponse, (error: unknown) =>
        timeout.aborted ? `no answer within ${wait} s: the call hung up` : `the connection broke: ${messageOf(error)}`,
      )
    const shown = key === undefined ? headers : { ...headers, authorization: '$OPIK_API_KEY' }
    const curl = toCurl({ method, url: apiUrl + target, requestHeaders: shown, requestBody: content })
    const next = /^[45]/.test(outcome) ? `explain {"id": "${id}"}.` : 'look, move_time or read_requests.'
    return { text: `${outcome}\n\n${curl}`, next }
  },
)

async function describeResponse(response: Response): Promise<string> {
  const made = response.headers.get('location')?.split('/').at(-1)
  return [response.status, ...(made === undefined ? [] : [`created ${made}`]), await response.text()].join('\n').trim()
}

export const setFaults = defineTool(
  { name: 'set_faults', title: 'Inject or clear faults', form: SetFaultsInput },
  async (session, { clear, inject }) => {
    // What the admin API is going to refuse clears nothing.
    const isUsable = inject === undefined || isFaultDocument(inject)
    const path = clear === 'all' ? '/faults' : `/faults/${encodeURIComponent(clear ?? '')}`
    if (clear !== undefined && isUsable) await ask(session, `DELETE ${path}`)
    if (inject !== undefined) await ask(session, 'POST /faults', inject)
    const faults = toLines(objectsAt(await ask(session, 'GET /faults'), 'faults'))
    if (faults.length === 0) return { text: 'no faults are active', next: 'call_operation meets none.' }
    const next = 'call the operation to meet it; set_faults {"clear": "all"} ends it.'
    return { text: ['active faults:', ...faults].join('\n'), next }
  },
)

const COLUMNS = ['id', 'at', 'method', 'path', 'operation', 'status', 'faults']

export const readRequests = defineTool(
  { name: 'read_requests', title: 'Read what was asked since', form: ReadRequestsInput, hints: { readOnlyHint: true } },
  async (session, { id, page, ...filter }) => {
    if (id !== undefined) {
      const text = JSON.stringify(await ask(session, `GET /requests/${id}`), null, 2)
      return { text, page, next: 'explain with its operation, or judge_recording {} for all requests.' }
    }
    const entries = objectsAt(await ask(session, `GET /requests${toSearch(filter)}`), 'requests')
    const text = toLines(entries.toReversed(), COLUMNS).join('\n') || 'no requests'
    return { text, page, next: 'read_requests {"id": N} shows one whole; judge_recording {} judges them all.' }
  },
)
