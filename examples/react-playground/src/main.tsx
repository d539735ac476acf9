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
  await startRunnerMock({ scenario: 'demo', quiet: true })
}

// Deferred mounting: what a component fetched before the worker is ready would go to the real network.
await startBackend()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
