import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import './styles.css'

/**
 * With `vite --mode worker` the page brings its own backend. Vite knows the mode when it builds, so neither the mock
 * nor MSW is part of a production bundle.
 */
async function startBackend() {
  if (import.meta.env.MODE !== 'worker') return
  const { startWorker } = await import('./worker')
  await startWorker()
}

// Deferred mounting: a component that fetches before the worker is ready would reach the real network.
await startBackend()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
