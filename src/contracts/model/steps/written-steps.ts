/**
 * Tells a sequence again as a bash script of curl commands. Ids that a server hands out become shell variables, taken
 * from the answers on the way; keys and proofs are made by the script, so nothing secret is in it.
 */
import { operations } from '../../../kernel/operation.js'
import { describeCall, isRecord, targetOf, textOf, type ModelCall } from '../rules/call.js'
import { createNames, type Names } from './script-names.js'
import { beginning, ending } from './script-parts.js'
import type { RaceSteps, Step } from './step.js'
import type { RecordedSteps } from './recorded-steps.js'

/** Renders the script. It ends with 1 when the target still answers wrongly in the same way, with 0 otherwise. */
export function renderScript(story: RecordedSteps): string {
  const names = createNames()
  const lines: string[] = []
  const projects = [...story.projects].map(([id, owner]) => ({ id, owner, name: names.add('PROJECT', id) }))
  for (const [at, step] of story.steps.entries()) lines.push('', ...tell(step, String(at + 1), names))
  if (story.race !== undefined) lines.push(...tellRace(story.race, names))
  const used = projects.filter(({ name }) => lines.some((line) => line.includes(`"$${name}"`)))
  return [...beginning(story, used), ...lines, '', ...ending(story, names)].join('\n')
}

function tell(step: Step, number: string, names: Names): string[] {
  if (step.kind === 'pass') return [`step '${number}. time passes'`, `pass ${Math.ceil(step.seconds)}`]
  const title = `${number}. ${describeCall(step.call)}`
  if (step.kind === 'poll') return [`step '${title}, which waits'`, `later ${step.poll} ${curlOf(step.call, names)}`]
  const told = step.answer === undefined ? 'no answer' : String(step.answer.status)
  if (step.kind === 'woken') return [`step '${title} is answered: ${told}'`, `await ${step.poll}`]
  return [
    `step '${title}: ${told}'`,
    ...prepare(step.call, names),
    `now ${curlOf(step.call, names)}`,
    ...remember(step, names),
  ]
}

/** Each lane is a function; all run at once, and what they have named is known to all afterwards. */
function tellRace({ lanes: all, feeder, after }: RaceSteps, names: Names): string[] {
  const lanes = [...all, feeder].filter(({ length }) => length > 0)
  const functions = lanes.flatMap((steps, at) => [
    '',
    `lane_${at + 1}() {`,
    // The feeder makes what others wait for.
    `  DIR=$DIR/${at + 1}; mkdir "$DIR"${steps === feeder ? '; sleep 0.3' : ''}`,
    ...steps.flatMap((step, place) => tell(step, `${at + 1}.${place + 1}`, names)).map((line) => `  ${line}`),
    '}',
  ])
  const start = lanes.map((_, at) => `lane_${at + 1} & LANES[${at}]=$!`)
  return [
    ...functions,
    '',
    'NOTES=$DIR/names; : >"$NOTES"',
    ...start,
    'wait "${LANES[@]}"; while read -r n id; do NOTES= name "$n" "$id"; done <"$NOTES"',
    ...after.flatMap((step, at) => ['', ...tell(step, `after.${at + 1}`, names)]),
  ]
}

/** What must be made before a call: a key, a proof. */
function prepare({ operation, secret, path, body }: ModelCall, names: Names): string[] {
  if (operation === 'createPairingSession') return [`KEY=$(openssl rand -hex ${secret === 'right' ? 32 : 31})`]
  if (operation !== 'activatePairingSession') return []
  const session = path['sessionId'] ?? ''
  const runnerName = `${secret === 'right' ? '' : 'not '}${textOf(body, 'runner_name')}`
  const key = names.find(session)?.replace('SESSION', 'KEY') ?? 'NO_KEY'
  return [`HMAC=$(proof "\${${key}:-00}" ${names.quote(session)} ${names.quote(runnerName)})`]
}

/** What later calls name. */
function remember({ call, answer }: Extract<Step, { kind: 'call' }>, names: Names): string[] {
  if (answer?.status !== 201) return []
  switch (call.operation) {
    case 'createPairingSession': {
      const session = names.add('SESSION', textOf(answer.body, 'session_id'))
      const runner = names.add('RUNNER', textOf(answer.body, 'runner_id'))
      const key = session.replace('SESSION', 'KEY')
      return [`name ${session} "$(field session_id)"; name ${runner} "$(field runner_id)"; ${key}=$KEY`]
    }
    case 'createJob': {
      const id = answer.headers['location']?.split('/').at(-1) ?? ''
      return [`name ${names.add('JOB', id)} "$(created)"`]
    }
    case 'createBridgeCommand':
      return [`name ${names.add('COMMAND', textOf(answer.body, 'command_id'))} "$(field command_id)"`]
    default:
      return []
  }
}

/** Method, path and body of a call as curl takes them. */
function curlOf(call: ModelCall, names: Names): string {
  const { operation, identity, body } = call
  const parts = ['curl', `"\${${identity.toUpperCase()}[@]}"`, '-X', operations[operation].method]
  parts.push(`"$API"${names.quote(targetOf(call))}`)
  if (body !== undefined) parts.push('-H', "'content-type: application/json'", '-d', bodyOf(call, names))
  return parts.join(' ')
}

/** Stands where the script puts in what it has made. */
const SECRET = 'made-by-the-script'

function bodyOf({ operation, body }: ModelCall, names: Names): string {
  const secret =
    operation === 'createPairingSession'
      ? 'activation_key'
      : operation === 'activatePairingSession'
        ? 'hmac'
        : undefined
  if (secret === undefined || !isRecord(body)) return names.quote(JSON.stringify(body))
  const value = secret === 'hmac' ? '"$HMAC"' : '"$(base64_of "$KEY")"'
  return names.quote(JSON.stringify({ ...body, [secret]: SECRET })).replace(SECRET, `'${value}'`)
}
