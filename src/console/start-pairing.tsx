/** Starts the page that pairing links lead to. */
import { render } from 'preact'
import { readPairingLink } from '../kernel/pairing.js'
import { findApi } from './model/activate-link.js'
import { PairingPage } from './views/pairing-page.js'
import { followTheme } from './views/theme.js'

const root = document.getElementById('app')
if (root !== null) {
  followTheme()
  const apiPath = document.querySelector<HTMLMetaElement>('meta[name="api-path"]')?.content ?? ''
  const draw = (): void => {
    const link = readPairingLink(location.href)
    // Another link in the same tab is another page.
    render(<PairingPage key={location.hash} link={link} api={findApi(link?.url, location.origin, apiPath)} />, root)
  }
  addEventListener('hashchange', draw)
  draw()
}
