/** The journal, live: a list with filters, one exchange beside it, and how well the clients behave. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { RequestView } from '../../../kernel/admin-views.js'
import { operationIds } from '../../../kernel/operation.js'
import { act, ADMIN, NDJSON } from '../../model/admin-api.js'
import { offerFile } from '../../model/platform.js'
import { ALL } from '../../model/requests/log-filters.js'
import {
  followRequests,
  forgetRequests,
  isQuiet,
  knownRequests,
  requestOperation,
  requestOutcome,
  requestSearch,
  shownRequests,
} from '../../model/requests/request-log.js'
import { go, route } from '../../model/route.js'
import { duration, shareText, shortPath } from '../../model/labels.js'
import { Button } from '../../parts/button.js'
import { TimeOfDay } from '../../parts/moment.js'
import { CheckField, Choice, Search } from '../../parts/field.js'
import { HttpStatus } from '../../parts/status.js'
import { Tabs } from '../../parts/tabs.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { Conduct } from './conduct.js'
import { RequestPane } from './request-pane.js'

const chosenTab = signal('journal')

/** The page. */
export function RequestsPage() {
  useEffect(followRequests, [])
  const { request } = route.value
  return (
    <div class="split" data-depth={request === undefined ? 0 : 1}>
      <section class="column" aria-label="Requests">
        <Tabs
          name="requests"
          label="Requests"
          tabs={[
            { id: 'journal', label: 'Journal', count: knownRequests() },
            { id: 'conduct', label: 'Conduct of clients' },
          ]}
          chosen={chosenTab.value}
          onChoose={(tab) => (chosenTab.value = tab)}
        >
          {chosenTab.value === 'journal' ? <Journal /> : <Conduct />}
        </Tabs>
      </section>
      {request !== undefined && <RequestPane key={request} id={request} />}
    </div>
  )
}

function Journal() {
  const open = ({ entry }: RequestView, how: 'key' | 'click'): void =>
    go({ page: 'requests', request: String(entry) }, how === 'key' ? 'replace' : 'push')
  return (
    <>
      <Filters />
      <div class="request-row item-head" aria-hidden="true">
        <span>Time</span>
        <span>Status</span>
        <span>Operation</span>
        <span>Path</span>
        <span>Took</span>
      </div>
      <VirtualList
        items={shownRequests.value}
        keyOf={({ entry }) => String(entry)}
        rowHeight={34}
        narrowRowHeight={54}
        label="Requests"
        current={route.value.request}
        onMove={open}
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
    const { isOk } = await act('Clear the journal', { method: 'DELETE', path: `${ADMIN}/requests` })
    if (isOk) forgetRequests()
  }
  const save = async (): Promise<void> => {
    const { body } = await act('Save a recording', { method: 'GET', path: `${ADMIN}/requests?format=recording` })
    if (typeof body === 'string') offerFile('traffic.ndjson', body, NDJSON)
  }
  return (
    <div class="filters bar">
      <Search text={requestSearch} label="Search requests" />
      <Choice
        value={requestOperation}
        label="Operation"
        options={[[ALL, 'Any operation'], ...operationIds.map((id) => [id, id] as const)]}
      />
      <Choice
        value={requestOutcome}
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
      <CheckField label="Heartbeats and polls" value={!isQuiet.value} onChange={(isOn) => (isQuiet.value = !isOn)} />
      <Button icon="save" words="Save a recording" onClick={() => void save()} />
      <Button words="Clear" onClick={() => void clear()} />
      <span class="faint">{shareText(shownRequests.value.length, knownRequests())}</span>
    </div>
  )
}
