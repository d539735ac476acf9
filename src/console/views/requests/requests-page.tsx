/** The journal, live: a list with filters, one exchange beside it, and how well the clients behave. */
import { useEffect } from 'preact/hooks'
import type { RequestEvent } from '../../../generated/kit-schema.js'
import { act, adminCall, NDJSON } from '../../model/admin-api.js'
import { offerFile } from '../../model/platform.js'
import * as log from '../../model/requests/request-log.js'
import { go, route } from '../../model/route.js'
import { duration, shareText, shortPath } from '../../model/labels.js'
import { CheckField, Filters } from '../../parts/field.js'
import { Tabs } from '../../parts/tabs.js'
import { TableList, type Column } from '../../parts/table-list.js'
import { Conduct } from './conduct.js'
import { RequestPane } from './request-pane.js'
import { Button } from '../../parts/button.js'
import { HttpStatus, TimeOfDay } from '../../parts/values.js'

export function RequestsPage() {
  useEffect(log.followRequests, [])
  const { request } = route.value
  return (
    <div class="split" data-depth={request === undefined ? 0 : 1}>
      <section class="column" aria-label="Requests">
        <Tabs
          name="requests"
          label="Requests"
          tabs={[
            { id: 'journal', label: 'Journal', count: log.knownRequests.value.length, panel: <Journal /> },
            { id: 'conduct', label: 'Conduct of clients', panel: <Conduct /> },
          ]}
        />
      </section>
      {request !== undefined && <RequestPane key={request} id={request} />}
    </div>
  )
}

function Journal() {
  const shown = log.shownRequests.value
  const clear = async (): Promise<void> => {
    const { isOk } = await act('Clear the journal', adminCall('DELETE /requests'))
    if (isOk) log.forgetRequests()
  }
  const save = async (): Promise<void> => {
    const { body } = await act('Save a recording', adminCall('GET /requests?format=recording'))
    if (typeof body === 'string') offerFile('traffic.ndjson', body, NDJSON)
  }
  return (
    <>
      <Filters of={log.filter}>
        <CheckField
          label="Heartbeats and polls"
          value={!log.isQuiet.value}
          onChange={(isOn) => (log.isQuiet.value = !isOn)}
        />
        <Button icon="save" words="Save a recording" onClick={() => void save()} />
        <Button words="Clear" onClick={() => void clear()} />
        <span class="faint">{shareText(shown.length, log.knownRequests.value.length)}</span>
      </Filters>
      <TableList
        kind="request-row"
        columns={columns}
        items={shown}
        keyOf={({ entry }) => String(entry)}
        rowHeight={34}
        narrowRowHeight={54}
        label="Requests"
        current={route.value.request}
        onMove={({ entry }, how) => go({ page: 'requests', request: String(entry) }, how)}
        empty={<p>No request passes these filters.</p>}
      />
    </>
  )
}

const columns: readonly Column<RequestEvent>[] = [
  ['Time', ({ at }) => <TimeOfDay at={at} />, 'faint'],
  [
    'Status',
    ({ status, faults }) => [
      <HttpStatus status={status} />,
      faults !== undefined && (
        <span class="tag fault" title={`Faults: ${faults.join(', ')}`}>
          fault
        </span>
      ),
    ],
    'status-cell',
  ],
  [
    'Operation',
    ({ operation }) => (
      <span class={operation === undefined ? 'cut unmatched' : 'cut name'}>{operation ?? 'no operation'}</span>
    ),
  ],
  [
    'Path',
    ({ method, path, operation }) => (
      <span class="cut path" title={path}>
        <b>{method}</b> {operation === undefined ? path : shortPath(path)}
      </span>
    ),
  ],
  ['Took', ({ duration_ms: took }) => duration(took), 'when'],
]
