/** An order of answers in which a test fails, found by `explore`: its story, line by line beside its sequence diagram. */
import { useState } from 'preact/hooks'
import { failedOrder, lanes, readFailedOrder, ways, type OrderLane, type OrderEvent } from '../../model/failed-order.js'
import { many } from '../../model/labels.js'
import { Problem } from '../../parts/field.js'
import { Panel } from '../../parts/panel.js'
import { CopyButton, JsonFileButton } from '../../parts/button.js'

export function OrdersPage() {
  const [problem, setProblem] = useState('')
  const open = (name: string, value: unknown): void => {
    const read = readFailedOrder(name, value)
    if (read !== undefined) failedOrder.value = read
    setProblem(read === undefined ? `${name} is not an order that explore has written.` : '')
  }
  const order = failedOrder.value
  return (
    <div class="scroll whole">
      <div class="coverage orders">
        <Panel
          title={order === undefined ? 'No order is open' : `Fails: ${failures[order.kind] ?? order.kind}`}
          head={
            <span class="push">
              <JsonFileButton words="Open a file" onFile={open} />
            </span>
          }
        >
          <Problem words={problem} />
          {order === undefined ? (
            <p class="faint">
              <code>opik-runner-kit explore -- COMMAND</code> runs a test in every order of answers. Open the file that
              it keeps of an order that fails.
            </p>
          ) : (
            <>
              <pre class="error-text" tabIndex={0} role="region" aria-label="Message">
                {order.message}
              </pre>
              <p class="faint">
                {many(order.departures, 'departure')} from the natural order, in {order.file}
                {order.isReplayable && (
                  <CopyButton
                    text={() => `npx opik-runner-kit explore --replay ${order.file}`}
                    title="Copy replay command"
                  />
                )}
              </p>
            </>
          )}
        </Panel>
        {order !== undefined && <Story events={order.events} />}
      </div>
    </div>
  )
}

const failures: Readonly<Record<string, string>> = {
  test: 'the test',
  error: 'an unhandled error',
  rule: 'a rule is broken',
  end: 'another end than in the natural order',
  stuck: 'the test never ends',
  endless: 'the client never rests',
}

function Story({ events }: { events: readonly OrderEvent[] }) {
  return (
    <section class="panel" aria-labelledby="story-title">
      <h2 id="story-title" class="visually-hidden">
        Story
      </h2>
      <div class="order-lanes" aria-hidden="true">
        {lanes.map((lane) => (
          <span key={lane}>{lane}</span>
        ))}
      </div>
      <ol class="order-story">
        {events.map((event, at) => (
          <Row key={at} event={event} />
        ))}
      </ol>
    </section>
  )
}

function Row({ event }: { event: OrderEvent }) {
  const { kind, at, text, call, insteadOf } = event
  const way = ways[kind]
  return (
    <li class={insteadOf !== '' || kind === 'failure' ? 'bad' : ''}>
      <Arrow event={event} />
      <time class="faint number">{(at / 1000).toFixed(1)} s</time>
      <span class="words">
        {call !== undefined && <span class="faint">[{call}] </span>}
        <span class="visually-hidden">{way === null ? kind : `${way[0]} to ${way[1]}`}: </span>
        {kind === 'time' ? `time passes to ${text}` : text}
        {endings[kind] !== undefined && <span class="faint">: {endings[kind]}</span>}
        {insteadOf !== '' && <small>not yet: {insteadOf}</small>}
      </span>
    </li>
  )
}

const endings: Readonly<Record<string, string>> = { drop: 'the connection breaks', 'hung-up': 'the client hangs up' }

const places: Readonly<Record<OrderLane, number>> = { test: 20, client: 72, mock: 124 }

/** From lane to lane, or across all of them; with a cross where it does not arrive. */
function Arrow({ event: { kind } }: { event: OrderEvent }) {
  const way = ways[kind]
  const [from, to] = way === null ? [4, 140] : [places[way[0]], places[way[1]]]
  const isBroken = kind === 'drop' || kind === 'hung-up'
  const end = kind === 'drop' ? (from + to) / 2 : to
  const back = from < to ? -6 : 6
  const tip = isBroken ? `m-4-4 8 8m0-8-8 8` : `m${back}-4L${end} 8l${back} 4`
  return (
    <svg class="order-arrow" width="144" height="16" viewBox="-0.5 0 144 16" aria-hidden="true">
      <path class={`way ${kind}`} d={`M${from} 8H${end}${way === null ? '' : tip}`} />
    </svg>
  )
}
