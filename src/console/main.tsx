/** Starts the console. */
import { render } from 'preact'
import { goLive } from './model/live.js'
import { followAddress } from './model/route.js'
import { startBeat } from './model/time.js'
import { App } from './views/app.js'
import { followTheme } from './views/theme.js'

const root = document.getElementById('app')
if (root !== null) {
  followTheme()
  followAddress()
  startBeat()
  render(<App />, root)
  void goLive()
}
