/** The parts of a script that are the same for every story: its head, the functions that it uses, and its end. */
import type { Names } from './script-names.js'
import type { RecordedSteps } from './recorded-steps.js'
import type { Step } from './step.js'

/** A project that the script makes, or is given. */
export interface ScriptProject {
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
  sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<id>/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/<time>/g' <<<"$text"
}
bytes() { printf "$(printf %s "$1" | tr -d - | sed 's/../\\\\x&/g')"; }
base64_of() { bytes "$1" | openssl base64 -A; }
proof() { { bytes "$2"; printf %s "$3" | openssl dgst -sha256 -binary; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | openssl base64 -A; }`

const PASS = `pass() { curl -s -o /dev/null -X POST "$ADMIN/clock/advance" -H 'content-type: application/json' -d "{\\"seconds\\":$1}"; sleep 0.3; }`

function stepsOf({ steps, race }: RecordedSteps): readonly Step[] {
  return [...steps, ...(race === undefined ? [] : [...race.lanes.flat(), ...race.feeder, ...race.after])]
}

/** Everything before the first call. */
export function beginning(story: RecordedSteps, projects: readonly ScriptProject[]): string[] {
  const { url, seed } = story.context
  const names = new Set([
    ...stepsOf(story).flatMap((step) => (step.kind === 'pass' ? [] : [step.call.identity])),
    ...projects.map(({ owner }) => owner),
  ])
  const headers = [...story.headers].filter(([identity]) => names.has(identity))
  const keys = ['OPIK_COLLEAGUE_API_KEY', 'OPIK_OTHER_API_KEY'].filter((name) =>
    headers.some(([, each]) => Object.values(each).includes(`$${name}`)),
  )
  const takesTime = story.steps.some(({ kind }) => kind === 'pass')
  return [
    '#!/usr/bin/env bash',
    `# ${story.check}, found with seed ${seed}. The same in the kit:`,
    `#   opik-runner-kit verify ${url} --check ${story.check} --seed ${seed} --path ${story.path}`,
    '# Needs bash, curl and openssl. Makes what it needs and removes it. Ends with 1 when the answer is wrong as it was then.',
    `API=\${API:-${url}}`,
    ...(takesTime ? [`ADMIN=\${ADMIN:-${new URL(url).origin}/__admin}`, PASS] : []),
    // Two users need two keys, whatever they are.
    ...keys.map((name, at) => `${name}=\${${name}:-somebody-else-${at + 1}} # where anybody is let in, any text does`),
    ...headers.map(([identity, each]) => `${identity.toUpperCase()}=(${headerWords(each)})`),
    FUNCTIONS,
    ...cleanUp(
      story,
      headers.map(([identity]) => identity),
    ),
    ...projects.flatMap((project) => makeProject(project, story.isShared)),
  ]
}

const OMITTED = new Set(['content-type', 'content-length'])

function headerWords(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .filter(([name]) => !OMITTED.has(name))
    .map(([name, value]) =>
      value.startsWith('$') ? `-H "${name}: ${value}"` : `-H '${name}: ${value.replaceAll("'", `'"'"'`)}'`,
    )
    .join(' ')
}

function cleanUp({ isShared }: RecordedSteps, identities: readonly string[]): string[] {
  const remove = (path: string): string =>
    identities
      .map(
        (identity) =>
          `curl -s -o /dev/null "\${${identity.toUpperCase()}[@]}" -X DELETE "$API/v1/private/${path}/\${!n}"`,
      )
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
    `now curl "\${${owner.toUpperCase()}[@]}" -X POST "$API/v1/private/projects" -H 'content-type: application/json' -d "{\\"name\\":\\"model-$RANDOM-$RANDOM\\"}"`,
    `name ${name} "$(created)"`,
  ]
}

/** What was wrong, and whether it still is. */
export function ending({ expected, actual, steps, race }: RecordedSteps, names: Names): string[] {
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
