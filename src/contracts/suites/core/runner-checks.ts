// Checks of runners: lists, slots, heartbeats with capabilities and cancellations, agents, and the checklist, a deep merge.
import { checksOn } from './checks-on.js'
import { needsAgents } from '../../check/check-steps.js'
import type { Agent } from '../../../kernel/types.js'
import { constants } from '../../../lifecycle/table.js'

/** A job that failed, one that runs and one that waits; all that belongs to them is read. */
const JOBS_OF_EVERY_KIND = 'pair, createJob x2, nextJob x2, reportJobResult 1 status=failed, createJob'
const READ_JOBS = [1, 2, 3].map((job) => `getJob ${job}, getJobLogs ${job}, cancelJob ${job}`).join(', ')

/** The same of commands. */
const COMMANDS_OF_EVERY_KIND =
  'pair-connect, createBridgeCommand, nextBridgeCommands, reportBridgeResult 1, createBridgeCommand, nextBridgeCommands, createBridgeCommand'
const READ_COMMANDS = [1, 2, 3].map((command) => `getBridgeCommand ${command}`).join(', ')

/** Capabilities that are not made of lower-case letters and underscores alone. */
const INVALID: Readonly<Record<string, string>> = {
  capital: 'Jobs',
  digit: 'jobs2',
  hyphen: 'file-access',
  space: 'jobs bridge',
  empty: '',
  'newline-at-end': 'jobs\n',
  'space-in-front': ' jobs',
  'letter-of-another-script': 'jöbs',
}

/** An agent with every field that there is. */
const FULL_AGENT: Agent = {
  description: 'Answers a question.',
  language: 'python',
  executable: '/usr/bin/python3',
  source_file: 'src/answer.py',
  params: [
    { name: 'question', type: 'str' },
    { name: 'depth', type: 'int' },
  ],
  timeout: 60,
}

/** The same, saying which inputs a job must bring. */
const STRICT_AGENT: Agent = {
  ...FULL_AGENT,
  params: [
    { name: 'question', type: 'str', presence: 'required' },
    { name: 'tone', type: 'str', presence: 'optional' },
    { name: 'depth', type: 'int' },
  ],
}

/** As the TypeScript SDK registers one. */
const SDK_AGENT: Agent = {
  description: '',
  language: 'typescript',
  params: [{ name: 'times', type: 'float' }],
  timeout: 0,
}

const UNUSUAL = ['größe berechnen', 'a/b.c:d', '要約', '"quoted" \\ name', 'tag <b>']

type Json = Record<string, unknown>

/** `value` under as many keys `k`. */
function nest(depth: number, value: Json): Json {
  return depth === 0 ? value : { k: nest(depth - 1, value) }
}

const { checklist_merge_keys: deepest } = constants

export const runnerChecks = checksOn('activatePairingSession runner slot.taken', (it, at) => {
  it`slots/newcomer-evicts [connected -> none]: A second runner of the same project and type evicts the first, whose reads are 404 and heartbeats 410.
    pair, 2: pair, getRunner, heartbeat, 2: getRunner, 2: heartbeat`
  it`slots/queue-not-inherited [nextJob]: A new runner inherits neither the pending jobs nor the agents of the one it evicts.
    pair, createJob, 2: createPairingSession, 2: activatePairingSession, 2: getRunner, 2: registerAgents, 2: createJob,
    2: nextJob, 2: getJob 1`
  it`slots/newcomer-evicts-lapsed [disconnected -> none]: A new runner also evicts one whose heartbeat has lapsed: its return is 410.
    pair, pass lapse, getRunner, 2: pair, getRunner, heartbeat`
  at('activatePairingSession runner')
  it`slots/evicted-not-listed [listRunners none]: An evicted runner leaves the list of its project.
    pair, 2: pair, listRunners`
  it`slots/types-coexist: A connect and an endpoint runner of one project live side by side.
    pair, 2: pair-connect, getRunner, 2: getRunner, heartbeat, 2: heartbeat, listRunners`
  it`slots/projects-coexist: Runners of one user in two projects live side by side.
    pair, elsewhere 2: pair, getRunner, 2: getRunner, heartbeat, 2: heartbeat`
  it`slots/opening-evicts-nobody [createPairingSession]: A session that is opened, or whose activation fails, evicts nobody.
    pair, 2: createPairingSession, heartbeat, 2: activatePairingSession proof=invalid, getRunner, heartbeat`
  it`slots/freed-by-disconnect [disconnectRunner connected -> none]: A disconnect frees the slot: the next runner is connected, and the old one stays gone.
    pair, disconnectRunner, 2: pair, 2: getRunner, getRunner, heartbeat`
  it`slots/late-goodbye [disconnectRunner none]: The disconnect of an evicted runner does not touch the one that took its slot.
    pair, 2: pair, disconnectRunner, 2: getRunner, 2: heartbeat`
  at('activatePairingSession job runner.gone')
  it`slots/evicted-jobs: The jobs of an evicted runner are gone, pending, running and ended ones alike.
    ${JOBS_OF_EVERY_KIND}, 2: pair, ${READ_JOBS}`
  at('activatePairingSession bridgeCommand runner.gone')
  it`slots/evicted-commands: The commands of an evicted runner are gone.
    ${COMMANDS_OF_EVERY_KIND}, 2: pair-connect, ${READ_COMMANDS}`

  at('listRunners')
  it`runner/list-shows-the-same: A list shows a runner exactly as reading it does.
    pair, patchChecklist, getRunner, listRunners`
  it`runner/reading-changes-nothing [getRunner]: Reading a runner twice gives the same.
    pair, getRunner, listRunners, getRunner`
  it`runner/list-of-project: A list shows the runners of its project and of no other.
    pair, elsewhere 2: pair, listRunners, 2: listRunners`
  it`runner/list-by-connected: The status connected lists connected runners.
    pair, listRunners status=connected`
  it`runner/list-by-other-status: A connected runner is not listed under another status.
    pair, listRunners status=disconnected, listRunners status=pairing`
  it`runner/list-empty: The list of a project without runners is empty, with a total of 0.
    listRunners`
  at('disconnectRunner runner')
  it`runner/disconnected-is-gone [connected -> none]: A disconnected runner is 404 to whoever reads it, and 410 to its own heartbeat.
    pair, disconnectRunner, getRunner, heartbeat, listRunners`
  it`runner/heartbeat-brings-nobody-back [heartbeat none]: No heartbeat brings a disconnected runner back.
    pair, disconnectRunner, heartbeat, heartbeat declares=bridge, getRunner, heartbeat, listRunners`
  it`runner/disconnect-twice [none]: Disconnecting a runner again is 204 and changes nothing.
    pair, disconnectRunner, disconnectRunner, getRunner, heartbeat`
  it`runner/disconnect-spares-the-other-type [connected -> none]: Disconnecting the connect runner of a project leaves its endpoint runner and its jobs alone.
    pair, createJob, 2: pair-connect, 2: disconnectRunner, getRunner, heartbeat, getJob 1`
  it`runner/no-jobs-after-disconnect [createJob none]: A project whose endpoint runner was disconnected takes no jobs (404).
    pair, createJob, disconnectRunner, createJob`
  at('disconnectRunner job runner.gone running -> failed')
  it`runner/disconnect-takes-jobs-along: The jobs of a disconnected runner are gone with all that belongs to them, ended ones too.
    ${JOBS_OF_EVERY_KIND}, disconnectRunner, ${READ_JOBS}`
  at('disconnectRunner bridgeCommand runner.gone')
  it`runner/disconnect-takes-commands-along: The commands of a disconnected runner are gone, ended ones too.
    ${COMMANDS_OF_EVERY_KIND}, disconnectRunner, ${READ_COMMANDS}`

  at('heartbeat runner')
  it`heartbeat/without-body [connected]: A heartbeat needs no body and no content type.
    pair, heartbeat`
  it`heartbeat/empty-object [connected]: A heartbeat with an empty object answers that nothing was cancelled.
    pair, heartbeat ${{}}`
  it`heartbeat/replaces-capabilities [connected]: A list of capabilities replaces the one before; nothing is merged.
    pair, heartbeat ${{ capabilities: ['jobs', 'bridge'] }}, getRunner, heartbeat ${{ capabilities: ['files'] }},
    getRunner`
  it`heartbeat/keeps-capabilities-unnamed [connected]: A heartbeat that names no capabilities leaves them as they are.
    pair, heartbeat ${{ capabilities: ['jobs', 'bridge'] }}, heartbeat, getRunner`
  it`heartbeat/keeps-capabilities-empty [connected]: A heartbeat with an empty list of capabilities leaves them as they are.
    pair, heartbeat ${{ capabilities: ['bridge'] }}, heartbeat ${{ capabilities: [] }}, getRunner`
  it`heartbeat/any-words [connected]: Any words of lower-case letters and underscores are capabilities.
    pair, heartbeat ${{ capabilities: ['a', 'file_access', '_'] }}, getRunner`
  it`heartbeat/gone-before-capabilities [none]: An unknown runner is 410, whatever its heartbeat declares.
    2: heartbeat capabilities=invalid`
  at('listRunners')
  it`heartbeat/capabilities-listed: The list of runners shows the capabilities that a heartbeat has declared.
    pair-connect, listRunners`

  at('heartbeat runner connected')
  for (const [name, capability] of Object.entries(INVALID)) {
    it`heartbeat/invalid-capability-${name}: A heartbeat with the capability ${JSON.stringify(capability)} is 400 and leaves the capabilities as they were.
      pair, heartbeat ${{ capabilities: ['jobs', capability] }}, getRunner`
  }

  at('heartbeat job cancelJob')
  it`heartbeat/announces-cancelled-once [running -> cancelled]: A job cancelled while it runs is announced by the next heartbeat, and by no later one.
    pair, createJob, nextJob, heartbeat, cancelJob 1, heartbeat x2`
  it`heartbeat/announces-all-cancelled [running -> cancelled]: A heartbeat announces every job that was cancelled since the last one, and no other.
    pair, createJob x3, nextJob x3, cancelJob 1, cancelJob 2, heartbeat`
  it`heartbeat/silent-about-pending [pending -> cancelled]: A job cancelled before it was handed out is not announced.
    pair, createJob, cancelJob 1, heartbeat`
  it`heartbeat/silent-about-ended [completed]: A cancellation that came after the end of a job is not announced.
    pair, createJob, nextJob, reportJobResult 1, cancelJob 1, heartbeat`
  it`heartbeat/second-cancel-not-announced [cancelled]: Cancelling a job twice announces it once.
    pair, createJob, nextJob, cancelJob 1, cancelJob 1, heartbeat, cancelJob 1, heartbeat`
  it`heartbeat/announces-own-jobs: A runner hears of its own cancelled jobs only.
    pair, elsewhere 2: pair, createJob, nextJob, cancelJob 1, 2: heartbeat, heartbeat`
  it`heartbeat/refused-announces-later: A heartbeat that is refused does not use up an announcement.
    pair, createJob, nextJob, cancelJob 1, heartbeat capabilities=invalid, heartbeat`
  it`heartbeat/connect-hears-nothing: A connect runner's heartbeat announces nothing, while its project's endpoint runner has cancelled jobs.
    pair, 2: pair-connect, createJob, nextJob, cancelJob 1, 2: heartbeat, heartbeat`

  at('heartbeat runner disconnected should')
  it`heartbeat/refused-does-not-revive: A lapsed runner whose heartbeat is refused stays as it is.
    pair, heartbeat declares=files, pass lapse, heartbeat capabilities=invalid, getRunner`

  at('registerAgents runner connected')
  it`agents/fields-come-back: A runner shows its agents with every field that was registered.
    pair, registerAgents ${{ answer: FULL_AGENT }}, getRunner`
  it`agents/presence-comes-back [field:*/params/[]/presence]: A runner shows which inputs of its agents a job must bring, where that was registered.
    pair, registerAgents ${{ answer: STRICT_AGENT }}, getRunner`
  it`agents/absent-fields-left-out: Of an agent without fields only the name and the timeout 0 are shown.
    pair, registerAgents ${{ bare: {} }}, getRunner`
  it`agents/sdk-form: An agent with an empty description and a timeout of 0, as SDKs register it, is accepted and shown.
    pair, registerAgents ${{ greeter: SDK_AGENT }}, getRunner`
  it`agents/key-is-the-name: The map's key is the agent's name, whatever the agent itself says.
    pair, registerAgents ${{ real: { name: 'pretended' } }}, getRunner, createJob ${{ agent_name: 'pretended' }},
    createJob ${{ agent_name: 'real' }}`
  it`agents/whole-set-replaced: Registering replaces the whole set of agents.
    pair, registerAgents ${{ first: {}, second: {} }}, registerAgents ${{ third: {} }}, getRunner`
  it`agents/agent-replaced-whole: An agent that is registered again has just the fields of the new registration.
    pair, registerAgents ${{ answer: FULL_AGENT }}, registerAgents ${{ answer: { language: 'ruby' } }}, getRunner`
  it`agents/cleared: An empty map clears the agents.
    pair, registerAgents names=none, getRunner, createJob`
  it`agents/replaced-agent-takes-no-job [createJob]: An agent that is no longer registered takes no job (400); a new one does.
    pair, createJob, registerAgents ${{ second: {} }}, createJob, createJob ${{ agent_name: 'second' }}`
  it`agents/negative-timeout: A negative timeout of an agent is shown as it is and counts as none: jobs have the default one.
    pair, registerAgents ${{ echo: { timeout: -5 } }}, getRunner, createJob, getJob 1`
  it`agents/names-are-exact [createJob]: A job names its agent exactly: other letter case or spaces around it are another name (400).
    pair, registerAgents ${{ Echo: {} }}, createJob ${{ agent_name: 'echo' }}, createJob ${{ agent_name: 'ECHO' }},
    createJob ${{ agent_name: ' Echo' }}, createJob ${{ agent_name: 'Ech' }}`
  it`agents/on-connect-runner: A connect runner may register agents too.
    pair-connect, registerAgents, getRunner`
  it`agents/per-runner: Agents belong to the runner that registered them.
    pair, registerAgents ${{ first: {} }}, elsewhere 2: pair, 2: registerAgents ${{ second: {} }}, getRunner,
    2: getRunner`
  at('registerAgents runner connected', needsAgents(5))
  it`agents/unusual-names: Agents may have names in any script and with any signs; jobs find them by those names.
    pair, registerAgents ${Object.fromEntries(UNUSUAL.map((name) => [name, {}]))}, getRunner,
    createJob ${{ agent_name: UNUSUAL[0] }}, createJob ${{ agent_name: UNUSUAL[1] }},
    createJob ${{ agent_name: UNUSUAL[2] }},
    createJob ${{ agent_name: UNUSUAL[3] }}, createJob ${{ agent_name: UNUSUAL[4] }}, listJobs`
  at('registerAgents runner connected', needsAgents(2))
  it`agents/empty-name: The name of an agent may be empty: it is registered and shown.
    pair, registerAgents ${{ '': {}, other: {} }}, getRunner`
  at('createJob')
  it`agents/listed [listRunners]: The list of runners shows the agents of a connected runner as its own page does.
    pair, registerAgents ${{ answer: FULL_AGENT }}, listRunners`
  it`agents/optional-params-not-demanded: A job need not bring the inputs that its agent declares as optional.
    pair, registerAgents ${{ echo: STRICT_AGENT }}, createJob ${{ inputs: { question: 'Why?' } }}`
  it`agents/params-not-judged: The server does not hold inputs against the params of an agent: that is up to the runner.
    pair, registerAgents ${{ echo: STRICT_AGENT }}, createJob, createJob ${{ inputs: { question: 7, more: true } }}`

  at('patchChecklist runner connected')
  it`checklist/first-patch: The first patch is the checklist, as it was sent.
    pair,
    patchChecklist ${{ install: { done: true, tool: 'npm' }, files: ['a', 'b'], note: null, count: 0, ready: false }},
    getRunner`
  it`checklist/adds-keys: A patch adds keys and leaves the others.
    pair, patchChecklist ${{ a: 1 }}, patchChecklist ${{ b: 2 }}, getRunner`
  it`checklist/replaces-values: A value of the patch replaces the one before.
    pair, patchChecklist ${{ a: 1, b: 1 }}, patchChecklist ${{ b: 2 }}, getRunner`
  it`checklist/merges-objects: Objects merge key by key.
    pair, patchChecklist ${{ install: { done: false, tool: 'npm' } }}, patchChecklist ${{ install: { done: true } }},
    getRunner`
  it`checklist/merges-deeply: Objects merge at every level.
    pair, patchChecklist ${{ a: { b: { c: { d: 1, e: 1 } } } }}, patchChecklist ${{ a: { b: { c: { d: 2 }, x: 3 } } }},
    getRunner`
  it`checklist/replaces-arrays: An array replaces an array.
    pair, patchChecklist ${{ files: ['a', 'b', 'c'] }}, patchChecklist ${{ files: ['d'] }}, getRunner`
  it`checklist/objects-in-arrays: Objects inside arrays are replaced with their array.
    pair, patchChecklist ${{ steps: [{ id: 1, done: false }] }}, patchChecklist ${{ steps: [{ id: 1 }] }}, getRunner`
  it`checklist/scalar-over-object: A scalar replaces an object.
    pair, patchChecklist ${{ step: { done: true } }}, patchChecklist ${{ step: 'skipped' }}, getRunner`
  it`checklist/object-over-scalar: An object replaces a scalar.
    pair, patchChecklist ${{ step: 'waiting' }}, patchChecklist ${{ step: { done: true } }}, getRunner`
  it`checklist/array-over-object: An array replaces an object.
    pair, patchChecklist ${{ step: { done: true } }}, patchChecklist ${{ step: ['x'] }}, getRunner`
  it`checklist/object-over-array: An object replaces an array.
    pair, patchChecklist ${{ step: ['x'] }}, patchChecklist ${{ step: { done: true } }}, getRunner`
  it`checklist/null-replaces: Null replaces a value and comes back as null.
    pair, patchChecklist ${{ step: { done: true }, note: 'x' }}, patchChecklist ${{ step: null }}, getRunner`
  it`checklist/object-over-null: An object replaces null.
    pair, patchChecklist ${{ step: null }}, patchChecklist ${{ step: { done: true } }}, getRunner`
  it`checklist/empty-object: An empty object in a patch leaves the object that is there.
    pair, patchChecklist ${{ step: { done: true } }}, patchChecklist ${{ step: {} }}, getRunner`
  it`checklist/empty-patch: An empty patch changes nothing.
    pair, patchChecklist ${{ step: { done: true } }}, patchChecklist ${{}}, getRunner`
  it`checklist/merges-under-ten-keys: Objects under ${deepest} keys still merge.
    pair, patchChecklist ${nest(deepest, { old: 1, kept: 1 })}, patchChecklist ${nest(deepest, { old: 2 })}, getRunner`
  it`checklist/replaces-under-eleven-keys: Under ${deepest + 1} keys the new value replaces the old.
    pair, patchChecklist ${nest(deepest + 1, { old: 1, lost: 1 })}, patchChecklist ${nest(deepest + 1, { old: 2 })},
    getRunner`
  it`checklist/three-patches: Patches add up in the order in which they came.
    pair, patchChecklist ${{ a: { x: 1 } }}, patchChecklist ${{ a: { y: 1 } }},
    patchChecklist ${{ a: { x: 2 }, b: 1 }}, getRunner`

  at('patchChecklist')
  it`checklist/absent-until-set [getRunner]: A runner shows no checklist until it is patched, and then also in the list.
    pair-connect, getRunner, patchChecklist ${{ step: { done: true } }}, listRunners`
  it`checklist/outlives-heartbeats: Heartbeats and registrations leave the checklist alone.
    pair, patchChecklist, heartbeat declares=jobs, registerAgents, getRunner`
  it`checklist/per-runner: A checklist belongs to its runner.
    pair, 2: pair-connect, patchChecklist, 2: getRunner`
  at('patchChecklist runner none')
  it`checklist/body-before-owner: A checklist that is no object is 400, also for an unknown runner.
    patchChecklist runnerId=? []: 400
    patchChecklist runnerId=? "done": 400
    patchChecklist runnerId=? 7: 400`
})
