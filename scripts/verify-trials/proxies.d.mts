/** What a crowded target can be told, and what it has seen. */
export function startCrowdedProxy(
  origin: string,
  options: {
    room?: number
    longest: {
      readonly next_job_poll_timeout_seconds: number
      readonly bridge_poll_timeout_seconds: number
      readonly bridge_max_command_timeout_seconds: number
    }
    now?: () => number
  },
): Promise<{
  origin: string
  figures: { readonly peak: number; readonly refused: number }
  readonly close: () => void
}>
