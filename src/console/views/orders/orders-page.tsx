/**
 * An order of answers in which a test fails, found by `explore`: its story, line by line beside its sequence
 * diagram.
 */
import { useState } from 'preact/hooks'
import { describeStory, renderSequence, type StoryEvent, isStoryKind } from '../../../report/order-story.js'
import { many } from '../../model/labels.js'
import { Problem } from '../../parts/field.js'
import { Panel } from '../../parts/panel.js'
import { CopyButton, JsonFileButton } from '../../parts/button.js'
import { signal } from '@preact/signals'
import { memberOf, objectsAt, textAt, textOf, type JsonObject } from '../../../kernel/json-value.js'

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

function Story({ events }: { events: readonly StoryEvent[] }) {
  return (
    <section class="panel" aria-label="Story">
      <div
        class="scroll"
        tabIndex={0}
        role="region"
        aria-label="Sequence diagram"
        dangerouslySetInnerHTML={{ __html: renderSequence(events) }}
      />
      <ul class="visually-hidden">
        {describeStory(events).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  )
}

const failedOrder = signal<ReturnType<typeof readFailedOrder>>(undefined)

function readFailedOrder(file: string, value: unknown) {
  const failure = memberOf(value, 'failure')
  const [kind, message] = [textAt(failure, 'kind'), textAt(failure, 'message')]
  const events = objectsAt(value, 'events').flatMap(readEvent)
  if (kind === '' || events.length === 0) return undefined
  // The report of a run is none for `--replay`.
  const isReplayable = memberOf(value, 'explore_run') === 1
  return { file, kind, message, isReplayable, departures: objectsAt(value, 'departures').length, events }
}

function readEvent(event: JsonObject): StoryEvent[] {
  const { at, call, insteadOf } = event
  const kind = textAt(event, 'kind')
  if (!isStoryKind(kind) || typeof at !== 'number') return []
  const number = typeof call === 'number' ? call : undefined
  return [{ kind, at, text: textAt(event, 'text'), call: number, insteadOf: textOf(insteadOf) }]
}
