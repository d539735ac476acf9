/** The exchanges that made something what it is: every request that names it, in its path, its body or its answer. */
import type { EventView, JournalDetail } from '../../../kernel/admin-views.js'
import { readAdmin } from '../../model/admin-api.js'
import { hrefOf } from '../../model/route.js'
import { hasMembers, memberOf } from '../../model/body-shape.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { clockTime, duration, shortPath } from '../../model/labels.js'
import { HttpStatus } from '../../parts/status.js'

/** The list, oldest first. */
export function Exchanges({ id, runnerId }: { id: string; runnerId: string }) {
  const { value } = useWatched<readonly JournalDetail[]>(id, {
    read: async () => {
      const { body } = await readAdmin(`/requests?about=${id}&given=true`)
      const requests: unknown = memberOf(body, 'requests')
      return Array.isArray(requests) ? requests.filter(isEntry) : []
    },
    isAbout: (event: EventView) =>
      event.type === 'request' && (event.path.includes(id) || event.path.includes(runnerId)),
    patience: 150,
  })
  if (value === undefined) return null
  if (value.length === 0) return <div class="empty">The journal holds none of them any more.</div>
  return (
    <ol class="exchanges scroll">
      {value.map((entry) => (
        <li key={entry.id}>
          <a href={hrefOf({ page: 'requests', request: String(entry.id) })}>
            <span class="number faint">{clockTime(Date.parse(entry.at), 'milliseconds')}</span>
            <HttpStatus status={entry.status} />
            <span class="name">{entry.operation ?? 'no operation'}</span>
            <span class="when">{duration(entry.duration_ms)}</span>
            <code class="cut faint" title={entry.path}>
              {entry.method} {shortPath(entry.path)}
            </code>
          </a>
        </li>
      ))}
    </ol>
  )
}

function isEntry(value: unknown): value is JournalDetail {
  return hasMembers(value, 'id', 'at', 'method', 'path', 'status')
}
