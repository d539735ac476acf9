/** Pairing sessions that wait for somebody to open their link: the link, the time left, and a way to do it here. */
import { useEffect, useState } from 'preact/hooks'
import type { SessionView } from '../../../kernel/admin-views.js'
import { act, ADMIN, readAdmin } from '../../model/admin-api.js'
import { memberOf } from '../../model/body-shape.js'
import { duration, many } from '../../model/labels.js'
import { go } from '../../model/route.js'
import { virtualNow } from '../../model/time.js'
import { heedWorld, projects, sessions } from '../../model/world-state.js'
import { CopyButton } from '../../parts/copy.js'
import { Icon } from '../../parts/icon.js'

/** The list; nothing where none waits. */
export function WaitingSessions() {
  heedWorld()
  if (sessions.size === 0) return null
  return (
    <section class="column-foot waiting" aria-label="Waiting for activation">
      <p>{many(sessions.size, 'pairing session')} waiting for activation</p>
      <ul class="scroll">
        {[...sessions.values()].map((session) => (
          <Waiting key={session.id} session={session} />
        ))}
      </ul>
    </section>
  )
}

function Waiting({ session }: { session: SessionView }) {
  const { id, type, project_id: projectId, runner_id: runnerId, expires_at: end } = session
  const project = projects.get(projectId)?.name ?? projectId
  const link = useLink(id)
  const activate = async (): Promise<void> => {
    const path = `${ADMIN}/pairing/${id}/activate`
    const { isOk } = await act('Activate pairing session', { method: 'POST', path })
    if (isOk) go({ page: 'world', runner: runnerId })
  }
  return (
    <li>
      <span class={`tag ${type}`}>{type}</span>
      <span class="cut" title={project}>
        {project}
      </span>
      <span class="number faint">{duration(Date.parse(end) - virtualNow())} left</span>
      <span class="link">
        {link !== undefined && (
          <>
            <a href={link} target="_blank" rel="noreferrer">
              <Icon name="link" size={14} />
              Pairing link
            </a>
            <CopyButton text={() => link} title="Copy pairing link" />
          </>
        )}
      </span>
      <button
        type="button"
        class="button small"
        aria-label={`Activate ${type} session for ${project}`}
        onClick={() => void activate()}
      >
        Activate
      </button>
    </li>
  )
}

/** The link of a session; it holds a key, so it is asked for by itself. */
function useLink(id: string): string | undefined {
  const [link, setLink] = useState<string | undefined>(undefined)
  useEffect(() => {
    void readAdmin(`/pairing/${id}/link`).then(({ body }) => {
      const told = memberOf(body, 'link')
      if (typeof told === 'string') setLink(told)
    })
  }, [id])
  return link
}
