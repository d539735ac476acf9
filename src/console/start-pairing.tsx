/** The page that pairing links lead to: what is to be paired, one button, and what came of it. */
import { render } from 'preact'
import { readPairingLink, type ReadPairingLink, signActivation } from '../kernel/pairing.js'
import { useState } from 'preact/hooks'
import { Button } from './parts/button.js'
import { Field, instead } from './parts/field.js'
import { NamedValues } from './parts/values.js'
import { operations } from '../kernel/all-operations.js'
import { fillPath } from '../kernel/operation.js'

function PairingPage({ link, api }: { link: ReadPairingLink | undefined; api: LinkedApi }) {
  return (
    <main class="pairing">
      <section class="card" aria-labelledby="title">
        {link !== undefined ? (
          <Pairing link={link} api={api} />
        ) : (
          <>
            <h1 id="title">This link is incomplete</h1>
            <p>
              A pairing link ends in <code>#</code> and a long code that tells which runner it is for. Copy the whole
              link from the terminal of <code>opik connect</code> or <code>opik endpoint</code>.
            </p>
          </>
        )}
      </section>
    </main>
  )
}

function Pairing({ link, api }: { link: ReadPairingLink; api: LinkedApi }) {
  const [state, setState] = useState<PairingOutcome | 'waiting' | 'busy'>('waiting')
  const [apiKey, setApiKey] = useState('')
  const [isKeyWanted, setKeyWanted] = useState(false)
  const activate = async (): Promise<void> => {
    setState('busy')
    const outcome = await activateLink(link, api.base, apiKey.trim())
    if (outcome === 'key-wanted') setKeyWanted(true)
    setState(outcome)
  }
  const isDone = state === 'paired' || state === 'was-paired'
  const { runnerName, type, projectName, projectId, workspace } = link
  const does =
    type === 'endpoint' ? 'runs an agent when a job asks for it' : 'reads and changes files for the assistant'
  return (
    <>
      <h1 id="title">{isDone ? 'Runner paired' : 'Pair a runner'}</h1>
      <NamedValues
        of={[
          ['Runner', runnerName],
          ['Type', [<span class={`tag ${type}`}>{type}</span>, ' ', does]],
          ['Project', projectName ?? projectId],
          ['Workspace', workspace],
          ['Server', api.elsewhere],
        ]}
      />
      <form onSubmit={instead(() => void activate())}>
        {isKeyWanted && !isDone && (
          <Field
            kind="secret"
            label={`API key${api.elsewhere === undefined ? '' : ` for ${api.elsewhere}`}`}
            value={apiKey}
            onChange={setApiKey}
          />
        )}
        {!isDone && <Button words="Activate" kind="primary" disabled={state === 'busy'} />}
      </form>
      <div role="status" class={`outcome ${state}`}>
        {state !== 'waiting' && state !== 'busy' && <p>{wordsOf(state, link, apiKey !== '')}</p>}
      </div>
    </>
  )
}

function wordsOf(outcome: PairingOutcome, { runnerName, workspace }: ReadPairingLink, hasKey: boolean): string {
  const words: Readonly<Record<PairingOutcome, string>> = {
    paired: `${runnerName} is connected. You may close this page.`,
    'was-paired': `${runnerName} was paired before. You may close this page.`,
    tampered: hasKey
      ? `The server refused: the link was changed on its way, or your key is for no member of ${workspace ?? 'the workspace'}.`
      : 'The server refused: the link was changed on its way. Copy it from the terminal once more.',
    expired: 'This link has expired, or is meant for another server. Start the daemon again for a new one.',
    'key-wanted': 'This server wants to know who you are.',
    refused: 'The server could not do it. Try again.',
    'no-answer': 'The server does not answer. Is it running?',
  }
  return words[outcome]
}

type LinkedApi = ReturnType<typeof findApi>

/** The API that a link means. `url`: where it says that the server stands; `apiPath`: of this page's API, '' for none. */
function findApi(url: string | undefined, origin: string, apiPath: string) {
  /** `elsewhere`: the server, when it is another than this page's. */
  const own = { base: origin + apiPath, elsewhere: undefined }
  if (url === undefined || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return own
  const named = new URL(url)
  if (placeOf(named) === placeOf(new URL(origin))) return own
  return { base: `${url.replace(/\/+$/, '')}/api`, elsewhere: named.host }
}

/** Protocol, host and port, with one name for this machine. */
function placeOf({ protocol, hostname, port }: URL): string {
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
  return `${protocol}//${isLoopback ? 'localhost' : hostname}:${port}`
}

/** What the statuses of an activation mean; 409 is a success, too: another click was quicker. */
const outcomes = { 201: 'paired', 409: 'was-paired', 403: 'tampered', 404: 'expired', 401: 'key-wanted' } as const

type PairingOutcome = (typeof outcomes)[keyof typeof outcomes] | 'refused' | 'no-answer'

/** @param apiKey '' for none */
async function activateLink(link: ReadPairingLink, base: string, apiKey: string): Promise<PairingOutcome> {
  const { sessionId, activationKey, runnerName, workspace } = link
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (workspace !== undefined) headers['comet-workspace'] = workspace
  if (apiKey !== '') headers['authorization'] = apiKey
  const body = JSON.stringify({
    runner_name: runnerName,
    hmac: await signActivation(activationKey, sessionId, runnerName),
  })
  try {
    const path = fillPath(operations.activatePairingSession, { sessionId })
    const { status } = await fetch(base + path, { method: 'POST', headers, body })
    const known: Readonly<Record<number, PairingOutcome>> = outcomes
    return known[status] ?? 'refused'
  } catch {
    return 'no-answer'
  }
}

const root = document.getElementById('app')
if (root !== null) {
  const apiPath = document.querySelector<HTMLMetaElement>('meta[name="api-path"]')?.content ?? ''
  const draw = (): void => {
    const link = readPairingLink(location.href)
    // Another link in the same tab is another page.
    render(<PairingPage key={location.hash} link={link} api={findApi(link?.url, location.origin, apiPath)} />, root)
  }
  addEventListener('hashchange', draw)
  draw()
}
