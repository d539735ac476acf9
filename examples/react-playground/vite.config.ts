import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// `opik-runner-kit serve` listens on 5173, Vite's own default, so the app takes the next port.
const port = 5174
const proxy = { '/api': process.env.OPIK_URL ?? 'http://127.0.0.1:5173' }

export default defineConfig({
  plugins: [react()],
  server: { port, strictPort: true, proxy },
  preview: { port, strictPort: true, proxy },
  test: {
    environment: 'jsdom',
    setupFiles: 'test/setup.ts',
    // The app polls. Tests need not wait for it: see src/polling.ts.
    env: { VITE_POLL_MS: '20' },
  },
})
