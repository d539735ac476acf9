/** Turns a sequence that went wrong into the finding of a check, with a script that a person can read and repeat. */
import { UUID } from '../../../kernel/id-source.js'
import { type ApiCall, describeCall } from '../../../kernel/recording/api-call.js'
import { operations } from '../../../kernel/all-operations.js'
import { roleOf } from '../../../lifecycle/roles.js'
import { idAtEndOf } from '../../target/answer.js'
import { Violation } from '../../target/expectation.js'
import { isObject, textAt } from '../../../kernel/json-value.js'
import { allSteps, targetOf, type RaceSteps, type SequenceFailure, type SequenceStep } from '../steps/step.js'
import type { PlaySetup } from './play-setup.js'

type Names = ReturnType<typeof createNames>

const UUIDS = new RegExp(UUID, 'g')
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

/** Ids by the names of shell variables. */
function createNames() {
  const byId = new Map<string, string>()
  const counts = new Map<string, number>()
  return {
    /** Names an id `PREFIX_n`; the same id keeps its name. */
    add(prefix: string, id: string): string {
      const known = byId.get(id)
      if (known !== undefined) return known
      const count = (counts.get(prefix) ?? 0) + 1
      counts.set(prefix, count)
      byId.set(id, `${prefix}_${count}`)
      return `${prefix}_${count}`
    },
    find: (id: string) => byId.get(id),
    /** Text as a shell word, with variables in the place of ids that have a name. */
    quote(text: string): string {
      const parts = text.split(new RegExp(`(${UUID})`))
      const words = parts.map((part) => {
        const name = byId.get(part)
        return name === undefined ? singleQuoted(part) : `"$${name}"`
      })
      return words.join('') || "''"
    },
    /** Text for people and for comparison: names in the place of ids. */
    plain: (text: string) =>
      text.replaceAll(UUIDS, (id) => (byId.has(id) ? `$${byId.get(id)}` : '<id>')).replaceAll(TIME, '<time>'),
  }
}

function singleQuoted(text: string): string {
  if (text === '') return ''
  return `'${text.replaceAll("'", `'"'"'`)}'`
}

interface ScriptProject {
  id: string
  name: string
  /** The identity whose workspace it is in. */
  owner: string
}

const FUNCTIONS = `DIR=$(mktemp -d); NAMES=(); PIDS=()
# Sends a request; STATUS, $DIR/head and $DIR/body then hold the answer.
now() { : >"$DIR/body"; STATUS=$("$@" -s -m 20 -D "$DIR/head" -o "$DIR/body" -w '%{http_code}'); tell; }
# Sends a request that has to wait; await N takes its answer.
later() { local n=$1; shift; "$@" -s -m 200 -D "$DIR/$n.head" -o "$DIR/$n.body" -w '%{http_code}' >"$DIR/$n.status" & PIDS[n]=$!; sleep 0.3; }
await() {
  local i; for i in {1..60}; do kill -0 "\${PIDS[$1]}" 2>/dev/null || break; sleep 0.1; done
  STATUS=$(cat "$DIR/$1.status"); : >"$DIR/body"; cp "$DIR/$1.body" "$DIR/body" 2>/dev/null; tell
}
step() { echo "$1"; }
tell() { [ "\${STATUS:-000}" = 000 ] && STATUS='no answer'; echo "    $STATUS $(cat "$DIR/body")"; }
field() { sed -n "s/.*\\"$1\\" *: *\\"\\([^\\"]*\\)\\".*/\\1/p" "$DIR/body"; }
created() { tr -d '\\r' <"$DIR/head" | sed -n 's/^[Ll]ocation: .*\\/\\([0-9A-Fa-f-]*\\)$/\\1/p'; }
name() { printf -v "$1" %s "$2"; NAMES+=("$1"); [ -z "\${NOTES:-}" ] || echo "$1 $2" >>"$NOTES"; }
# The answer with names in the place of ids, and without times.
plain() {
  local text n; text=$(cat "$DIR/body")
  for n in "\${NAMES[@]}"; do text=\${text//"\${!n}"/\\$$n}; done
  sed -E 's/${UUID.replace('?:', '')}/<id>/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/<time>/g' <<<"$text"
}
bytes() { printf "$(printf %s "$1" | tr -d - | sed 's/../\\\\x&/g')"; }
base64_of() { bytes "$1" | openssl base64 -A; }
proof() { { bytes "$2"; printf %s "$3" | openssl dgst -sha256 -binary; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | openssl base64 -A; }`

const PASS = `pass() { curl -s -o /dev/null -X POST "$ADMIN/clock/advance" -H 'content-type: application/json' -d "{\\"seconds\\":$1}"; sleep 0.3; }`

function beginning(
  { context: { url, seed }, start: { isShared }, headers: known }: PlaySetup,
  failure: SequenceFailure,
  { check, path }: Place,
  projects: readonly ScriptProject[],
): string[] {
  const callers = new Set([
    ...allSteps(failure).flatMap((step) => (step.kind === 'pass' ? [] : [step.call.caller])),
    ...projects.map(({ owner }) => owner),
  ])
  // What each identity sends, secrets masked.
  const shown = failure.finding.exchanges.map(({ identity, requestHeaders }) => [identity, requestHeaders] as const)
  const headers = [...new Map([...known, ...shown])].filter(([identity]) => callers.has(identity))
  const sent = headers.flatMap(([, each]) => Object.values(each))
  const keys = ['OPIK_COLLEAGUE_API_KEY', 'OPIK_READER_API_KEY', 'OPIK_OTHER_API_KEY'].filter((name) =>
    sent.includes(`$${name}`),
  )
  const takesTime = failure.steps.some(({ kind }) => kind === 'pass')
  return [
    '#!/usr/bin/env bash',
    `# ${check}, found with seed ${seed}. The same in the kit:`,
    `#   opik-runner-kit verify ${url} --check ${check} --seed ${seed} --path ${path}`,
    '# Needs bash, curl and openssl. Makes what it needs and removes it. Ends with 1 when the answer is wrong as it was then.',
    `API=\${API:-${url}}`,
    ...(takesTime ? [`ADMIN=\${ADMIN:-${new URL(url).origin}/__admin}`, PASS] : []),
    // Two users need two keys, whatever they are.
    ...keys.map((name, at) => `${name}=\${${name}:-somebody-else-${at + 1}} # where anybody is let in, any text does`),
    ...headers.map(([identity, each]) => `${identity.toUpperCase()}=(${headerWords(each)})`),
    FUNCTIONS,
    ...cleanUp(
      isShared,
      headers.map(([identity]) => identity),
    ),
    ...projects.flatMap((project) => makeProject(project, isShared)),
  ]
}

const OMITTED = new Set(['content-type', 'content-length'])

function headerWords(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .filter(([name]) => !OMITTED.has(name))
    .map(([name, value]) =>
      /^\$[A-Z_]+$/.test(value) ? `-H "${name}: ${value}"` : `-H ${singleQuoted(`${name}: ${value}`)}`,
    )
    .join(' ')
}

/** The headers of a caller, which are an array of the shell. */
function arrayOf(identity: string): string {
  return `"\${${identity.toUpperCase()}[@]}"`
}

function cleanUp(isShared: boolean, identities: readonly string[]): string[] {
  const remove = (path: string): string =>
    identities
      .map((each) => `curl -s -o /dev/null ${arrayOf(each)} -X DELETE "$API/v1/private/${path}/\${!n}"`)
      .join('; ')
  return [
    'finish() {',
    '  local code=$? n; kill "${PIDS[@]}" 2>/dev/null',
    '  for n in "${NAMES[@]}"; do case $n in',
    `    RUNNER_*) ${remove('local-runners')} ;;`,
    ...(isShared ? [] : [`    PROJECT_*) ${remove('projects')} ;;`]),
    '  esac; done',
    '  rm -rf "$DIR"; exit $code',
    '}',
    'trap finish EXIT',
  ]
}

function makeProject({ id, name, owner }: ScriptProject, isShared: boolean): string[] {
  if (isShared) return ['', `name ${name} ${id}`]
  return [
    '',
    `step 'a project for ${owner}'`,
    `now curl ${arrayOf(owner)} -X POST "$API/v1/private/projects" -H 'content-type: application/json' -d "{\\"name\\":\\"model-$RANDOM-$RANDOM\\"}"`,
    `name ${name} "$(created)"`,
  ]
}

function ending({ finding: { expected, actual }, steps, race }: SequenceFailure, names: Names): string[] {
  const verdict = ["cat <<'END'", '', `expected ${names.plain(expected)}`, `got      ${names.plain(actual)}`, 'END']
  if (race !== undefined)
    return [...verdict, "echo 'It is a race: the answers above may differ from one time to the next.'", '']
  const last = steps.at(-1)
  const answer = last !== undefined && 'answer' in last ? last.answer : undefined
  // The words of an error may change from one time to the next.
  const wrong = answer === undefined ? 'no answer' : String(answer.status)
  const hasBody = answer !== undefined && answer.status < 400
  return [
    ...verdict,
    "WRONG=$(cat <<'END'",
    hasBody ? `${wrong} ${names.plain(answer.text)}` : wrong,
    'END',
    ')',
    `[ "$STATUS${hasBody ? ' $(plain)' : ''}" = "$WRONG" ] && { echo 'The answer is wrong as it was.'; exit 1; }`,
    "echo 'This time the answer is another one.'",
    '',
  ]
}

/** Which check went wrong, and the path to the sequence. */
interface Place {
  check: string
  path: string
}

/**
 * The finding of a check, with the steps as a script, which ends with 1 when the target still answers wrongly in the same way,
 * with 0 otherwise.
 */
export function toViolation(setup: PlaySetup, failure: SequenceFailure, place: Place): Violation {
  const names = createNames()
  const lines: string[] = []
  const projects = [...setup.start.projects].map(([id, of]): ScriptProject => {
    return { id, owner: of === 'own' ? 'main' : 'stranger', name: names.add('PROJECT', id) }
  })
  for (const [at, step] of failure.steps.entries()) lines.push('', ...tell(step, String(at + 1), names))
  if (failure.race !== undefined) lines.push(...tellRace(failure.race, names))
  const used = projects.filter(({ name }) => lines.some((line) => line.includes(`"$${name}"`)))
  const script = [...beginning(setup, failure, place, used), ...lines, '', ...ending(failure, names)].join('\n')
  return new Violation({ ...failure.finding, script })
}

function tell(step: SequenceStep, number: string, names: Names): string[] {
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
function prepare({ operation, secret, path, body }: ApiCall, names: Names): string[] {
  if (operation === 'createPairingSession') return [`KEY=$(openssl rand -hex ${secret === 'wrong' ? 31 : 32})`]
  if (operation !== 'activatePairingSession') return []
  const session = path['sessionId'] ?? ''
  const runnerName = `${secret === 'wrong' ? 'not ' : ''}${textAt(body, 'runner_name')}`
  const key = names.find(session)?.replace('SESSION', 'KEY') ?? 'NO_KEY'
  return [`HMAC=$(proof "\${${key}:-00}" ${names.quote(session)} ${names.quote(runnerName)})`]
}

/** What later calls name. */
function remember({ call, answer }: Extract<SequenceStep, { kind: 'call' }>, names: Names): string[] {
  const { creates } = roleOf(call.operation)
  if (answer?.status !== 201 || creates === undefined) return []
  if (creates !== 'pairingSession') {
    const id = idAtEndOf(answer.headers['location']) ?? ''
    return [`name ${names.add(creates === 'job' ? 'JOB' : 'COMMAND', id)} "$(created)"`]
  }
  const session = names.add('SESSION', textAt(answer.body, 'session_id'))
  const runner = names.add('RUNNER', textAt(answer.body, 'runner_id'))
  const key = session.replace('SESSION', 'KEY')
  return [`name ${session} "$(field session_id)"; name ${runner} "$(field runner_id)"; ${key}=$KEY`]
}

function curlOf(call: ApiCall, names: Names): string {
  const { operation, caller, body } = call
  const parts = ['curl', arrayOf(caller), '-X', operations[operation].method]
  parts.push(`"$API"${names.quote(targetOf(call))}`)
  if (body !== undefined) parts.push('-H', "'content-type: application/json'", '-d', bodyOf(call, names))
  return parts.join(' ')
}

/** What the script puts in itself, by operation: the field, and the text in the shell. */
const secrets: Readonly<Partial<Record<string, readonly [string, string]>>> = {
  createPairingSession: ['activation_key', '"$(base64_of "$KEY")"'],
  activatePairingSession: ['hmac', '"$HMAC"'],
}

function bodyOf({ operation, body }: ApiCall, names: Names): string {
  const [field, text] = secrets[operation] ?? []
  if (field === undefined || !isObject(body)) return names.quote(JSON.stringify(body))
  return names.quote(JSON.stringify({ ...body, [field]: SECRET })).replace(SECRET, `'${text}'`)
}

const SECRET = 'made-by-the-script'
