/** Milliseconds between two looks at runners and jobs. Opik's web app takes 1000 and 2000. */
export const POLL_MS = Number(import.meta.env.VITE_POLL_MS ?? 1000)
