/** The page that a daemon's pairing link leads to: what is to be paired, one button, and what came of it. */
import { useState } from 'preact/hooks'
import type { ReadPairingLink } from '../../kernel/pairing.js'
import { SecretField, instead } from '../parts/field.js'
import { activateLink, type LinkedApi, type PairingOutcome } from '../model/activate-link.js'
import { NamedValues } from '../parts/values.js'

export function PairingPage({ link, api }: { link: ReadPairingLink | undefined; api: LinkedApi }) {
  return (
    <main class="pairing">
      <section class="card" aria-labelledby="title">
        {link === undefined ? <NoLink /> : <Pairing link={link} api={api} />}
      </section>
    </main>
  )
}

function NoLink() {
  return (
    <>
      <h1 id="title">This link is incomplete</h1>
      <p>
        A pairing link ends in <code>#</code> and a long code that tells which runner it is for. Copy the whole link
        from the terminal of <code>opik connect</code> or <code>opik endpoint</code>.
      </p>
    </>
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
  return (
    <>
      <h1 id="title">{isDone ? 'Runner paired' : 'Pair a runner'}</h1>
      <Facts link={link} api={api} />
      <form onSubmit={instead(() => void activate())}>
        {isKeyWanted && !isDone && (
          <SecretField
            label={`API key${api.elsewhere === undefined ? '' : ` for ${api.elsewhere}`}`}
            value={apiKey}
            onChange={setApiKey}
          />
        )}
        {!isDone && (
          <button type="submit" class="button primary" disabled={state === 'busy'}>
            Activate
          </button>
        )}
      </form>
      <div role="status" class={`outcome ${state}`}>
        {state !== 'waiting' && state !== 'busy' && <p>{wordsOf(state, link, apiKey !== '')}</p>}
      </div>
    </>
  )
}

function Facts({ link, api }: { link: ReadPairingLink; api: LinkedApi }) {
  const { runnerName, type, projectName, projectId, workspace } = link
  const does =
    type === 'endpoint' ? 'runs an agent when a job asks for it' : 'reads and changes files for the assistant'
  return (
    <NamedValues
      of={[
        ['Runner', runnerName],
        ['Type', [<span class={`tag ${type}`}>{type}</span>, ' ', does]],
        ['Project', projectName ?? projectId],
        ['Workspace', workspace],
        ['Server', api.elsewhere],
      ]}
    />
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
