/** Starts the console. */
import { render } from 'preact'
import { startHeartbeats } from './model/calls.js'
import { goLive } from './model/live.js'
import { followAddress } from './model/route.js'
import { startBeat } from './model/time.js'
import { App } from './views/app.js'
import { followKeys } from './views/shortcuts.js'
import { followTheme } from './views/theme.js'

const root = document.getElementById('app')
if (root !== null) {
  followTheme()
  followAddress()
  followKeys()
  void startBeat()
  void startHeartbeats()
  render(<App />, root)
  void goLive()
}
