/** A log that grows: it stays at its end while one looks at the end, and lets one read in peace above. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { JobDetail } from '../../../kernel/admin-views.js'
import { CopyButton } from '../../parts/copy.js'

/** The latest lines that are drawn. */
const MOST_LINES = 2000

/** The log. */
export function Logs({ entries, isLive }: { entries: JobDetail['logs']; isLive: boolean }) {
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [entries.length])
  if (entries.length === 0)
    return <div class="empty">{isLive ? 'Nothing has been logged yet.' : 'Nothing was logged.'}</div>
  const hidden = Math.max(0, entries.length - MOST_LINES)
  return (
    <div class="code-box fill">
      <div
        ref={box}
        class="logs scroll"
        role="log"
        aria-label="Log"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24
        }}
      >
        {hidden > 0 && <p class="faint">{hidden} earlier lines</p>}
        {entries.slice(hidden).map(({ stream, text }, index) => (
          <div key={hidden + index} class={stream === 'stderr' ? 'line stderr' : 'line'}>
            <span class="line-number" aria-hidden="true">
              {hidden + index + 1}
            </span>
            <span class="visually-hidden">{stream}: </span>
            <span class="line-text">{text}</span>
          </div>
        ))}
        {isLive && <div class="cursor" aria-hidden="true" />}
      </div>
      <CopyButton text={() => entries.map(({ text }) => text).join('\n')} title="Copy log" />
    </div>
  )
}
