/** The journal, live: a list with filters, one exchange beside it, and how well the clients behave. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { RequestView } from '../../../kernel/admin-views.js'
import { operationIds } from '../../../kernel/operation.js'
import { act, adminCall, NDJSON } from '../../model/admin-api.js'
import { offerFile } from '../../model/platform.js'
import { ALL } from '../../model/requests/log-filters.js'
import * as log from '../../model/requests/request-log.js'
import { go, route } from '../../model/route.js'
import { duration, shareText, shortPath } from '../../model/labels.js'
import { Button } from '../../parts/button.js'
import { TimeOfDay } from '../../parts/moment.js'
import { CheckField, Choice, Search } from '../../parts/field.js'
import { HttpStatus } from '../../parts/status.js'
import { Tabs } from '../../parts/tabs.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { ListHead } from '../../parts/table-list.js'
import { Conduct } from './conduct.js'
import { RequestPane } from './request-pane.js'

const chosenTab = signal('journal')

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
            { id: 'journal', label: 'Journal', count: log.knownRequests(), panel: <Journal /> },
            { id: 'conduct', label: 'Conduct of clients', panel: <Conduct /> },
          ]}
          chosen={chosenTab}
        />
      </section>
      {request !== undefined && <RequestPane key={request} id={request} />}
    </div>
  )
}

function Journal() {
  return (
    <>
      <Filters />
      <ListHead kind="request-row" columns={['Time', 'Status', 'Operation', 'Path', 'Took']} />
      <VirtualList
        items={log.shownRequests.value}
        keyOf={({ entry }) => String(entry)}
        rowHeight={34}
        narrowRowHeight={54}
        label="Requests"
        current={route.value.request}
        onMove={({ entry }, how) => go({ page: 'requests', request: String(entry) }, how)}
        empty={<p>No request passes these filters.</p>}
      >
        {(row) => <Row row={row} />}
      </VirtualList>
    </>
  )
}

function Row({ row: { at, method, path, operation, status, faults, duration_ms } }: { row: RequestView }) {
  return (
    <div class="request-row">
      <span class="faint">
        <TimeOfDay at={at} />
      </span>
      <span class="status-cell">
        <HttpStatus status={status} />
        {faults !== undefined && (
          <span class="tag fault" title={`Faults: ${faults.join(', ')}`}>
            fault
          </span>
        )}
      </span>
      <span class={operation === undefined ? 'cut unmatched' : 'cut name'}>{operation ?? 'no operation'}</span>
      <span class="cut path" title={path}>
        <b>{method}</b> {operation === undefined ? path : shortPath(path)}
      </span>
      <span class="when">{duration(duration_ms)}</span>
    </div>
  )
}

function Filters() {
  const clear = async (): Promise<void> => {
    const { isOk } = await act('Clear the journal', adminCall('DELETE /requests'))
    if (isOk) log.forgetRequests()
  }
  const save = async (): Promise<void> => {
    const { body } = await act('Save a recording', adminCall('GET /requests?format=recording'))
    if (typeof body === 'string') offerFile('traffic.ndjson', body, NDJSON)
  }
  return (
    <div class="filters bar">
      <Search text={log.requestSearch} label="Search requests" />
      <Choice
        value={log.requestOperation}
        label="Operation"
        options={[[ALL, 'Any operation'], ...operationIds.map((id) => [id, id] as const)]}
      />
      <Choice
        value={log.requestOutcome}
        label="Outcome"
        options={[
          [ALL, 'Any outcome'],
          ['good', '2xx'],
          ['refused', '4xx'],
          ['broken', '5xx and lost'],
          ['faulty', 'Met a fault'],
          ['unmatched', 'No operation'],
        ]}
      />
      <CheckField
        label="Heartbeats and polls"
        value={!log.isQuiet.value}
        onChange={(isOn) => (log.isQuiet.value = !isOn)}
      />
      <Button icon="save" words="Save a recording" onClick={() => void save()} />
      <Button words="Clear" onClick={() => void clear()} />
      <span class="faint">{shareText(log.shownRequests.value.length, log.knownRequests())}</span>
    </div>
  )
}
