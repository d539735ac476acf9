import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import './styles.css'

/**
 * With `vite --mode worker` the page brings its own backend. Vite knows the mode when it builds, so neither the mock
 * nor MSW becomes part of a production bundle.
 */
async function startBackend() {
  if (import.meta.env.MODE !== 'worker') return
  const { startRunnerMock } = await import('opik-runner-kit/browser')
  const scenario = import.meta.env.VITE_OPIK_SCENARIO ?? 'demo'
  await startRunnerMock({ scenario, quiet: true })
}

function mount() {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}

// Deferred mounting: what a component fetched before the worker is ready would go to the real network. No top-level
// `await`: in a build, chunks of the mock may import this entry.
void startBackend().then(mount)
