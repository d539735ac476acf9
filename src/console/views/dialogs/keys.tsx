/** What the keyboard does. */
import { Dialog } from '../../parts/dialog.js'

const keys = [
  ['g then w a t r c s', 'World, traces, timeline, requests, coverage, controls'],
  ['/', 'Search'],
  ['↑ ↓ Page Home End', 'Through a list'],
  ['Esc', 'Close what is open'],
  ['n', 'New job or command for the open runner'],
  ['p', 'Pair a runner'],
  ['. , ;', 'Advance 15 s, 1 min, 24 h'],
  ['Space', 'Freeze or resume time'],
  ['?', 'This list'],
] as const

/** The list. */
export function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {keys.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
