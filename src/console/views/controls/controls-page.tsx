/** Everything that steers the mock as a whole: faults, settings, and the world at once. */
import { FaultsCard } from './faults-card.js'
import { SettingsCard } from './settings-card.js'
import { WorldCard } from './world-card.js'

/** The page. */
export function ControlsPage() {
  return (
    <div class="scroll whole">
      <div class="controls">
        <div class="controls-column">
          <FaultsCard />
        </div>
        <div class="controls-column">
          <WorldCard />
          <SettingsCard />
        </div>
      </div>
    </div>
  )
}
