/** An order of answers in which a test fails, found by `explore`: its story, line by line beside its sequence diagram. */
import { useState } from 'preact/hooks'
import { describeStory, renderSequence, type StoryEvent } from '../../../report/order-story.js'
import { failedOrder, readFailedOrder } from '../../model/failed-order.js'
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

function Story({ events }: { events: readonly StoryEvent[] }) {
  return (
    <section class="panel" aria-labelledby="story-title">
      <h2 id="story-title" class="visually-hidden">
        Story
      </h2>
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
