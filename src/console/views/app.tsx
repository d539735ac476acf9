/** The whole console: the bar, the page that the address names, and what lies over it. */
import { isTokenWanted } from '../model/admin-api.js'
import { site } from '../model/live.js'
import { route } from '../model/route.js'
import { ControlsPage } from './controls/controls-page.js'
import { CoveragePage } from './coverage/coverage-page.js'
import { Overlays } from './dialogs/overlays.js'
import { RequestsPage } from './requests/requests-page.js'
import { Toast } from './toast.js'
import { TimelinePage } from './timeline/timeline-page.js'
import { TokenForm } from './token-form.js'
import { TopBar } from './top-bar.js'
import { TracesPage } from './world/traces-page.js'
import { WorldPage } from './world/world-page.js'

/** The app. */
export function App() {
  if (isTokenWanted.value) return <TokenForm />
  return (
    <div class="app">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('main')?.focus()
        }}
      >
        Skip to content
      </a>
      <TopBar />
      <main id="main" tabIndex={-1}>
        <h1 class="visually-hidden">Runner console: {route.value.page}</h1>
        {site.value !== undefined && <Page />}
      </main>
      <Overlays />
      <Toast />
    </div>
  )
}

function Page() {
  switch (route.value.page) {
    case 'world':
      return <WorldPage />
    case 'traces':
      return <TracesPage />
    case 'requests':
      return <RequestsPage />
    case 'timeline':
      return <TimelinePage />
    case 'controls':
      return <ControlsPage />
    case 'coverage':
      return <CoveragePage />
  }
}
