/** One exchange: what was sent, what came back, and why. */
import type { VNode } from 'preact'
import type { JournalDetail, Message as MessageView, NearMiss as NearMissView } from '../../../generated/kit-schema.js'
import { curlOf, readView } from '../../model/admin-api.js'
import { useWatched } from '../../model/live.js'
import { hrefOf } from '../../model/route.js'
import { clockTime, duration } from '../../model/labels.js'
import { runners, work, world } from '../../model/world-state.js'
import { DetailPane, Value } from '../world/detail-parts.js'
import { CopyButton } from '../../parts/button.js'
import { HttpStatus, NamedValues } from '../../parts/values.js'

export function RequestPane({ id }: { id: string }) {
  const { value: entry, isGone } = useWatched<JournalDetail>(id, {
    read: () => readView(`/requests/${id}`, 'id', 'method', 'path', 'request', 'response'),
  })
  if (entry === undefined) return <DetailPane kind="Exchange" isGone={isGone} />
  return (
    <DetailPane
      kind="Exchange"
      title={entry.operation ?? 'No operation'}
      state={<HttpStatus status={entry.status} />}
      isGone={isGone}
      actions={<Exchange entry={entry} />}
    >
      <div class="scroll padded">
        {entry.near_miss !== undefined && <NearMiss nearest={entry.near_miss} />}
        <Message title="Request" message={entry.request} />
        <Message title="Response" message={entry.response} />
      </div>
    </DetailPane>
  )
}

function Exchange({ entry }: { entry: JournalDetail }) {
  const { method, path, query, at, duration_ms, matched_rule, faults } = entry
  return (
    <>
      <p class="exchange-line">
        <code>
          <b>{method}</b> {path}
          {query === undefined ? '' : `?${query}`}
        </code>
        <CopyButton text={() => curlOf(replayOf(entry))} label="curl" title="Copy as curl" />
      </p>
      <NamedValues
        kind="facts"
        of={[
          ['Answered', clockTime(Date.parse(at), 'milliseconds')],
          ['Took', duration(duration_ms)],
          ['Decided by', matched_rule ?? 'nothing'],
          ['Faults', faults?.join(', ')],
          ['About', subjectOf(path)],
        ]}
      />
    </>
  )
}

function subjectOf(path: string): VNode | undefined {
  const ids = path.match(/[0-9a-f-]{36}/g) ?? []
  const job = ids.map((id) => work.job.value.get(id)).find((each) => each !== undefined)
  const runner = runners.value.get(job?.runner_id ?? ids[0] ?? '')
  if (runner === undefined) return undefined
  return (
    <a href={hrefOf({ page: 'world', runner: runner.id, ...(job === undefined ? {} : { job: job.id }) })}>
      {job === undefined ? runner.name : `job ${job.name} of ${runner.name}`}
    </a>
  )
}

/** As it was sent, but for secrets, which are blacked out. */
function replayOf({ method, path, query, request }: JournalDetail) {
  const kept = ['authorization', 'comet-workspace']
  const headers = Object.entries(request.headers).filter(([name]) => kept.includes(name))
  return {
    method,
    path: `${world.value?.api_path ?? ''}${path}${query === undefined ? '' : `?${query}`}`,
    headers: Object.fromEntries(headers),
    ...(request.body === undefined ? {} : { body: request.body }),
  }
}

function NearMiss({ nearest: { operation, method, path, differences } }: { nearest: NearMissView }) {
  return (
    <div class="near-miss" role="note">
      <strong>No operation matches. The nearest is {operation}:</strong>
      <code>
        <b>{method}</b> {path}
      </code>
      <ul>
        {differences.map((difference) => (
          <li key={difference}>{difference}</li>
        ))}
      </ul>
    </div>
  )
}

function Message({ title, message: { headers, body } }: { title: string; message: MessageView }) {
  const names = Object.entries(headers)
  return (
    <>
      <Value title={title} value={body} label={`${title.toLowerCase()} body`} none="No body." />
      {names.length > 0 && (
        <details class="headers">
          <summary>{names.length} headers</summary>
          <NamedValues of={names} />
        </details>
      )}
    </>
  )
}
